"""How a gain reference must be turned, seen in the pixels of a movie that was not corrected: they show its pattern.

It costs reading one movie in part, and is silent wherever the two patterns do not agree beyond doubt.
"""

from pathlib import Path
from typing import BinaryIO

import numpy as np

from emdewar.formats.gain import GainFormat, GainReference
from emdewar.formats.pixel_rows import PixelRows, Rows, UnreadablePixelsError
from emdewar.formats.pixels_gain import fitting_gain
from emdewar.formats.pixels_mrc import MrcPixels
from emdewar.formats.pixels_tiff import TiffPixels
from emdewar.formats.regular_file import open_regular
from emdewar.reprocess.prepare.gain_plane import read_plane
from emdewar.reprocess.prepare.gain_turn import GainTurn, Plane
from emdewar.reprocess.prepare.movie_kind import MovieKind

_FLIP: tuple[int | str, ...] = ("left to right",)
_TURNS = tuple(GainTurn((*flip, *((quarters,) if quarters else ()))) for flip in ((), _FLIP) for quarters in range(4))
"""All eight ways to lay an image on another."""

_ROWS_AT_ONCE = 256
_ROWS_COMPARED = 200
_SAME = 1e-2
"""Relative difference of factors that half precision makes."""


def turn_by_pixels(gain: GainReference, movie: Path, kind: MovieKind) -> GainTurn | None:
    """Find out how a reference lies beside a movie; None where pixels do not tell, or do not ask for these factors.

    Raises:
        RefusedError: The reference cannot be read.
        UnavailableError: A file cannot be read now.
    """
    if kind is MovieKind.EER:
        return None
    plane = read_plane(gain)
    shown = plane[::-1] if gain.format is GainFormat.MRC else plane
    with open_regular(movie) as file:
        try:
            fitting = fitting_gain(_rows(file, kind), _PlaneRows(shown))
        except UnreadablePixelsError:
            return None
    if fitting is None:
        return None
    factors = fitting.factors if kind is MovieKind.TIFF else fitting.factors[::-1]
    return next((turn for turn in _TURNS if _is_same(turn.apply(shown), factors)), None)


def is_same_turn(one: GainTurn, other: GainTurn) -> bool:
    """Tell whether two turns in different words do the same."""
    corners = np.arange(6, dtype=np.float32).reshape(2, 3)
    return np.array_equal(one.apply(corners), other.apply(corners))


def _rows(file: BinaryIO, kind: MovieKind) -> PixelRows:
    return TiffPixels(file) if kind is MovieKind.TIFF else MrcPixels(file)


def _is_same(turned: Plane, factors: np.ndarray) -> bool:
    """Compare every so many pixels: eight planes of a large camera are much to hold."""
    if turned.shape != factors.shape:
        return False
    some = slice(None, None, max(1, len(turned) // _ROWS_COMPARED))
    return np.allclose(turned[some], factors[some], rtol=_SAME, atol=_SAME)


class _PlaneRows:
    """A plane as `PixelRows`."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self.height, self.width = plane.shape
        self.frames, self.rows_at_once = 1, _ROWS_AT_ONCE

    def summed(self, start: int, stop: int) -> Rows:
        return self._plane[start:stop].astype(np.float32)
