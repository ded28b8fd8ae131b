"""The dose of one SerialEM image at the specimen, in e/A^2, by each of the lines that may tell.

Source: SerialEM's help, "About SerialEM formats": ExposureDose is at the specimen, DoseRate is per second and unbinned
pixel of the camera, FrameDosesAndNumber lists pairs of dose per frame and number of frames.
"""

from emdewar.formats.mdoc_images import MdocImage
from emdewar.oscem.possible import is_possible

_DOSE = "acquisition.dose_per_movie"


def of_exposure(image: MdocImage) -> float | None:
    """ExposureDose, of a calibrated beam; a number that no specimen gets is none."""
    return image.dose_e_per_a2 if is_possible(image.dose_e_per_a2, _DOSE) else None


def of_frames(image: MdocImage) -> float | None:
    """The sum over FrameDosesAndNumber."""
    dose = sum(dose * count for dose, count in image.frame_doses_e_per_a2) or None
    return dose if is_possible(dose, _DOSE) else None


def of_camera(image: MdocImage) -> float | None:
    """DoseRate x ExposureTime / pixel^2: behind the specimen, so lower than the dose at it."""
    if not image.dose_rate_e_per_px_s or not image.exposure_s or not image.pixel_size_a or not image.binning:
        return None
    return image.dose_rate_e_per_px_s * image.exposure_s / (image.pixel_size_a / image.binning) ** 2
