"""Movies and images as rows of summed pixels: what every format gives, however its pixels are packed."""

from typing import Protocol, TypeAlias

import numpy as np

Rows: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float32]]
"""Grey values as (row, column)."""

PIXELS_AT_ONCE = 4_000_000
"""About as many pixels are held at a time: 16 MB of sums, however large the movie is."""

MOST_PIXELS = 200_000_000
"""Pixels of one frame that are still read; twice a super-resolution K3 frame."""

MOST_PIXELS_IN_ALL = 60_000_000_000
"""Pixels of all frames together: what one core reads in a few minutes, and more than cameras write into a movie."""

MOST_FRAMES = 60_000
"""Frames of one movie; EER has thousands."""


class UnreadablePixelsError(ValueError):
    """Pixels are not what the header promises, too many, or packed in an unknown way; never leaves this package."""


class PixelRows(Protocol):
    """An open movie or image.

    Attributes:
        width: Columns.
        height: Rows.
        frames: How many frames are summed.
        rows_at_once: How many rows are best asked for together.
    """

    width: int
    height: int
    frames: int
    rows_at_once: int

    def summed(self, start: int, stop: int) -> Rows:
        """Give the sum of all frames from one row to before another.

        Raises:
            UnreadablePixelsError: The pixels there are not what the header promises.
        """
        ...


def check_size(width: int, height: int, frames: int) -> None:
    """Make sure that a movie can be read in bounded memory and time.

    Raises:
        UnreadablePixelsError: It cannot.
    """
    if min(width, height, frames) < 1:
        msg = f"it has {frames} frames of {width} x {height} pixels"
        raise UnreadablePixelsError(msg)
    if width * height > MOST_PIXELS or frames > MOST_FRAMES or width * height * frames > MOST_PIXELS_IN_ALL:
        msg = f"{frames} frames of {width} x {height} pixels are too many to make a picture of"
        raise UnreadablePixelsError(msg)
