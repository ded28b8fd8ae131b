"""A gain reference as the MRC file that RELION applies as it is, without turning it again.

RELION turns TIFF movies upside down when it reads them, as IMOD does, and so do we: what a TIFF has on top is the last
row of an MRC. EER movies it takes row by row, and divides by their gain where it is an MRC; the camera's `.gain` is
made to multiply. Both were seen with RELION 3.1.3; see the tests.
"""

from dataclasses import dataclass
from pathlib import Path

import mrcfile
import numpy as np

from emdewar.errors import RefusedError
from emdewar.formats.gain import GainFit, GainFormat, GainReference, fit_of, read_gain_reference
from emdewar.formats.movie_header import MovieHeader
from emdewar.reprocess.prepare.gain_plane import read_plane
from emdewar.reprocess.prepare.gain_turn import GainTurn, Plane
from emdewar.reprocess.prepare.movie_kind import MovieKind

_FLOATS = 2
_LABEL = b"gain reference, turned to fit its movies by EM Dewar"


@dataclass(frozen=True)
class FittedGain:
    """A gain reference that lies as the movies do.

    Attributes:
        source: The reference as it was.
        turn: How it was turned.
        rows: Its rows as RELION wants them.
        is_inverted: Whether factors were turned into divisors, for EER.
    """

    source: GainReference
    turn: GainTurn
    rows: Plane
    is_inverted: bool


def read_reference(path: Path, movie: MovieHeader) -> GainReference:
    """Read the header of a gain reference and compare it with that of a movie.

    Raises:
        RefusedError: It cannot be read, is a dark reference, or has not the size of the movies, turned or not.
        UnavailableError: The file cannot be read now.
    """
    gain = read_gain_reference(path)
    if gain.is_dark:
        raise RefusedError(f"{path} is a dark reference by its name; name the gain reference", paths=[path.name])
    fit = fit_of(gain, movie)
    if fit not in {GainFit.SAME, GainFit.TURNED}:
        raise _misfit(gain, movie, fit.value)
    return gain


def fit_gain(gain: GainReference, movie: MovieHeader, kind: MovieKind, turn: GainTurn) -> FittedGain:
    """Turn a gain reference so that RELION can apply it to movies.

    Args:
        gain: TIFF, MRC, `.gain`, DM3 or DM4.
        movie: Header of one of the movies.
        kind: Format of the movies.
        turn: How it must be turned.

    Raises:
        RefusedError: Its pixels cannot be read, or it has not the size of the movies after turning.
        UnavailableError: The file cannot be read now.
    """
    stored = read_plane(gain)
    is_bottom_first = gain.format is GainFormat.MRC and kind is not MovieKind.EER
    turned = turn.apply(stored[::-1] if is_bottom_first else stored)
    rows = turned if kind is MovieKind.EER else turned[::-1]
    if rows.shape != (movie.height, movie.width):
        raise _misfit(gain, movie, f"after turning ({turn.in_words}) it is {rows.shape[1]} x {rows.shape[0]}")
    is_factor = gain.path.suffix.lower() == ".gain"
    if kind is MovieKind.EER and is_factor:
        return FittedGain(gain, turn, _inverse(rows), is_inverted=True)
    return FittedGain(gain, turn, rows, is_inverted=False)


def write_gain(gain: FittedGain, path: Path, pixel_size_a: float) -> None:
    """Write a fitted gain reference as MRC, with the same bytes each time."""
    with mrcfile.new_mmap(path, gain.rows.shape, mrc_mode=_FLOATS) as mrc:
        mrc.data[:] = gain.rows
        mrc.update_header_stats()
        mrc.voxel_size = pixel_size_a
        mrc.header.label[:] = b""
        mrc.header.label[0], mrc.header.nlabl = _LABEL, 1


def _inverse(rows: Plane) -> Plane:
    """Make divisors of factors; zero marks a dead pixel in both."""
    inverse = np.zeros_like(rows, order="C")
    np.divide(np.float32(1), rows, out=inverse, where=rows > 0)
    return inverse


def _misfit(gain: GainReference, movie: MovieHeader, why: str) -> RefusedError:
    msg = (
        f"{gain.path.name} ({gain.width} x {gain.height}) does not fit movies of {movie.width} x {movie.height}: "
        f"{why}; name the reference of these movies, or say how to turn it"
    )
    return RefusedError(msg, paths=[gain.path.name])
