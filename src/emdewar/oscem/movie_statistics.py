"""What the movies of an EPU session have in common, and over what they range: one pass, little memory."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from emdewar.formats.epu import EpuImage
from emdewar.oscem.course import MovieCourse
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

_MOST_COMBINATIONS = 1000

_constants_of = attrgetter(*CONSTANT)
_ranging_of = attrgetter(*RANGING)
_vectors_of = attrgetter(*VECTORS)


@dataclass
class MovieStatistics:
    """Statistics over the movies of a session.

    Attributes:
        images: How many movies were taken in.
        dose_e_per_a2: Of movies with a dose above zero; a dose of zero is a shut beam or a camera not calibrated.
        without_dose: Names of the others.
        first: The first movie that was taken in.
        course: Time, defocus and dose of each movie.
    """

    images: int = 0
    start: datetime | None = None
    end: datetime | None = None
    dose_e_per_a2: Extent = field(default_factory=Extent)
    without_dose: list[str] = field(default_factory=list)
    extents: dict[str, Extent] = field(default_factory=lambda: {name: Extent() for name in RANGING})
    boxes: dict[str, tuple[Extent, Extent]] = field(
        default_factory=lambda: {name: (Extent(), Extent()) for name in VECTORS}
    )
    first: EpuImage | None = None
    course: MovieCourse = field(default_factory=MovieCourse)
    _tallies: dict[str, Tally[object]] = field(default_factory=lambda: {name: Tally() for name in CONSTANT})
    _combinations: Counter[tuple[object, ...]] = field(default_factory=Counter)

    @property
    def tallies(self) -> dict[str, Tally[object]]:
        """How often each value of what should be constant was seen.

        Movies are counted by all these values together, of which a session has a few, and told apart when asked.
        """
        for combination, count in self._combinations.items():
            for tally, value in zip(self._tallies.values(), combination, strict=True):
                tally.add(value, count)
        self._combinations.clear()
        return self._tallies

    def add(self, image: EpuImage) -> None:
        """Take one more movie in."""
        self.images += 1
        self.first = self.first or image
        self._add_time(image.acquired_at)
        self.course.add(image.acquired_at, image.nominal_defocus_nm, image.dose_e_per_a2)
        self._add_dose(image)
        self._combinations[_constants_of(image)] += 1
        if len(self._combinations) > _MOST_COMBINATIONS:
            _ = self.tallies
        for extent, value in zip(self.extents.values(), _ranging_of(image), strict=True):
            extent.add(value)
        for (x, y), vector in zip(self.boxes.values(), _vectors_of(image), strict=True):
            if vector is not None:
                x.add(vector[0])
                y.add(vector[1])

    def merge(self, other: "MovieStatistics") -> None:
        """Take in all movies that another has taken in; they count as later than those here."""
        self.images += other.images
        self.first = self.first or other.first
        self._add_time(other.start)
        self._add_time(other.end)
        self.dose_e_per_a2.merge(other.dose_e_per_a2)
        self.without_dose += other.without_dose
        self.course.merge(other.course)
        theirs = other.tallies
        for name, tally in self.tallies.items():
            tally.merge(theirs[name])
        for name, extent in self.extents.items():
            extent.merge(other.extents[name])
        for name, (x, y) in self.boxes.items():
            x.merge(other.boxes[name][0])
            y.merge(other.boxes[name][1])

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
        if self.first is None:
            return None
        usual: dict[str, Any] = {name: tally.usual for name, tally in self.tallies.items()}
        return replace(self.first, **usual)
