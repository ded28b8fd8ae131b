"""Which numbers an electron microscope can have: what lies outside was written in another unit, or by a broken file.

The ranges are wide, so that no real session trips over them; those of a deposition are narrower, and are looked at
there (`emdewar.oscem.mmcif`).
"""

from typing import Final

LARGEST: Final = 1e60
"""Numbers from here on are none that an instrument wrote; they leave room for any change of unit."""

RANGES: Final = {
    "acquisition.binning_camera": (0.1, 64.0, ""),
    "acquisition.dose_per_movie": (1e-3, 1e5, "e/Å^2"),
    "acquisition.energy_filter": (0.0, 2000.0, "eV"),
    "acquisition.exposure_time": (1e-9, 1e6, "s"),
    "acquisition.frames_per_movie": (1.0, 1e6, ""),
    "acquisition.image_size": (1.0, 1e6, "pixels"),
    "acquisition.nominal_defocus": (-1e6, 1e6, "nm"),
    "acquisition.nominal_magnification": (1.0, 1e9, ""),
    "acquisition.pixel_size": (1e-4, 1e7, "Å"),
    "acquisition.tilt_angle": (-180.0, 180.0, "deg"),
    "acquisition.tilt_angle.increment": (0.0, 180.0, "deg"),
    "acquisition.tilt_axis_angle": (-360.0, 360.0, "deg"),
    "instrument.acceleration_voltage": (5.0, 4000.0, "kV"),
    "instrument.c2_aperture": (0.1, 5000.0, "um"),
    "instrument.cs": (-20.0, 20.0, "mm"),
}
"""Smallest and largest number by OSC-EM path, in the unit in which sources of that slot are compared."""


def is_possible(value: object, path: str = "") -> bool:
    """Tell whether a value, or each of several, is a number that a microscope can have; what is no number is."""
    if isinstance(value, tuple):
        return all(is_possible(one, path) for one in value)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return True
    low, high, _ = RANGES.get(path, (-LARGEST, LARGEST, ""))
    return low <= value <= high and abs(value) < LARGEST


def possible_numbers(path: str) -> str:
    """Say which numbers a slot can have, for a finding."""
    if path not in RANGES:
        return "a number that an instrument can have"
    low, high, unit = RANGES[path]
    return f"a number that an instrument can have: {low:g} to {high:g} {unit}".rstrip()
