"""Lay out a datablock: give each member of the bag its place in the tar."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from emdewar.datablock import bag
from emdewar.datablock.members import BlockLayout, Placer, tar_size
from emdewar.datablock.moments import time_ms
from emdewar.datablock.names import check_archivable
from emdewar.datablock.slices import BlockSlice
from emdewar.errors import UNSAFE_NAMES, RefusedError
from emdewar.paths import safe_stem
from emdewar.records import DataFile

RO_CRATE_NAME = "ro-crate-metadata.json"
"""The member that describes the others; it leads the payload."""

LONGEST_PID_BYTES = 200
"""An object's name with its endings must fit the 255 bytes of a file name."""


def plan_block(pid: str, block: BlockSlice, files: Sequence[DataFile], lead: Mapping[str, bytes]) -> BlockLayout:
    """Plan the tar of one datablock. The same arguments always give the same bytes.

    Args:
        pid: Persistent identifier of the dataset.
        block: Which slice of the dataset this is.
        files: The files of this slice, as `block.select` gives them.
        lead: Content of the small members that lead the payload, by name below `data/`.

    Raises:
        RefusedError: The files are not the slice's, a name cannot be archived, or a file bears the name of a leading
            member.
    """
    _check_pid(pid)
    _check_slice(pid, block, files)
    _check_lead(files, lead)
    archive_id = f"{safe_stem(pid)}_{block.number:04d}"
    newest_ms = max(time_ms(file.time) for file in files)
    placer = Placer(archive_id)
    return BlockLayout(
        pid=pid,
        archive_id=archive_id,
        block=block,
        tags=tuple(
            placer.place(name, size, newest_ms, content) for name, size, content in _tags(pid, block, files, lead)
        ),
        lead=tuple(
            placer.place(bag.PAYLOAD_FOLDER + name, len(lead[name]), newest_ms, lead[name]) for name in _order(lead)
        ),
        files=tuple(placer.place_file(file) for file in files),
        size=tar_size(placer.at),
    )


def _tags(
    pid: str, block: BlockSlice, files: Sequence[DataFile], lead: Mapping[str, bytes]
) -> list[tuple[str, int, bytes | None]]:
    """List name, size and, where it is known, content of the bag's own files."""
    payload = [bag.PAYLOAD_FOLDER + name for name in (*lead, *(file.path for file in files))]
    payload_bytes = block.size + sum(map(len, lead.values()))
    info = bag.bag_info(pid, block, payload_bytes=payload_bytes, payload_files=len(payload))
    return [
        (bag.DECLARATION_NAME, len(bag.DECLARATION), bag.DECLARATION),
        (bag.INFO_NAME, len(info), info),
        (bag.MANIFEST_NAME, bag.manifest_size(payload), None),
        (bag.TAG_MANIFEST_NAME, bag.manifest_size(bag.TAGS_IN_TAG_MANIFEST), None),
    ]


def _order(lead: Mapping[str, bytes]) -> list[str]:
    return sorted(lead, key=lambda name: (name != RO_CRATE_NAME, name))


def _check_pid(pid: str) -> None:
    if not pid[:1].isalnum() or not pid.isprintable() or pid != pid.strip() or len(pid.encode()) > LONGEST_PID_BYTES:
        msg = (
            f"the identifier {pid!r} cannot name a datablock: it must start with a letter or digit, "
            f"hold no control characters and be at most {LONGEST_PID_BYTES} bytes"
        )
        raise RefusedError(msg)


def _check_slice(pid: str, block: BlockSlice, files: Sequence[DataFile]) -> None:
    counts = len(files), sum(file.size for file in files)
    if counts == (block.number_of_files, block.size) and all(a.path < b.path for a, b in pairwise(files)):
        return
    msg = (
        f"block {block.number} of {pid} was sliced from another file list: it holds {block.number_of_files} files of "
        f"{block.size} bytes, sorted by code point, given are {len(files)}; slice the dataset again"
    )
    raise RefusedError(msg, reason="slicedDifferently")


def _check_lead(files: Sequence[DataFile], lead: Mapping[str, bytes]) -> None:
    taken = sorted(file.path for file in files if file.path.split("/", 1)[0] in lead)
    if taken:
        msg = f"the dataset has a file {taken[0]!r}, a name the archive needs for its own metadata; rename it"
        raise RefusedError(msg, reason=UNSAFE_NAMES, paths=taken)
    check_archivable([*lead, *(file.path for file in files)])
