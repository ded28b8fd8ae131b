"""Does a gain reference belong to a movie, and how must it be turned? The pixels themselves tell.

Programs rotate and flip gain references, some by rules that depend on the camera and the version, some references are
factors and others divisors, and a movie may have been corrected already. An uncorrected movie shows the pattern of its
gain from pixel to pixel: the turn under which the two patterns agree is the right one, and if none agrees, it is not
the gain of this movie, or not needed.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emdewar.formats.pixel_rows import PixelRows, Rows

PATCH = 1024
"""Rows and columns that are compared, in the middle of the movie."""

CERTAIN = 8.0
"""Standard deviations by which patterns must agree."""

_LARGEST_FACTOR = 100.0


@dataclass(frozen=True)
class Gain:
    """Factors for each pixel of a movie, turned to fit.

    Attributes:
        factors: As (row, column); half precision, because pictures need no more.
    """

    factors: npt.NDArray[np.float16]

    def rows(self, start: int, stop: int) -> Rows:
        """Give the factors of some rows."""
        return self.factors[start:stop].astype(np.float32)


def fitting_gain(movie: PixelRows, reference: PixelRows) -> Gain | None:
    """Turn a gain reference so that it fits a movie, or give None where it does not belong to it or is not needed.

    Raises:
        UnreadablePixelsError: One of the two cannot be read.
    """
    if sorted((movie.width, movie.height)) != sorted((reference.width, reference.height)):
        return None
    rows, columns = _middle(movie.height), _middle(movie.width)
    shown = movie.summed(rows.start, rows.stop)[:, columns]
    values = _values(reference)
    turned = [turn for turn in _turns(values) if turn.shape == (movie.height, movie.width)]
    agreements = [_agreement(shown, turn[rows, columns].astype(np.float32)) for turn in turned]
    best = max(range(len(turned)), key=lambda index: abs(agreements[index]))
    if abs(agreements[best]) < CERTAIN:
        return None
    return Gain(turned[best] if agreements[best] < 0 else _inverse(turned[best]))


def _middle(length: int) -> slice:
    start = max(0, (length - PATCH) // 2)
    return slice(start, min(length, start + PATCH))


def _values(reference: PixelRows) -> npt.NDArray[np.float16]:
    values = np.empty((reference.height, reference.width), np.float16)
    for start in range(0, reference.height, reference.rows_at_once):
        stop = min(start + reference.rows_at_once, reference.height)
        rows = np.nan_to_num(reference.summed(start, stop), nan=0.0, posinf=0.0, neginf=0.0)
        values[start:stop] = np.clip(rows, 0.0, _LARGEST_FACTOR)
    return values


def _turns(values: npt.NDArray[np.float16]) -> list[npt.NDArray[np.float16]]:
    """Give the eight ways to lay an image on another, as views."""
    return [np.rot90(image, quarter) for image in (values, values[::-1]) for quarter in range(4)]


def _agreement(shown: Rows, pattern: Rows) -> float:
    """Correlate differences of neighbours, which know the pattern of pixels and nothing of the specimen.

    Gives standard deviations: above zero where bright pixels are bright in the reference, which then must divide.
    """
    live = (pattern[:, 1:] > 0) & (pattern[:, :-1] > 0)
    one, other = np.diff(shown, axis=1)[live], np.diff(pattern, axis=1)[live]
    one = np.clip(one, *np.percentile(one, (1, 99))) if one.size else one
    spread = float(np.std(one)) * float(np.std(other))
    if not spread > 0:
        return 0.0
    return float(np.mean((one - one.mean()) * (other - other.mean()))) / spread * float(np.sqrt(one.size))


def _inverse(values: npt.NDArray[np.float16]) -> npt.NDArray[np.float16]:
    inverse = np.zeros_like(values)
    np.divide(1.0, values, out=inverse, where=values > 1 / _LARGEST_FACTOR, casting="unsafe")
    return inverse
