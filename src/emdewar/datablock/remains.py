"""What a damaged datablock still holds, told from its tar alone: members whose content a digest can prove."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from emdewar.datablock import bag
from emdewar.datablock.moments import moment_of
from emdewar.datablock.walk import Gap, Seen, walk
from emdewar.paths import unsafe_names
from emdewar.records import DataFile
from emdewar.stores.store import ObjectReader

_LARGEST_MANIFEST: Final = 1 << 30
_LINE: Final = re.compile(r"([0-9a-f]{64})  data/([^\n]+)\n")
_SHA256: Final = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Remains:
    """What is left of a damaged datablock.

    Attributes:
        archive_id: Name of the datablock, as its headers tell; empty where none does.
        files: Members below `data/` with a digest to check them by, from the manifest or, without it, their headers.
        lost: Paths in the manifest that no readable header bears.
        damage: What is wrong with headers, in words.
    """

    archive_id: str
    files: list[DataFile]
    lost: list[str]
    damage: list[str]


def read_remains(reader: ObjectReader) -> Remains:
    """Look for all members that can still be made out; their contents stay unread.

    Names that may not be restored are left out, as in a hostile tar.

    Raises:
        UnavailableError: It cannot be read.
    """
    steps = list(walk(reader))
    seen = [step for step in steps if isinstance(step, Seen)]
    damage = [step.why for step in steps if isinstance(step, Gap)]
    damage += [f"the header of {s.entry.name!r} is not as the format demands" for s in seen if not s.is_exact]
    top = seen[0].entry.name.partition("/")[0] if seen else ""
    manifest = _manifest(reader, top, seen)
    found = _by_path(f"{top}/{bag.PAYLOAD_FOLDER}", seen)
    files = [file for path, member in found.items() if (file := _file(path, member, manifest))]
    present = {file.path for file in files}
    return Remains(top, files, [path for path in manifest if path not in present], damage)


def _by_path(folder: str, seen: Sequence[Seen]) -> dict[str, Seen]:
    """Give the members below a folder by path, without those that must not be restored together."""
    paths = [s.entry.name.removeprefix(folder) for s in seen if s.entry.name.startswith(folder)]
    refused = unsafe_names(paths).keys()
    below = {s.entry.name.removeprefix(folder): s for s in seen if s.entry.name.startswith(folder)}
    return {path: member for path, member in below.items() if path not in refused}


def _manifest(reader: ObjectReader, top: str, seen: Sequence[Seen]) -> dict[str, str]:
    """Read the manifest, if it is as its header says: digest by path."""
    for member in seen:
        if member.entry.name == f"{top}/{bag.MANIFEST_NAME}" and member.entry.size <= _LARGEST_MANIFEST:
            content = bytes(reader.read_at(member.content_at, member.entry.size))
            if bag.sha256_of(content) == member.sha256:
                return {path: sha256 for sha256, path in _LINE.findall(content.decode(errors="replace"))}
    return {}


def _file(path: str, member: Seen, manifest: dict[str, str]) -> DataFile | None:
    chk = manifest.get(path, "") if manifest else member.sha256
    if not _SHA256.fullmatch(chk):
        return None
    try:
        moment = moment_of(member.entry.time_ms)
    except OverflowError:
        return None
    return DataFile(path=path, size=member.entry.size, time=moment, chk=chk, offset=member.content_at)
