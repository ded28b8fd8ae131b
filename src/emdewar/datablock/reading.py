"""Read a datablock from its tar alone, without catalog or index, and believe nothing that cannot be checked.

A tar that is no datablock to the letter is refused as a whole: any header the format would write otherwise (links,
devices, sparse files, owners), names that leave the folder or collide, members twice, out of order or not listed in
the manifest. What is left of a damaged one, `emdewar.datablock.remains` tells.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from emdewar.datablock import bag
from emdewar.datablock.layout import RO_CRATE_NAME
from emdewar.datablock.members import tar_size
from emdewar.datablock.moments import moment_of, time_ms
from emdewar.datablock.names import check_archivable
from emdewar.datablock.slices import BlockSlice
from emdewar.datablock.walk import Gap, Seen, walk
from emdewar.errors import IntegrityError
from emdewar.paths import safe_stem
from emdewar.records import DataFile
from emdewar.stores.store import ObjectReader

_TAGS: Final = (*bag.TAGS_IN_TAG_MANIFEST, bag.TAG_MANIFEST_NAME)
_LARGEST_INFO: Final = 4096
"""`bag-info.txt` holds five short lines; how long the other tag files are follows from the names."""

_INFO: Final = re.compile(r"External-Identifier: (.+)\n(?:.+\n)*Bag-Count: ([1-9]\d{0,8}) of ([1-9]\d{0,8})\n")


@dataclass(frozen=True, slots=True)
class Contents:
    """What a tar says of itself.

    Attributes:
        archive_id: Name of the datablock.
        pid: Identifier of the dataset.
        number: Which of the dataset's datablocks it is.
        of: How many there are.
        manifest_sha256: sha256 of the manifest; the catalog has it too.
        files: The members below `data/`, with digests and offsets.
        members: All members.
    """

    archive_id: str
    pid: str
    number: int
    of: int
    manifest_sha256: str
    files: list[DataFile]
    members: list[Seen]


def read_contents(reader: ObjectReader) -> Contents:
    """Read all headers and the bag's own files of a datablock; the contents of the others stay unread.

    Raises:
        IntegrityError: It is no datablock, or a damaged one.
        RefusedError: It holds names that must not be restored.
        UnavailableError: It cannot be read.
    """
    members = _exact_members(reader)
    top = members[0].entry.name.partition("/")[0]
    names = [_below(top, member) for member in members]
    if tuple(names[: len(_TAGS)]) != _TAGS or len(names) == len(_TAGS):
        raise not_a_datablock(f"it begins with {members[0].entry.name!r} instead of the files of a bag")
    sizes = _tag_sizes(names[len(_TAGS) :])
    tags = [_content(reader, member, size) for member, size in zip(members[: len(_TAGS)], sizes, strict=True)]
    files = _payload(members[len(_TAGS) :], names[len(_TAGS) :])
    _check_manifests(tags, files)
    _check_times(members[: len(_TAGS)], files)
    pid, number, of = _identity(top, tags[1], files)
    return Contents(top, pid, number, of, bag.sha256_of(tags[2]), files, members)


def not_a_datablock(why: str) -> IntegrityError:
    """Say that a tar is no datablock of ours, or is damaged where that cannot be told apart."""
    return IntegrityError(f"this is no datablock, or a damaged one: {why}")


def _exact_members(reader: ObjectReader) -> list[Seen]:
    members: list[Seen] = []
    for step in walk(reader):
        if isinstance(step, Gap):
            raise not_a_datablock(step.why)
        if not step.is_exact:
            msg = f"the header of {step.entry.name!r} at byte {step.header_at} is not as the format demands"
            raise not_a_datablock(msg)
        members.append(step)
    end = members[-1].end if members else 0
    if not members or tar_size(end) != reader.size or any(reader.read_at(end, reader.size - end)):
        raise not_a_datablock(f"after byte {end} something else follows than the zeros of a tar's end")
    return members


def _below(top: str, member: Seen) -> str:
    folder, _, name = member.entry.name.partition("/")
    if folder != top:
        raise not_a_datablock(f"{member.entry.name!r} lies outside its folder {top!r}")
    return name


def _tag_sizes(payload: Sequence[str]) -> tuple[int, ...]:
    """Tell how long the bag's own files can be, in the order of the tar."""
    own = bag.manifest_size(bag.TAGS_IN_TAG_MANIFEST)
    return len(bag.DECLARATION), _LARGEST_INFO, bag.manifest_size(payload), own


def _content(reader: ObjectReader, member: Seen, largest: int) -> bytes:
    if member.entry.size > largest:
        raise not_a_datablock(f"{member.entry.name!r} has {member.entry.size} bytes")
    content = bytes(reader.read_at(member.content_at, member.entry.size))
    if bag.sha256_of(content) != member.sha256:
        raise not_a_datablock(f"{member.entry.name!r} differs from the digest in its header")
    return content


def _payload(members: Sequence[Seen], names: Sequence[str]) -> list[DataFile]:
    outside = [name for name in names if not name.startswith(bag.PAYLOAD_FOLDER)]
    if outside:
        raise not_a_datablock(f"{outside[0]!r} has no place in it")
    paths = [name.removeprefix(bag.PAYLOAD_FOLDER) for name in names]
    check_archivable(paths)
    if not _is_in_order(paths):
        raise not_a_datablock("its members are out of order")
    return [_declared(path, member) for path, member in zip(paths, members, strict=True)]


def _is_in_order(paths: Sequence[str]) -> bool:
    """Tell whether these can be the leading members, by name behind the crate, and then the files, by name."""
    rest = paths[1:] if paths[0] == RO_CRATE_NAME else paths
    return sum(before > after for before, after in pairwise(rest)) <= 1


def _declared(path: str, member: Seen, chk: str = "") -> DataFile:
    try:
        moment = moment_of(member.entry.time_ms)
    except OverflowError as error:
        raise not_a_datablock(f"the time of {path!r} lies beyond all calendars") from error
    return DataFile(path=path, size=member.entry.size, time=moment, chk=chk or member.sha256, offset=member.content_at)


def _check_manifests(tags: Sequence[bytes], files: Sequence[DataFile]) -> None:
    manifest = bag.manifest((bag.PAYLOAD_FOLDER + file.path, file.chk) for file in files)
    digests = map(bag.sha256_of, tags)
    expected = [bag.DECLARATION, tags[1], manifest, bag.manifest(zip(bag.TAGS_IN_TAG_MANIFEST, digests, strict=False))]
    wrong = [name for name, found, right in zip(_TAGS, tags, expected, strict=True) if found != right]
    if wrong:
        raise not_a_datablock(f"its {wrong[0]} does not fit its members")


def _check_times(tags: Sequence[Seen], files: Sequence[DataFile]) -> None:
    newest_ms = max(time_ms(file.time) for file in files)
    if any(tag.entry.time_ms != newest_ms for tag in tags):
        raise not_a_datablock("the bag's own files do not bear the newest time of its members")


def _identity(top: str, info: bytes, files: Sequence[DataFile]) -> tuple[str, int, int]:
    found = _INFO.match(info.decode(errors="replace"))
    if not found:
        raise not_a_datablock("its bag-info.txt does not say what it is")
    pid, number, of = found[1], int(found[2]), int(found[3])
    block = BlockSlice(number=number, of=of, first_file=0, number_of_files=1, size=0)
    payload_bytes = sum(file.size for file in files)
    right = bag.bag_info(pid, block, payload_bytes=payload_bytes, payload_files=len(files))
    if info != right or number > of or top != f"{safe_stem(pid)}_{number:04d}":
        raise not_a_datablock(f"its bag-info.txt does not fit it: it says block {number} of {of} of {pid!r}")
    return pid, number, of
