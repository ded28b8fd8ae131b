"""Pixels of TIFF movies, summed over the pages, a few strips at a time.

Compressed strips are handed to libtiff (inside Pillow) as a small TIFF of their own: so a band of all pages is decoded
in little memory, and no second codec library is needed.
"""

import io
import os
import struct
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from emdewar.formats import tiff
from emdewar.formats.pixel_rows import MOST_FRAMES, PIXELS_AT_ONCE, Rows, UnreadablePixelsError, check_size
from emdewar.formats.tiff_strips import ROWS_PER_STRIP, rows_per_strip, strips

_BITS, _PHOTOMETRIC, _SAMPLES, _PREDICTOR, _SAMPLE_FORMAT = 258, 262, 277, 317, 339
_SHORT, _LONG = 3, 4
_UNCOMPRESSED = 1
_TYPES = {(8, 1): "u1", (8, 2): "i1", (16, 1): "u2", (16, 2): "i2", (32, 1): "u4", (32, 2): "i4", (32, 3): "f4"}


@dataclass(frozen=True)
class _Kind:
    """What all pages of a movie have in common."""

    order: str
    width: int
    height: int
    rows_per_strip: int
    compression: int
    bits: int
    sample_format: int
    predictor: int

    @property
    def pixel_type(self) -> np.dtype[Any] | None:
        name = _TYPES.get((self.bits, self.sample_format))
        return None if name is None else np.dtype(self.order + name)


class TiffPixels:
    """An open TIFF or BigTIFF of strips as `PixelRows`; pages of another size than the first are passed over."""

    def __init__(self, file: BinaryIO) -> None:
        """Follow the pages and compare their strips with the length of the file.

        Raises:
            UnreadablePixelsError: It is no TIFF, it is cut short, or its pixels are no grey values in strips.
        """
        self._file = file
        size = os.fstat(file.fileno()).st_size
        try:
            pages = _pages(file)
            self._kind = _kind(pages[0])
            alike = [page for page in pages if _kind(page) == self._kind]
            self._strips = [strips(page, self._kind.height, size) for page in alike]
        except tiff.CutShortError as error:
            raise UnreadablePixelsError(str(error)) from error
        self.width, self.height, self.frames = self._kind.width, self._kind.height, len(self._strips)
        check_size(self.width, self.height, self.frames)
        strips_at_once = max(1, PIXELS_AT_ONCE // (self.width * self._kind.rows_per_strip))
        self.rows_at_once = strips_at_once * self._kind.rows_per_strip

    def summed(self, start: int, stop: int) -> Rows:
        """Give the sum of the pages from one row to before another."""
        high = self._kind.rows_per_strip
        first, last = start // high, -(-stop // high)
        total = np.zeros((stop - start, self.width), np.float32)
        for offsets, lengths in self._strips:
            content = [self._read(*place) for place in zip(offsets[first:last], lengths[first:last], strict=True)]
            rows = min(last * high, self.height) - first * high
            total += self._decoded(content, rows)[start - first * high : stop - first * high]
        return total

    def _read(self, offset: int, length: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(length)

    def _decoded(self, parts: list[bytes], rows: int) -> npt.NDArray[Any]:
        if self._kind.compression == _UNCOMPRESSED and (plain := self._kind.pixel_type):
            content = b"".join(parts)
            if len(content) < rows * self.width * plain.itemsize:
                msg = "a strip is shorter than its rows"
                raise UnreadablePixelsError(msg)
            return np.frombuffer(content, plain, rows * self.width).reshape(rows, self.width)
        with Image.open(io.BytesIO(_small_tiff(self._kind, parts, rows)), formats=["TIFF"]) as image:
            decoded = np.asarray(image)
        if decoded.shape != (rows, self.width):
            msg = f"a strip decodes to {decoded.shape} pixels instead of {(rows, self.width)}"
            raise UnreadablePixelsError(msg)
        return decoded.view(np.int8) if self._kind.pixel_type == np.int8 else decoded


def _pages(file: BinaryIO) -> list[tiff.Page]:
    pages = list(islice(tiff.pages(file), MOST_FRAMES + 1))
    if len(pages) > MOST_FRAMES:
        msg = f"more than {MOST_FRAMES} pages are too many to make a picture of"
        raise UnreadablePixelsError(msg)
    return pages


def _kind(page: tiff.Page) -> _Kind:
    if page.number(_SAMPLES) not in {None, 1} or page.number(tiff.STRIP_OFFSETS) is None:
        msg = "the pages are no grey values in strips"
        raise UnreadablePixelsError(msg)
    width, height = page.number(tiff.WIDTH) or 0, page.number(tiff.HEIGHT) or 0
    check_size(width, height, 1)
    return _Kind(
        order=page.layout.order,
        width=width,
        height=height,
        rows_per_strip=rows_per_strip(page, height),
        compression=page.number(tiff.COMPRESSION) or _UNCOMPRESSED,
        bits=page.number(_BITS) or 1,
        sample_format=page.number(_SAMPLE_FORMAT) or 1,
        predictor=page.number(_PREDICTOR) or 1,
    )


def _small_tiff(kind: _Kind, parts: list[bytes], rows: int) -> bytes:
    """Make a classic TIFF of one page that holds these strips and nothing else."""
    short, long = struct.Struct(f"{kind.order}HHIHxx"), struct.Struct(f"{kind.order}HHII")
    lengths = [len(part) for part in parts]
    starts = np.cumsum([8, *lengths])
    tables = b"".join(np.asarray(table, f"{kind.order}u4").tobytes() for table in (starts[:-1], lengths))
    table_at, directory_at = int(starts[-1]), int(starts[-1]) + len(tables)
    single = len(parts) == 1
    entries = [
        long.pack(tiff.WIDTH, _LONG, 1, kind.width),
        long.pack(tiff.HEIGHT, _LONG, 1, rows),
        short.pack(_BITS, _SHORT, 1, kind.bits),
        short.pack(tiff.COMPRESSION, _SHORT, 1, kind.compression),
        short.pack(_PHOTOMETRIC, _SHORT, 1, 1),
        long.pack(tiff.STRIP_OFFSETS, _LONG, len(parts), 8 if single else table_at),
        short.pack(_SAMPLES, _SHORT, 1, 1),
        long.pack(ROWS_PER_STRIP, _LONG, 1, kind.rows_per_strip),
        long.pack(tiff.STRIP_SIZES, _LONG, len(parts), lengths[0] if single else table_at + 4 * len(parts)),
        short.pack(_PREDICTOR, _SHORT, 1, kind.predictor),
        short.pack(_SAMPLE_FORMAT, _SHORT, 1, kind.sample_format),
    ]
    mark = b"II*\0" if kind.order == "<" else b"MM\0*"
    head = mark + struct.pack(f"{kind.order}I", directory_at)
    directory = struct.pack(f"{kind.order}H", len(entries)) + b"".join(entries) + bytes(4)
    return b"".join((head, *parts, tables, directory))
