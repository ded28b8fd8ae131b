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


@dataclass(frozen=True, slots=True)
class ReadHeader:
    """A member's header as it was read.

    Attributes:
        entry: What it says.
        at: Its first byte.
        content: All its bytes.
    """

    entry: pax.Entry
    at: int
    content: bytes

    @property
    def content_at(self) -> int:
        """First byte after it."""
        return self.at + len(self.content)

    @property
    def end(self) -> int:
        """First byte after the member's content and padding."""
        return self.content_at + pax.round_up(self.entry.size, pax.TAR_BLOCK)


def find_member(reader: ObjectReader, name: str) -> int:
    """Go from header to header, without the contents, to the header of a member; gives its position.

    Raises:
        IntegrityError: A header is damaged or leads beyond the tar, or there is no such member.
    """
    at = 0
    while True:
        header = read_header(reader.read_at, at)
        if header.entry.name == name:
            return at
        if header.end > reader.size:
            raise IntegrityError(f"the header at byte {at} is damaged: its member would end at byte {header.end}")
        at = header.end


def read_header(read_at: Callable[[int, int], bytes | memoryview], at: int) -> ReadHeader:
    """Read the header of the member that starts at a position.

    Raises:
        IntegrityError: There is none that can be read.
    """
    return _read_header(_taker(read_at, at), at)


def read_members(cursor: Cursor, end: int) -> Iterator[Found]:
    """Read whole members up to a position.

    Raises:
        IntegrityError: A member's header, content or padding is not what the format says.
    """
    while cursor.at < end:
        header = _read_header(cursor.take, cursor.at)
        entry = header.entry
        sha256 = cursor.sha256(entry.size)
        padding = cursor.take(-entry.size % pax.TAR_BLOCK)
        if header.content != pax.header(entry, header.at, sha256) or any(padding):
            raise IntegrityError(f"the member {entry.name!r} at byte {header.at} is damaged")
        yield Found(entry, sha256)


def _read_header(take: Callable[[int], bytes], at: int) -> ReadHeader:
    extended = take(pax.TAR_BLOCK)
    try:
        records = take(pax.records_size(extended))
        ustar = take(pax.TAR_BLOCK)
        return ReadHeader(pax.parse(records, ustar), at, extended + records + ustar)
    except IntegrityError as error:
        raise IntegrityError(f"the header at byte {at} is damaged: {error}") from error


def _taker(read_at: Callable[[int, int], bytes | memoryview], at: int) -> Callable[[int], bytes]:
    """Take bytes one after the other from a position."""
    position = at

    def take(size: int) -> bytes:
        nonlocal position
        taken = bytes(read_at(position, size))
        if len(taken) < size:
            raise IntegrityError(f"the tar ends at byte {position + len(taken)}")
        position += size
        return taken

    return take
