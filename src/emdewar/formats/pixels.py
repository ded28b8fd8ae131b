"""The pixels of a movie or image as one small plane, for looking at; never for measuring.

All frames of a movie are summed, as they lie: on a picture whose pixel is many of the movie's, the specimen's motion of
some pixels does not show. A few rows are held at a time, so memory does not grow with the movie.
"""

import io
import struct
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError

from emdewar.errors import RefusedError, UnavailableError
from emdewar.formats.pixel_rows import PixelRows, Rows, UnreadablePixelsError, check_size
from emdewar.formats.pixels_eer import EerPixels, holds_events
from emdewar.formats.pixels_gain import Gain, fitting_gain
from emdewar.formats.pixels_mrc import MrcPixels
from emdewar.formats.pixels_tiff import TiffPixels
from emdewar.formats.regular_file import open_regular

_FORMATS = ("JPEG", "PNG", "GIF", "BMP")
_LONGEST_IMAGE_BYTES = 256 << 20
_COLOURED = frozenset({"1", "P", "RGB", "RGBA", "YCbCr", "CMYK"})
_BROKEN_IMAGE = (
    UnreadablePixelsError,
    EOFError,
    IndexError,
    KeyError,
    MemoryError,
    OverflowError,
    SyntaxError,
    TypeError,
    ValueError,
    ZeroDivisionError,
    struct.error,
    Image.DecompressionBombError,
)
"""What Pillow and numpy are known to raise over files that are not what they seem."""


@dataclass(frozen=True)
class Picture:
    """A movie or image, small.

    Attributes:
        plane: Grey values as (row, column).
        frames: How many frames were summed.
        gain: The gain reference that was applied, or None where none fitted.
    """

    plane: Rows
    frames: int = 1
    gain: Path | None = None


def sum_of(path: Path, longest_px: int, gains: Sequence[Path] = ()) -> Picture:
    """Sum all frames of a movie, or read an image, and average blocks of pixels until it is small.

    Args:
        path: A movie (TIFF, EER, MRC) or an image (those, JPEG, PNG).
        longest_px: The longer side of the result is at least that, and less than twice as long.
        gains: Gain references that may belong to the movie; the first one that fits is applied.

    Raises:
        RefusedError: The file cannot be decoded, is cut short, or is too large to make a picture of.
        UnavailableError: The file cannot be read now.
    """
    with _rows_of(path, None) as rows:
        gain, used = _first_that_fits(rows, gains)
        with _told_of(path):
            return Picture(_reduced(rows, longest_px, gain), rows.frames, used)


def section_of(path: Path, longest_px: int, section: int) -> Picture:
    """Read one image of an MRC stack, and average blocks of pixels until it is small.

    Raises:
        RefusedError: The file is no whole MRC stack, or has no such section.
        UnavailableError: The file cannot be read now.
    """
    with _rows_of(path, section) as rows, _told_of(path):
        return Picture(_reduced(rows, longest_px, None))


@contextmanager
def _rows_of(path: Path, section: int | None) -> Iterator[PixelRows]:
    with open_regular(path) as file:
        with _told_of(path):
            rows = _opened(path, file, section)
        yield rows


def _opened(path: Path, file: BinaryIO, section: int | None) -> PixelRows:
    if section is not None:
        return MrcPixels(file, section)
    reader = _READERS.get(path.suffix.lower(), _Decoded)
    return reader(file)


@contextmanager
def _told_of(path: Path) -> Iterator[None]:
    """Say of which file it is that it cannot be decoded.

    Pillow says so with an OSError that has no number; one that has is a failing read, and is not meant.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except OSError as error:
        if error.errno is not None:
            raise
        raise _undecodable(path, error) from error
    except _BROKEN_IMAGE as error:
        raise _undecodable(path, error) from error


def _undecodable(path: Path, error: Exception) -> RefusedError:
    if isinstance(error, UnidentifiedImageError):
        error = UnreadablePixelsError("it is no image of a known kind")
    why = str(error) if isinstance(error, UnreadablePixelsError) else f"it cannot be decoded ({error})"
    return RefusedError(f"{path}: {why}", paths=[path.name])


def _first_that_fits(rows: PixelRows, gains: Sequence[Path]) -> tuple[Gain | None, Path | None]:
    for path in gains:
        try:
            with _rows_of(path, None) as reference, _told_of(path):
                gain = fitting_gain(rows, reference)
        except (RefusedError, UnavailableError):
            continue
        if gain is not None:
            return gain, path
    return None, None


def _reduced(rows: PixelRows, longest_px: int, gain: Gain | None) -> Rows:
    """Average blocks of pixels; what is left at the right and the bottom, less than a block, is cut off."""
    block = max(1, max(rows.width, rows.height) // longest_px)
    high, wide = min(block, rows.height), min(block, rows.width)
    small = np.empty((rows.height // high, rows.width // wide), np.float32)
    at_once = max(1, rows.rows_at_once // high)
    for first in range(0, len(small), at_once):
        last = min(first + at_once, len(small))
        band = rows.summed(first * high, last * high)
        if gain is not None:
            band *= gain.rows(first * high, last * high)
        band = np.nan_to_num(band[:, : small.shape[1] * wide], nan=0.0, posinf=0.0, neginf=0.0)
        small[first:last] = band.reshape(last - first, high, small.shape[1], wide).mean(axis=(1, 3))
    return small


class _Decoded:
    """An image that Pillow decodes whole, as `PixelRows`."""

    def __init__(self, file: BinaryIO) -> None:
        content = file.read(_LONGEST_IMAGE_BYTES)
        with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            check_size(image.width, image.height, 1)
            grey = image.convert("L") if image.mode in _COLOURED else image
            self._plane = np.asarray(grey, dtype=np.float32)
        self.height, self.width = self._plane.shape
        self.frames, self.rows_at_once = 1, self.height

    def summed(self, start: int, stop: int) -> Rows:
        return self._plane[start:stop]


def _eer(file: BinaryIO) -> PixelRows:
    return EerPixels(file) if holds_events(file) else TiffPixels(file)


_READERS: dict[str, Callable[[BinaryIO], PixelRows]] = {
    ".eer": _eer,
    ".gain": TiffPixels,
    ".map": MrcPixels,
    ".mrc": MrcPixels,
    ".mrcs": MrcPixels,
    ".st": MrcPixels,
    ".tif": TiffPixels,
    ".tiff": TiffPixels,
}
