"""What the header of a movie says, whatever the format."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MovieHeader:
    """Size of a movie.

    Attributes:
        width: Pixels along a line, as stored.
        height: Lines, as stored.
        frames: Frames, fractions or sections.
        pixel_size_a: Pixel size, where the format holds a trustworthy one.
        dose_e_per_px: Electrons per pixel over the whole movie, where the format holds it.
    """

    width: int
    height: int
    frames: int
    pixel_size_a: float | None = None
    dose_e_per_px: float | None = None
