"""Where the strips of a TIFF page lie in its file."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from emdewar.formats import tiff
from emdewar.formats.pixel_rows import UnreadablePixelsError

ROWS_PER_STRIP = 278

_NUMBERS = {3: "u2", 4: "u4", 13: "u4", 16: "u8"}
_MOST_TABLE_BYTES = 16 << 20

Strips: TypeAlias = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]
"""Offsets and lengths of the strips of a page, in bytes."""


def rows_per_strip(page: tiff.Page, height: int) -> int:
    """Give how many rows a strip holds; the last may hold fewer.

    Raises:
        CutShortError: The tag lies outside the file.
    """
    return max(1, min(page.number(ROWS_PER_STRIP) or height, height))


def strips(page: tiff.Page, height: int, file_size: int) -> Strips:
    """Give the strips of a page.

    Raises:
        CutShortError: Their tables lie outside the file.
        UnreadablePixelsError: They lie outside the file themselves, or are too few.
    """
    offsets, lengths = _numbers(page, tiff.STRIP_OFFSETS), _numbers(page, tiff.STRIP_SIZES)
    expected = -(-height // rows_per_strip(page, height))
    if len(offsets) != expected or len(lengths) != expected:
        msg = f"{len(offsets)} strips and {len(lengths)} lengths, where {expected} are needed"
        raise UnreadablePixelsError(msg)
    if offsets.min() < 0 or lengths.min() < 0 or (offsets + lengths).max() > file_size:
        msg = f"pixels are said to lie behind the end of the file at byte {file_size}"
        raise UnreadablePixelsError(msg)
    return offsets, lengths


def _numbers(page: tiff.Page, tag: int) -> npt.NDArray[np.int64]:
    """Give all values of a tag; none where it is missing or holds no numbers."""
    kind = page.tags.get(tag, (0, 0, b""))[0]
    content = page.raw(tag, _MOST_TABLE_BYTES) if kind in _NUMBERS else b""
    return np.frombuffer(content, page.layout.order + _NUMBERS.get(kind, "u1")).astype(np.int64)
