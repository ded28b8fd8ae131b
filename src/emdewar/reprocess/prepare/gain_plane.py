"""The pixels of a gain reference of any format that cameras write."""

from pathlib import Path
from typing import BinaryIO

import numpy as np

from emdewar.errors import RefusedError
from emdewar.formats.gain import GainFormat, GainReference
from emdewar.formats.pixel_rows import PixelRows, UnreadablePixelsError, check_size
from emdewar.formats.pixels_mrc import MrcPixels
from emdewar.formats.pixels_tiff import TiffPixels
from emdewar.formats.regular_file import open_regular
from emdewar.reprocess.prepare.gain_turn import Plane
from emdewar.reprocess.prepare.gatan_plane import read_gatan_plane


def read_plane(gain: GainReference) -> Plane:
    """Read a gain reference, rows in the order of the file.

    Raises:
        RefusedError: The pixels cannot be decoded, are of several images, or are no factors.
        UnavailableError: The file cannot be read now.
    """
    try:
        with open_regular(gain.path) as file:
            plane = _plane(file, gain)
    except UnreadablePixelsError as error:
        raise _useless(gain.path, str(error)) from error
    if not np.isfinite(plane).all() or plane.min() < 0:
        raise _useless(gain.path, "it holds negative values, or values that are no numbers")
    if not plane.any():
        raise _useless(gain.path, "it is zero everywhere")
    return plane


def _plane(file: BinaryIO, gain: GainReference) -> Plane:
    check_size(gain.width, gain.height, 1)
    if gain.format is GainFormat.GATAN:
        return read_gatan_plane(file)
    rows: PixelRows = TiffPixels(file) if gain.format is GainFormat.TIFF else MrcPixels(file)
    if rows.frames != 1:
        raise UnreadablePixelsError(f"it holds {rows.frames} images, and a gain reference is one")
    plane = np.empty((rows.height, rows.width), np.float32)
    for start in range(0, rows.height, rows.rows_at_once):
        stop = min(start + rows.rows_at_once, rows.height)
        plane[start:stop] = rows.summed(start, stop)
    return plane


def _useless(path: Path, why: str) -> RefusedError:
    return RefusedError(f"{path} cannot serve as gain reference: {why}; name another one", paths=[path.name])
