"""What each source of a tilt series says: lines of `.mdoc`, headers of the stacks beside them, and the site."""

from typing import TypeVar

from emdewar.oscem.ledger import Said
from emdewar.oscem.mdoc_view import MdocView

Value = TypeVar("Value")

FIELDS = {
    "acquisition.date_time": "DateTime, earliest, in the site's zone",
    "acquisition.microscope_software": "T, Version",
    "acquisition.pixel_size": "PixelSpacing",
    "acquisition.image_size": "ImageSize",
    "acquisition.binning_camera": "Binning",
    "acquisition.dose_per_movie": "ExposureDose, else FrameDosesAndNumber, else DoseRate; mean per image",
    "acquisition.exposure_time": "ExposureTime, mean",
    "acquisition.frames_per_movie": "NumSubFrames",
    "acquisition.images_generated": "number of images (ZValue), else of movies (FrameSet)",
    "acquisition.nominal_defocus": "TargetDefocus, smallest and largest",
    "acquisition.nominal_magnification": "Magnification",
    "acquisition.energy_filter": "FilterSlitAndLoss",
    "acquisition.imageshift": "ImageShift, extent",
    "acquisition.tilt_angle": "TiltAngle, smallest and largest",
    "acquisition.tilt_angle.increment": "TiltAngle, median of successive differences",
    "acquisition.tilt_axis_angle": "T (Tilt axis angle), else RotationAngle",
    "acquisition.technique": "TiltAngle, the same in all images",
    "acquisition.detectors.0.name": "Camera0",
    "acquisition.detectors.0.mode": "Binning, CountsPerElectron, FrameDosesAndNumber",
    "instrument.microscope.model": "T",
    "instrument.acceleration_voltage": "Voltage",
    "instrument.cs": "CS",
    "instrument.electron_source": "Source",
}
"""Line of the mdoc by OSC-EM slot."""


class MdocSources:
    """The sources of a tilt series by name, ready to be quoted."""

    def __init__(self, view: MdocView) -> None:
        """Take the names of the files."""
        self._mdoc = view.names
        self._search = view.search.path.name if view.search else "no file"
        self._stack = view.stack.path.name if view.stack else "no file"

    def mdoc(self, path: str, value: Value | None, field: str = "") -> Said[Value]:
        """What the lines of the documents say."""
        return Said(value, f"{self._mdoc}: {field or FIELDS[path]}")

    def stack(self, value: Value | None, field: str) -> Said[Value]:
        """What the header of the stack says."""
        return Said(value, f"{self._stack}: {field}")

    def search(self, value: Value | None, field: str) -> Said[Value]:
        """What the xml of a search image says."""
        return Said(value, f"{self._search}: {field}")
