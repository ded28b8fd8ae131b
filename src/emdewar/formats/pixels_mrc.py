"""Pixels of MRC stacks, summed over the sections, a few rows at a time; nothing is mapped, so a share may go away."""

import os
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from emdewar.formats import mrc
from emdewar.formats.pixel_rows import PIXELS_AT_ONCE, Rows, UnreadablePixelsError, check_size

_TYPES = {1: "i2", 2: "f4", 6: "u2", 12: "f2"}
_PACKED = 101


class MrcPixels:
    """An open MRC file as `PixelRows`; `section` picks one image of a stack instead of the sum of all."""

    def __init__(self, file: BinaryIO, section: int | None = None) -> None:
        """Read the header and compare it with the length of the file.

        Raises:
            UnreadablePixelsError: It is no MRC file, it is cut short, or its pixels are no grey values.
        """
        header = mrc.parse(file.read(mrc.HEADER_SIZE))
        if isinstance(header, str):
            raise UnreadablePixelsError(header)
        size = os.fstat(file.fileno()).st_size
        if size < header.file_size:
            msg = f"the MRC header promises {header.file_size} bytes, the file has {size}"
            raise UnreadablePixelsError(msg)
        if section is not None and not 0 <= section < header.nz:
            msg = f"it has {header.nz} sections, and none with the number {section}"
            raise UnreadablePixelsError(msg)
        self._file, self._header = file, header
        self._type = _pixel_type(header)
        self._sections = range(header.nz) if section is None else range(section, section + 1)
        self.width, self.height, self.frames = header.columns, header.ny, len(self._sections)
        check_size(self.width, self.height, self.frames)
        self.rows_at_once = max(1, PIXELS_AT_ONCE // self.width)

    def summed(self, start: int, stop: int) -> Rows:
        """Give the sum of the sections from one row to before another."""
        total = np.zeros((stop - start, self.width), np.float32)
        for section in self._sections:
            total += self._rows(section, start, stop)
        return total

    def _rows(self, section: int, start: int, stop: int) -> npt.NDArray[Any]:
        line_size = (self.width * self._header.bits + 7) // 8
        offset = mrc.HEADER_SIZE + self._header.extended_size
        self._file.seek(offset + (section * self.height + start) * line_size)
        content = self._file.read((stop - start) * line_size)
        if len(content) < (stop - start) * line_size:
            msg = "the file ended while it was read"
            raise UnreadablePixelsError(msg)
        lines = np.frombuffer(content, self._type).reshape(stop - start, -1)
        return _unpacked(lines)[:, : self.width] if self._header.bits == mrc.BITS[_PACKED] else lines


def _pixel_type(header: mrc.MrcHeader) -> np.dtype[Any]:
    if header.mode == _PACKED or header.has_two_in_a_byte:
        return np.dtype("u1")
    if header.mode == 0:
        return np.dtype("u1" if header.is_signed is False else "i1")
    if header.mode not in _TYPES:
        msg = f"pixels of MRC mode {header.mode} are no grey values"
        raise UnreadablePixelsError(msg)
    return np.dtype(header.byte_order + _TYPES[header.mode])


def _unpacked(lines: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Part each byte into two pixels, the first in the low bits."""
    pairs = np.stack([lines & 15, lines >> 4], axis=-1)
    return pairs.reshape(len(lines), -1)
