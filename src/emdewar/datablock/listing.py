"""Which names and digests the files of a damaged datablock must have, as far as anything but their headers tells."""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from emdewar.datablock import bag
from emdewar.datablock.walk import Seen
from emdewar.errors import IntegrityError
from emdewar.stores.store import ObjectReader

_LINE: Final = re.compile(rb"([0-9a-f]{64})  (data/[^\n]+)")
_LONGEST_LINE: Final = 8 << 10
_LARGEST_MANIFEST: Final = 256 << 20
"""No manifest of as many files as a datablock may hold is larger: a damaged header must not make us read for hours."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The files that belong into a datablock.

    Attributes:
        sha256: Digest by path below `data/`.
        is_proven: Whether a digest proves the whole list, so that nothing is missing in it; else single lines of it
            may be damaged or lost.
        damage: What is wrong with the manifest, in words; empty where nothing is.
    """

    sha256: dict[str, str]
    is_proven: bool
    damage: str = ""


def read_listing(reader: ObjectReader, top: str, seen: Sequence[Seen], index: bytes | None) -> Listing:
    """Find the list of files: the manifest, or what it must have been according to the headers or the index.

    Args:
        reader: The tar.
        top: Its folder.
        seen: The members that can be made out.
        index: Content of the index beside it.

    Raises:
        UnavailableError: It cannot be read.
    """
    told = {member.entry.name.removeprefix(f"{top}/"): member for member in seen if not _is_payload(member, top)}
    manifest = told.get(bag.MANIFEST_NAME)
    lines, sha256 = _read_manifest(reader, manifest) if manifest else ({}, "")
    if manifest and sha256 == manifest.sha256:
        return Listing(lines, is_proven=True)
    why = f"its {bag.MANIFEST_NAME} is damaged"
    right = {manifest.sha256} if manifest else set()
    right |= _in_tag_manifest(reader, told.get(bag.TAG_MANIFEST_NAME))
    from_headers = {m.entry.name.removeprefix(f"{top}/"): m.sha256 for m in seen if _is_payload(m, top)}
    if _digest(from_headers) in right:
        return Listing(_below_data(from_headers), is_proven=True, damage=f"{why}; the headers prove what it was")
    from_index = _read_index(index, top)
    if from_index:
        return Listing(_below_data(from_index), is_proven=True, damage=f"{why}; the index tells what it was")
    return Listing(lines, is_proven=False, damage=f"{why}: files may be missing that nothing names any more")


def _is_payload(member: Seen, top: str) -> bool:
    return member.entry.name.startswith(f"{top}/{bag.PAYLOAD_FOLDER}")


def _read_manifest(reader: ObjectReader, member: Seen) -> tuple[dict[str, str], str]:
    """Read the lines of the manifest that can be made out, and its digest; in steps, whatever its header says."""
    digest = hashlib.sha256()
    lines: dict[str, str] = {}
    rest = b""
    for piece in _pieces(reader, member.content_at, min(member.entry.size, _LARGEST_MANIFEST)):
        digest.update(piece)
        *whole, rest = (rest + piece).split(b"\n")
        rest = rest[-_LONGEST_LINE:]
        for line in whole:
            if found := _LINE.fullmatch(line):
                name = found[2].decode(errors="replace")
                lines[name.removeprefix(bag.PAYLOAD_FOLDER)] = found[1].decode()
    return lines, digest.hexdigest()


def _pieces(reader: ObjectReader, at: int, size: int) -> Iterator[bytes]:
    step = 1 << 20
    for start in range(at, at + size, step):
        try:
            yield bytes(reader.read_at(start, min(step, at + size - start)))
        except IntegrityError:
            yield b"\n"  # its medium cannot be read here


def _in_tag_manifest(reader: ObjectReader, member: Seen | None) -> set[str]:
    """Read which digest the tag manifest says the manifest has."""
    if not member:
        return set()
    with suppress(IntegrityError):
        text = bytes(reader.read_at(member.content_at, bag.manifest_size(bag.TAGS_IN_TAG_MANIFEST)))
        return {line[:64].decode(errors="replace") for line in text.splitlines() if line.endswith(_MANIFEST)}
    return set()


_MANIFEST: Final = f"  {bag.MANIFEST_NAME}".encode()


def _read_index(index: bytes | None, top: str) -> dict[str, str]:
    """Give digests by name as the index tells them, if it is this datablock's and right in itself."""
    with suppress(ValueError, TypeError, KeyError, AttributeError):
        told = json.loads(index or b"")
        names = {str(name).removeprefix(f"{top}/"): str(sha256) for name, _, _, sha256 in told["members"]}
        payload = {name: sha256 for name, sha256 in names.items() if name.startswith(bag.PAYLOAD_FOLDER)}
        if told["archiveId"] == top and _digest(payload) == told["manifestSha256"]:
            return payload
    return {}


def _digest(payload: dict[str, str]) -> str:
    return bag.sha256_of(bag.manifest(payload.items()))


def _below_data(payload: dict[str, str]) -> dict[str, str]:
    return {name.removeprefix(bag.PAYLOAD_FOLDER): sha256 for name, sha256 in payload.items()}
