"""TIFF and BigTIFF: the chain of page descriptions (IFDs), followed without decoding a pixel.

Own code because the usual readers do not notice a file cut short: they log a warning and give what is there. Source:
TIFF revision 6.0 (Adobe, 1992); BigTIFF as laid down by the libtiff project.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from emdewar.errors import INCOMPLETE_FILES, RefusedError, UnavailableError
from emdewar.formats.movie_header import MovieHeader

WIDTH, HEIGHT, COMPRESSION = 256, 257, 259
STRIP_OFFSETS, STRIP_SIZES, TILE_OFFSETS, TILE_SIZES = 273, 279, 324, 325

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_FORMATS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_MOST_TAGS = 4096
_MOST_PAGES = 1_000_000


class CutShortError(ValueError):
    """The chain of pages leaves the file, runs in a circle, or is no TIFF; never leaves this package."""


@dataclass(frozen=True)
class Layout:
    """How numbers are stored: byte order, and the wider fields of BigTIFF."""

    order: str
    big: bool

    @property
    def entry(self) -> struct.Struct:
        """One tag: code, type, count, and value or offset as bytes."""
        return struct.Struct(f"{self.order}HHQ8s" if self.big else f"{self.order}HHI4s")

    @property
    def word(self) -> struct.Struct:
        """An offset in the file."""
        return struct.Struct(f"{self.order}{'Q' if self.big else 'I'}")

    @property
    def count(self) -> struct.Struct:
        """The number of tags of a page."""
        return struct.Struct(f"{self.order}{'Q' if self.big else 'H'}")


@dataclass
class Page:
    """One page description: its tags as (type, count, value or offset), and the file to read longer values from."""

    file: BinaryIO
    size: int
    layout: Layout
    tags: dict[int, tuple[int, int, bytes]] = field(default_factory=dict)

    def number(self, tag: int) -> int | None:
        """Give the first value of a tag, or None where the page has none."""
        return self._value(tag, 0) if tag in self.tags else None

    def last(self, tag: int) -> int | None:
        """Give the last value of a tag, or None where the page has none."""
        return self._value(tag, self.tags[tag][1] - 1) if tag in self.tags else None

    def raw(self, tag: int, most: int = 1 << 20) -> bytes:
        """Give the bytes of a tag, or none where the page has it not or it is absurdly long."""
        kind, count, value = self.tags.get(tag, (7, 0, b""))
        length = _SIZES.get(kind, 1) * count
        if length <= len(value):
            return value[:length]
        return _read(self.file, self.size, self._offset(value), length) if length <= most else b""

    def _offset(self, value: bytes) -> int:
        return int(self.layout.word.unpack(value)[0])

    def _value(self, tag: int, index: int) -> int:
        kind, count, value = self.tags[tag]
        if kind not in _FORMATS or not 0 <= index < count:
            msg = f"tag {tag} holds no number"
            raise CutShortError(msg)
        item = struct.Struct(f"{self.layout.order}{_FORMATS[kind]}")
        if item.size * count <= len(value):
            return int(item.unpack_from(value, item.size * index)[0])
        return int(item.unpack(_read(self.file, self.size, self._offset(value) + item.size * index, item.size))[0])

    def check_pixels(self) -> None:
        """Make sure that the last strip or tile lies inside the file.

        Raises:
            CutShortError: It does not.
        """
        for offsets, sizes in ((STRIP_OFFSETS, STRIP_SIZES), (TILE_OFFSETS, TILE_SIZES)):
            start, length = self.last(offsets), self.last(sizes)
            if start is not None and start + (length or 0) > self.size:
                msg = f"pixels end at byte {start + (length or 0)}, the file at {self.size}"
                raise CutShortError(msg)


def pages(file: BinaryIO) -> Iterator[Page]:
    """Follow the chain of pages of an open file.

    Raises:
        CutShortError: The chain leaves the file, runs in a circle, or the file is no TIFF.
    """
    size = os.fstat(file.fileno()).st_size
    layout, offset = _start(file, size)
    seen: set[int] = set()
    while offset:
        if offset in seen or len(seen) >= _MOST_PAGES:
            msg = f"the chain of pages returns to byte {offset}"
            raise CutShortError(msg)
        seen.add(offset)
        page, offset = _read_page(file, size, layout, offset)
        yield page
    if not seen:
        msg = "it holds no page"
        raise CutShortError(msg)


def _start(file: BinaryIO, size: int) -> tuple[Layout, int]:
    head = _read(file, size, 0, 8)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    version = struct.unpack(f"{order}H", head[2:4])[0] if order else 0
    if order is None or version not in {42, 43}:
        msg = f"it starts with {head[:4]!r}, which is no TIFF"
        raise CutShortError(msg)
    layout = Layout(order, big=version == 43)  # noqa: PLR2004 - 42 is classic TIFF, 43 is BigTIFF
    return layout, layout.word.unpack(_read(file, size, 8, 8) if layout.big else head[4:8])[0]


def _read_page(file: BinaryIO, size: int, layout: Layout, offset: int) -> tuple[Page, int]:
    count = layout.count.unpack(_read(file, size, offset, layout.count.size))[0]
    if count > _MOST_TAGS:
        msg = f"a page of {count} tags at byte {offset}"
        raise CutShortError(msg)
    length = layout.entry.size * count
    table = _read(file, size, offset + layout.count.size, length + layout.word.size)
    entries = layout.entry.iter_unpack(table[:length])
    tags = {tag: (kind, items, value) for tag, kind, items, value in entries}
    return Page(file, size, layout, tags), layout.word.unpack(table[length:])[0]


def _read(file: BinaryIO, size: int, offset: int, length: int) -> bytes:
    if offset + length > size:
        msg = f"something is said to end at byte {offset + length}, the file ends at {size}"
        raise CutShortError(msg)
    file.seek(offset)
    found = file.read(length)
    if len(found) < length:
        msg = f"the file ended at byte {offset + len(found)} while it was read"
        raise CutShortError(msg)
    return found


def why_incomplete(file: BinaryIO) -> str | None:
    """Follow all pages of an open file; gives one line where the chain or a page's pixels leave the file."""
    try:
        for page in pages(file):
            page.check_pixels()
    except CutShortError as error:
        return f"the TIFF file is not whole: {error}"
    return None


def read_header(path: Path) -> MovieHeader:
    """Read the size of the first page and count the pages.

    Raises:
        RefusedError: The file is no TIFF, or its chain of pages is broken.
        UnavailableError: The file cannot be read now.
    """
    try:
        with path.open("rb") as file:
            chain = pages(file)
            first = next(chain)
            width, height = first.number(WIDTH) or 0, first.number(HEIGHT) or 0
            return MovieHeader(width, height, frames=1 + sum(1 for _ in chain))
    except CutShortError as error:
        msg = f"{path} is not a whole TIFF file: {error}; copy it again from the microscope"
        raise RefusedError(msg, reason=INCOMPLETE_FILES, paths=[path.name]) from error
    except OSError as error:
        msg = f"cannot read {path} now: {error.strerror or error}; check the share and try again"
        raise UnavailableError(msg) from error
