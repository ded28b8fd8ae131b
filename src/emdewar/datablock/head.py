"""The head of a datablock: the bag's own files and the leading members, which no catalog lists."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from emdewar.datablock import pax
from emdewar.datablock.cursor import Cursor
from emdewar.errors import IntegrityError
from emdewar.stores.store import ObjectReader


@dataclass(frozen=True, slots=True)
class Found:
    """A member as it was read: what its header says and the sha256 of its content."""

    entry: pax.Entry
    sha256: str


def find_member(reader: ObjectReader, name: str) -> int:
    """Go from header to header, without the contents, to the header of a member; gives its position.

    Raises:
        IntegrityError: A header is damaged, or there is no such member.
    """
    at = 0
    while True:
        entry, _ = _read_header(_taker(reader, at), at)
        if entry.name == name:
            return at
        at += pax.header_size(entry, at) + pax.round_up(entry.size, pax.TAR_BLOCK)


def read_members(cursor: Cursor, end: int) -> Iterator[Found]:
    """Read whole members up to a position.

    Raises:
        IntegrityError: A member's header, content or padding is not what the format says.
    """
    while cursor.at < end:
        at = cursor.at
        entry, header = _read_header(cursor.take, at)
        sha256 = cursor.sha256(entry.size)
        padding = cursor.take(-entry.size % pax.TAR_BLOCK)
        if header != pax.header(entry, at, sha256) or any(padding):
            raise IntegrityError(f"the member {entry.name!r} at byte {at} is damaged")
        yield Found(entry, sha256)


def _read_header(take: Callable[[int], bytes], at: int) -> tuple[pax.Entry, bytes]:
    extended = take(pax.TAR_BLOCK)
    try:
        records = take(pax.records_size(extended))
        ustar = take(pax.TAR_BLOCK)
        return pax.parse(records, ustar), extended + records + ustar
    except IntegrityError as error:
        raise IntegrityError(f"the header at byte {at} is damaged: {error}") from error


def _taker(reader: ObjectReader, at: int) -> Callable[[int], bytes]:
    """Take bytes one after the other from a position."""
    position = at

    def take(size: int) -> bytes:
        nonlocal position
        taken = bytes(reader.read_at(position, size))
        if len(taken) < size:
            raise IntegrityError(f"the tar ends at byte {position + len(taken)}")
        position += size
        return taken

    return take
