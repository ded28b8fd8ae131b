"""What a person may ask the simulated microscope for."""

import math

from emdewar.errors import RefusedError
from emdewar.paths import unsafe_names
from emdewar.simulation.electrons import HIGHEST_RATE

LONGEST_NAME = 128
"""Characters of a session's name: leaves room for what is appended within the 255 bytes of a file name."""


def refuse(message: str, *, unless: bool) -> None:
    """Refuse a request with a message, unless it is all right.

    Raises:
        RefusedError: It is not.
    """
    if not unless:
        raise RefusedError(message)


def check_number(what: str, value: float, *, least: float, most: float) -> None:
    """Refuse a number outside its range, and one that is none.

    Raises:
        RefusedError: It is not between `least` and `most`.
    """
    within = math.isfinite(value) and least <= value <= most
    refuse(f"{what} must be between {least:g} and {most:g}, not {value:g}", unless=within)


def check_image(*, width: int, height: int, frames: int) -> None:
    """Refuse a movie of a size that no camera has.

    Raises:
        RefusedError: A side or the number of frames is out of range.
    """
    check_number("width (pixels)", width, least=16, most=16384)
    check_number("height (pixels)", height, least=16, most=16384)
    check_number("frames", frames, least=1, most=10_000)


def check_dose(electrons_per_pixel: float, *, frames: int) -> None:
    """Refuse a dose that a counting camera cannot take in.

    Raises:
        RefusedError: There are too many electrons per pixel and frame.
    """
    rate = electrons_per_pixel / frames
    message = f"{rate:.0f} electrons per pixel and frame are too many: take more frames or a lower dose"
    refuse(message, unless=rate <= HIGHEST_RATE)


def check_seed(seed: int) -> None:
    """Refuse a seed that random numbers cannot start from.

    Raises:
        RefusedError: It is negative.
    """
    refuse(f"the seed must not be negative: {seed}", unless=seed >= 0)


def check_name(what: str, name: str) -> None:
    """Refuse a name that is no plain file name.

    Raises:
        RefusedError: It is empty or too long, has a slash or backslash, or could not be archived.
    """
    plain = len(name) <= LONGEST_NAME and not set(name) & set("/\\") and not unsafe_names([name])
    message = f"{what} {name!r} cannot be a file name: use letters, digits, '_' and '-'"
    refuse(message, unless=plain and name.isprintable())
