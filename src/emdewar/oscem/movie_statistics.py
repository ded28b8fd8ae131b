"""What the movies of an EPU session have in common, and over what they range: one pass, little memory."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from emdewar.formats.epu import EpuImage
from emdewar.oscem.statistics import Extent, Tally

CONSTANT = {
    "software": "acquisition.microscope_software",
    "instrument": "instrument.microscope",
    "detector": "acquisition.detectors",
    "voltage_kv": "instrument.acceleration_voltage",
    "magnification": "acquisition.nominal_magnification",
    "illumination": "instrument.illumination",
    "imaging": "instrument.imaging",
    "operating_mode": "instrument.operating_mode",
    "electron_source": "instrument.electron_source",
    "c2_aperture_um": "instrument.c2_aperture",
    "pixel_size_a": "acquisition.pixel_size",
    "readout": "acquisition.image_size",
    "binning": "acquisition.binning_camera",
    "superres_factor": "acquisition.detectors",
    "counting": "acquisition.detectors",
    "frames": "acquisition.frames_per_movie",
    "eftem": "acquisition.energy_filter",
    "slit_inserted": "acquisition.energy_filter",
    "slit_width_ev": "acquisition.energy_filter",
    "phase_plate_used": "acquisition.specialist_optics",
}
"""Values of an `EpuImage` that a session should not change, and the OSC-EM slot that each fills."""

RANGING = ("nominal_defocus_nm", "exposure_s", "eer_frames", "dose_e_per_px")
VECTORS = ("beam_shift", "beam_tilt", "image_shift")


@dataclass
class MovieStatistics:
    """Statistics over the movies of a session.

    Attributes:
        images: How many movies were taken in.
        dose_e_per_a2: Of movies with a dose above zero; a dose of zero is a shut beam or a camera not calibrated.
        without_dose: Names of the others.
    """

    images: int = 0
    start: datetime | None = None
    end: datetime | None = None
    dose_e_per_a2: Extent = field(default_factory=Extent)
    without_dose: list[str] = field(default_factory=list)
    tallies: dict[str, Tally[object]] = field(default_factory=lambda: {name: Tally() for name in CONSTANT})
    extents: dict[str, Extent] = field(default_factory=lambda: {name: Extent() for name in RANGING})
    boxes: dict[str, tuple[Extent, Extent]] = field(
        default_factory=lambda: {name: (Extent(), Extent()) for name in VECTORS}
    )
    _first: EpuImage | None = None

    def add(self, image: EpuImage) -> None:
        """Take one more movie in."""
        self.images += 1
        self._first = self._first or image
        self._add_time(image.acquired_at)
        self._add_dose(image)
        for name, tally in self.tallies.items():
            tally.add(getattr(image, name))
        for name, extent in self.extents.items():
            extent.add(getattr(image, name))
        for name, (x, y) in self.boxes.items():
            vector = getattr(image, name) or (None, None)
            x.add(vector[0])
            y.add(vector[1])

    def _add_time(self, moment: datetime | None) -> None:
        if moment is not None:
            self.start = min(self.start or moment, moment)
            self.end = max(self.end or moment, moment)

    def _add_dose(self, image: EpuImage) -> None:
        if image.dose_e_per_a2 is not None and image.dose_e_per_a2 > 0:
            self.dose_e_per_a2.add(image.dose_e_per_a2)
        else:
            self.without_dose.append(image.path.name)

    def usual(self) -> EpuImage | None:
        """Give an image that has the most frequent value of everything that should be constant; None without movies."""
        if self._first is None:
            return None
        usual: dict[str, Any] = {name: tally.usual for name, tally in self.tallies.items()}
        return replace(self._first, **usual)
