"""The pixels of a movie or image as one averaged plane, for looking at; never for measuring.

LZW movies are decoded by Pillow's libtiff, so that no large codec library is needed; EER needs one (`imagecodecs`) and
is only shown where it is installed.
"""

import importlib.util
import struct
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import mrcfile
import numpy as np
import tifffile
from PIL import Image

MOST_FRAMES = 8
"""Frames that are averaged: the first of a movie, where the beam has harmed least."""

MOST_PIXELS = 200_000_000
"""Pixels of one frame that are still read; twice a super-resolution K3 frame."""

Plane: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float32]]
"""A grey image: rows x columns."""

_COLOURED = frozenset({"1", "P", "RGB", "RGBA", "YCbCr", "CMYK"})
_BROKEN_IMAGE = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    RuntimeError,
    MemoryError,
    ZeroDivisionError,
    struct.error,
    Image.DecompressionBombError,
)
"""What Pillow, mrcfile, tifffile and codecs are known to raise over files that are not what they seem."""


def read_mean(path: Path) -> Plane | None:
    """Average the first frames of a movie, or read a single image; None if it cannot be decoded here."""
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _mean(reader(path))
    except _BROKEN_IMAGE:
        return None


def _mean(frames: Iterator[Plane]) -> Plane | None:
    total: Plane | None = None
    count = 0
    for frame in frames:
        total = frame if total is None else total + frame
        count += 1
    if total is None or total.ndim != len(("rows", "columns")) or not total.size:
        return None
    return total / np.float32(count)


def _pillow(path: Path) -> Iterator[Plane]:
    with Image.open(path) as image:
        if image.width * image.height > MOST_PIXELS:
            return
        for index in range(min(MOST_FRAMES, getattr(image, "n_frames", 1))):
            image.seek(index)
            grey = image.convert("L") if image.mode in _COLOURED else image
            yield np.asarray(grey, dtype=np.float32)


def _mrc(path: Path) -> Iterator[Plane]:
    with mrcfile.mmap(path, mode="r") as volume:
        data = volume.data
        frames = data[np.newaxis] if data.ndim == 2 else data  # noqa: PLR2004 - an image has rows and columns
        if frames[0].size > MOST_PIXELS:
            return
        for frame in frames[:MOST_FRAMES]:
            yield np.asarray(frame, dtype=np.float32)


def _tifffile(path: Path) -> Iterator[Plane]:
    with tifffile.TiffFile(path) as movie:
        for page in movie.pages[:MOST_FRAMES]:
            if page.size > MOST_PIXELS:
                return
            yield np.asarray(page.asarray(), dtype=np.float32)


def _tiff(path: Path) -> Iterator[Plane]:
    """Pillow knows LZW; what it does not know, tifffile may."""
    frames = _pillow(path)
    try:
        first = next(frames, None)
    except _BROKEN_IMAGE:
        yield from _tifffile(path)
        return
    if first is not None:
        yield first
        yield from frames


def _eer(path: Path) -> Iterator[Plane]:
    return _tifffile(path) if importlib.util.find_spec("imagecodecs") else iter(())


_READERS: dict[str, Callable[[Path], Iterator[Plane]]] = {
    ".eer": _eer,
    ".jpeg": _pillow,
    ".jpg": _pillow,
    ".mrc": _mrc,
    ".mrcs": _mrc,
    ".tif": _tiff,
    ".tiff": _tiff,
}
