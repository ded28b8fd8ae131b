"""Go through a tar from header to header, as it is: what a reader without a catalog can see of a datablock."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from emdewar.datablock import pax
from emdewar.datablock.head import ReadHeader, read_header
from emdewar.datablock.members import TAR_RECORD
from emdewar.errors import IntegrityError
from emdewar.stores.store import ObjectReader

_WINDOW: Final = 8 << 10
_SCAN_STEP: Final = 1 << 20
_PAGE: Final = 4096
_COMMENT: Final = re.compile(rb" comment=sha256:([0-9a-f]{64})")
_MAGIC: Final = re.compile(rb"ustar\0")
_MAGIC_AT: Final = 257
_LONGEST_END: Final = TAR_RECORD + 2 * pax.TAR_BLOCK
"""A tar has no more zeros at its end; more of them are a hole in its middle."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A member as its header tells it; nothing of the content was read.

    Attributes:
        entry: What the header says.
        header_at: First byte of the header.
        content_at: First byte of the content.
        sha256: The content's digest, as the header's comment tells it; empty where it tells none.
        is_exact: Whether the header is, byte for byte, the one the format demands.
    """

    entry: pax.Entry
    header_at: int
    content_at: int
    sha256: str
    is_exact: bool

    @property
    def end(self) -> int:
        """First byte after the content and its padding."""
        return self.content_at + pax.round_up(self.entry.size, pax.TAR_BLOCK)


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch in which no member can be made out."""

    start: int
    end: int
    why: str


def walk(reader: ObjectReader) -> Iterator[Seen | Gap]:
    """Go through all members, past those whose header cannot be read, up to the zeros at the end."""
    window = _Window(reader)
    at = 0
    while at < reader.size:
        try:
            header = read_header(window.read_at, at)
        except IntegrityError as error:
            if reader.size - at <= _LONGEST_END and _is_end(window, at, reader.size):
                return
            end = _next_header(reader, at + pax.TAR_BLOCK)
            yield Gap(at, end, str(error))
            at = end
            continue
        seen = _seen(header)
        if seen.content_at + seen.entry.size > reader.size:
            end = _next_header(reader, at + pax.TAR_BLOCK)
            yield Gap(at, end, f"the member {header.entry.name!r} at byte {at} goes beyond the end of the tar")
            at = end
            continue
        yield seen
        at = seen.end
    yield Gap(at, reader.size, "the tar has no end: it was cut, or is still being written")


def _seen(header: ReadHeader) -> Seen:
    told = _COMMENT.search(header.content)
    sha256 = told[1].decode() if told else ""
    is_exact = bool(told) and header.content == pax.header(header.entry, header.at, sha256)
    return Seen(header.entry, header.at, header.content_at, sha256, is_exact)


def _is_end(window: "_Window", at: int, size: int) -> bool:
    """Tell whether nothing but zeros follows, which a hole near the end is not."""
    try:
        return not any(window.read_at(at, size - at))
    except IntegrityError:
        return False


def _next_header(reader: ObjectReader, at: int) -> int:
    """Search for the next block that begins a header which can be read; gives the tar's end if there is none."""
    while at < reader.size:
        chunk = _chunk(reader, at)
        if not chunk:
            break
        for magic in _MAGIC.finditer(chunk):
            start = magic.start() - _MAGIC_AT
            if start % pax.TAR_BLOCK == 0 and _is_readable(reader, at + start):
                return at + start
        at += len(chunk)
    return reader.size


def _chunk(reader: ObjectReader, at: int) -> bytes:
    """Read the next bytes to search: as many as the medium gives at once, or zeros for a page that it cannot read."""
    for size in (_SCAN_STEP, _PAGE):
        with suppress(IntegrityError):
            return bytes(reader.read_at(at, size))
    return bytes(_PAGE)


def _is_readable(reader: ObjectReader, at: int) -> bool:
    try:
        read_header(reader.read_at, at)
    except IntegrityError:
        return False
    return True


class _Window:
    """The bytes last read: headers of small files follow one another closely."""

    def __init__(self, reader: ObjectReader) -> None:
        self._reader = reader
        self._at = 0
        self._content = b""

    def read_at(self, offset: int, size: int) -> bytes:
        start = offset - self._at
        if start < 0 or start + size > len(self._content):
            self._content = self._read(offset, size)
            self._at = offset
            start = 0
        return self._content[start : start + size]

    def _read(self, offset: int, size: int) -> bytes:
        with suppress(IntegrityError):
            return bytes(self._reader.read_at(offset, max(size, _WINDOW)))
        return bytes(self._reader.read_at(offset, size))  # what follows may be all that cannot be read
