"""The dose of one SerialEM image at the specimen, in e/A^2, from the best line there is.

Source: SerialEM's help, "About SerialEM formats": ExposureDose is at the specimen, DoseRate is per second and unbinned
pixel of the camera, FrameDosesAndNumber lists pairs of dose per frame and number of frames.
"""

from emdewar.formats.serialem import MdocSection


def dose_e_per_a2(section: MdocSection) -> float | None:
    """Give ExposureDose, else the sum over frames, else rate x time / pixel^2; zero means not calibrated."""
    for dose in (section.number("ExposureDose"), _sum_of_frames(section), _rate_times_time(section)):
        if dose is not None and dose > 0:
            return dose
    return None


def _sum_of_frames(section: MdocSection) -> float | None:
    numbers = section.numbers("FrameDosesAndNumber")
    return sum(dose * count for dose, count in zip(numbers[::2], numbers[1::2], strict=False)) or None


def _rate_times_time(section: MdocSection) -> float | None:
    rate, exposure_s = section.number("DoseRate"), section.number("ExposureTime")
    pixel_size_a, binning = section.number("PixelSpacing"), section.number("Binning")
    if not rate or not exposure_s or not pixel_size_a or not binning:
        return None
    return rate * exposure_s / (pixel_size_a / binning) ** 2
