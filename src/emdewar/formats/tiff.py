"""TIFF and BigTIFF: the chain of page descriptions (IFDs), followed without decoding a pixel.

Own code because the usual readers do not notice a file cut short: they log a warning and give what is there. Source:
TIFF revision 6.0 (Adobe, 1992); BigTIFF as laid down by the libtiff project.
"""

import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from emdewar.formats.movie_header import MovieHeader, is_packed_super_resolution
from emdewar.formats.regular_file import incomplete, open_regular

WIDTH, HEIGHT, BITS, COMPRESSION, DESCRIPTION, SAMPLES = 256, 257, 258, 259, 270, 277
X_RESOLUTION, RESOLUTION_UNIT = 282, 296
STRIP_OFFSETS, STRIP_SIZES, TILE_OFFSETS, TILE_SIZES = 273, 279, 324, 325

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_FORMATS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_MOST_TAGS = 4096
_MOST_WORK, _WORK_OF_A_PAGE = 2_000_000, 20
"""What following a chain may cost, in tags: a hundred thousand pages, or fewer with many tags."""

_RATIONAL = 5
_IN_ANGSTROM = {2: 2.54e8, 3: 1e8}
"""The units of a resolution: inch and centimetre."""

_PIXELS_A = (0.01, 100.0)
"""Smallest and largest pixel of a movie; a resolution meant for a printer is far outside."""


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

    def ends(self, tags: int) -> struct.Struct:
        """The number of tags of a page and the offset of the next one, with so many tags between."""
        return struct.Struct(
            f"{self.order}{'Q' if self.big else 'H'}{tags * self.entry.size}x{'Q' if self.big else 'I'}"
        )

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

    def entry_of(self, tag: int, table: bytes) -> tuple[int, int] | None:
        """Give where the entry of a tag with one short value lies in the page's table, and its length; or None.

        Pages with the same bytes there have the same value.
        """
        if tag not in self.tags or self.tags[tag][1] != 1:
            return None
        at = self.layout.count.size + self.layout.entry.size * list(self.tags).index(tag)
        entry = table[at : at + self.layout.entry.size]
        is_it = len(entry) == self.layout.entry.size and self.layout.entry.unpack(entry) == (tag, *self.tags[tag])
        return (at, len(entry)) if is_it else None

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


def tables(file: BinaryIO) -> Iterator[bytes]:
    """Follow the chain of pages of an open file; gives the count, the entries and the next offset of each, as stored.

    A movie has a thousand pages or more, all with as many tags: each is read in one go, as long as the one before.

    Raises:
        CutShortError: The chain leaves the file, runs in a circle, or the file is no TIFF.
    """
    handle, pread = file.fileno(), os.pread
    size = os.fstat(handle).st_size
    layout, offset = _start(file, size)
    if not offset:
        msg = "it holds no page"
        raise CutShortError(msg)
    ends, here, budget, last = layout.ends(0), 0, _MOST_WORK, 0
    unpack, length = ends.unpack, ends.size
    returns: set[int] = set()
    while offset:
        if offset <= last:
            if offset in returns:
                msg = f"the chain of pages returns to byte {offset}"
                raise CutShortError(msg)
            returns.add(offset)
        table = pread(handle, length, offset) if offset < size else b""
        count, following = unpack(table) if len(table) == length else (-1, 0)
        if count != here:
            table = _read_table(file, size, layout, offset)
            here = layout.count.unpack_from(table)[0]
            ends = layout.ends(here)
            unpack, length = ends.unpack, ends.size
            following = unpack(table)[1]
        budget -= here + _WORK_OF_A_PAGE
        if budget < 0:
            msg = "it claims pages without end"
            raise CutShortError(msg)
        yield table
        last, offset = offset, following


def _read_table(file: BinaryIO, size: int, layout: Layout, offset: int) -> bytes:
    count = layout.count.unpack(_read(file, size, offset, layout.count.size))[0]
    if count > _MOST_TAGS:
        msg = f"a page of {count} tags at byte {offset}"
        raise CutShortError(msg)
    return _read(file, size, offset, layout.ends(count).size)


def pages(file: BinaryIO) -> Iterator[Page]:
    """Follow the chain of pages of an open file.

    Raises:
        CutShortError: The chain leaves the file, runs in a circle, or the file is no TIFF.
    """
    page_of = page_reader(file)
    for table in tables(file):
        yield page_of(table)


def page_reader(file: BinaryIO) -> Callable[[bytes], Page]:
    """Give a function that makes a page of what `tables` gives.

    Raises:
        CutShortError: The file is no TIFF.
    """
    size = os.fstat(file.fileno()).st_size
    layout, _ = _start(file, size)

    def page_of(table: bytes) -> Page:
        entries = layout.entry.iter_unpack(table[layout.count.size : len(table) - layout.word.size])
        return Page(file, size, layout, {tag: (kind, items, value) for tag, kind, items, value in entries})

    return page_of


def _start(file: BinaryIO, size: int) -> tuple[Layout, int]:
    head = _read(file, size, 0, 8)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    version = struct.unpack(f"{order}H", head[2:4])[0] if order else 0
    if order is None or version not in {42, 43}:
        msg = f"it starts with {head[:4]!r}, which is no TIFF"
        raise CutShortError(msg)
    layout = Layout(order, big=version == 43)  # noqa: PLR2004 - 42 is classic TIFF, 43 is BigTIFF
    return layout, layout.word.unpack(_read(file, size, 8, 8) if layout.big else head[4:8])[0]


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
        with open_regular(path) as file:
            chain = pages(file)
            first = next(chain)
            title = first.raw(DESCRIPTION).partition(b"\0")[0].decode("latin-1").strip()
            header = _describe(first, (title,) if title else ())
            return replace(header, frames=1 + sum(1 for _ in chain))
    except CutShortError as error:
        raise incomplete(path, f"no whole TIFF file: {error}") from error


def size_of(page: Page) -> tuple[int, int]:
    """Give width and height of a page as stored.

    Raises:
        CutShortError: It has none.
    """
    width, height = page.number(WIDTH) or 0, page.number(HEIGHT) or 0
    if min(width, height) < 1:
        msg = f"a page of {width} x {height} pixels"
        raise CutShortError(msg)
    return width, height


def _describe(page: Page, titles: tuple[str, ...]) -> MovieHeader:
    width, height = size_of(page)
    bits = (page.number(BITS) or 1) * (page.number(SAMPLES) or 1)
    is_packed = bits == 8 and is_packed_super_resolution(width, height)  # noqa: PLR2004 - pixels stored as bytes
    return MovieHeader(
        width=2 * width if is_packed else width,
        height=height,
        frames=1,
        pixel_size_a=_pixel_size_a(page),
        bits=bits // 2 if is_packed else bits,
        titles=titles,
    )


def _pixel_size_a(page: Page) -> float | None:
    """SerialEM writes the pixel as a resolution per centimetre; a resolution meant for a printer says nothing."""
    unit_a = _IN_ANGSTROM.get(page.number(RESOLUTION_UNIT) or 0)
    kind, count, _ = page.tags.get(X_RESOLUTION, (0, 0, b""))
    if unit_a is None or kind != _RATIONAL or count != 1:
        return None
    pixels, units = struct.unpack(f"{page.layout.order}II", page.raw(X_RESOLUTION))
    size_a = unit_a * units / pixels if pixels else 0.0
    return size_a if _PIXELS_A[0] <= size_a <= _PIXELS_A[1] else None
