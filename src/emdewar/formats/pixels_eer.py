"""Pixels of EER movies: the electrons of all frames, counted on the sensor's own grid."""

import os
from typing import BinaryIO

import numpy as np

from emdewar.formats import tiff
from emdewar.formats.eer import FRAME_COMPRESSIONS
from emdewar.formats.eer_events import electrons
from emdewar.formats.pixel_rows import MOST_FRAMES, Rows, UnreadablePixelsError, check_size
from emdewar.formats.tiff_strips import rows_per_strip, strips

_RUN_BITS, _PLACE_BITS_X, _PLACE_BITS_Y = 65007, 65008, 65009
_BITS = {65000: (8, 4), 65001: (7, 4)}
"""Bits of a run and of the place in the pixel by compression; 65002 says them in tags of its own."""

_LONGEST_RUN_BITS, _MOST_PLACE_BITS, _MOST_BYTES_PER_PIXEL = 16, 16, 4


def holds_events(file: BinaryIO) -> bool:
    """Tell whether any page of an open file holds electron events; the vendor's programs write plain images, too.

    Raises:
        UnreadablePixelsError: The file is no TIFF, or cut short.
    """
    try:
        return any(page.number(tiff.COMPRESSION) in FRAME_COMPRESSIONS for page in tiff.pages(file))
    except tiff.CutShortError as error:
        raise UnreadablePixelsError(str(error)) from error


class EerPixels:
    """An open EER movie as `PixelRows`, summed when it is opened."""

    def __init__(self, file: BinaryIO) -> None:
        """Count the electrons of all frames.

        Raises:
            UnreadablePixelsError: It is no EER movie, or it is cut short.
        """
        self._file = file
        self._size = os.fstat(file.fileno()).st_size
        self.width = self.height = self.frames = 0
        self._counts = np.empty(0, np.uint16)
        try:
            for page in tiff.pages(file):
                if page.number(tiff.COMPRESSION) in FRAME_COMPRESSIONS:
                    self._add(page)
        except tiff.CutShortError as error:
            raise UnreadablePixelsError(str(error)) from error
        check_size(self.width, self.height, self.frames)
        self.rows_at_once = self.height

    def summed(self, start: int, stop: int) -> Rows:
        """Give the electrons from one row to before another."""
        return self._counts[start * self.width : stop * self.width].reshape(-1, self.width).astype(np.float32)

    def _add(self, page: tiff.Page) -> None:
        width, height = page.number(tiff.WIDTH) or 0, page.number(tiff.HEIGHT) or 0
        if not self.frames:
            check_size(width, height, 1)
            self.width, self.height = width, height
            self._counts = np.zeros(width * height, np.uint16)
        if (width, height) != (self.width, self.height) or self.frames >= MOST_FRAMES:
            msg = "its frames differ in size, or are too many"
            raise UnreadablePixelsError(msg)
        self.frames += 1
        run_bits, place_bits = _code(page)
        rows = rows_per_strip(page, height)
        for number, place in enumerate(zip(*strips(page, height, self._size), strict=True)):
            first, last = number * rows * width, min((number + 1) * rows, height) * width
            hit = electrons(self._read(*place), run_bits, place_bits, last - first)
            self._counts[first:last][hit] += 1

    def _read(self, offset: int, length: int) -> bytes:
        if length > _MOST_BYTES_PER_PIXEL * self.width * self.height:
            msg = f"a frame of {length} bytes"
            raise UnreadablePixelsError(msg)
        self._file.seek(offset)
        return self._file.read(length)


def _code(page: tiff.Page) -> tuple[int, int]:
    bits = _BITS.get(page.number(tiff.COMPRESSION) or 0)
    if bits is not None:
        return bits
    run_bits = page.number(_RUN_BITS) or 0
    place_bits = (page.number(_PLACE_BITS_X) or 0) + (page.number(_PLACE_BITS_Y) or 0)
    if not 1 <= run_bits <= _LONGEST_RUN_BITS or place_bits > _MOST_PLACE_BITS:
        msg = f"a code of {run_bits} and {place_bits} bits"
        raise UnreadablePixelsError(msg)
    return run_bits, place_bits
