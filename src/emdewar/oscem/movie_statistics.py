"""What the movies of an EPU session have in common, and over what they range: one pass, little memory."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from emdewar.formats.epu import EpuImage
from emdewar.oscem.course import MovieCourse
from emdewar.oscem.possible import RANGES
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
SAMPLING = ("pixel_size_a", "readout", "binning")
"""Values that only mean something together: those of one preset, not each the most frequent of its kind."""

FIELDS = ("dose_field", "detector_field")
"""Which fields of the xml values are from that EPU's versions keep in several places."""

_DOSE = "acquisition.dose_per_movie"

_constants_of = attrgetter(*CONSTANT)
_ranging_of = attrgetter(*RANGING)
_vectors_of = attrgetter(*VECTORS)
_sampling_of = attrgetter(*SAMPLING)
_fields_of = attrgetter(*FIELDS)


@dataclass
class MovieStatistics:
    """Statistics over the movies of a session.

    Attributes:
        images: How many movies were taken in.
        dose_e_per_a2: Of movies with a dose that a specimen can have; a dose of zero is a shut beam or a camera not
            calibrated.
        without_dose: Names of the others.
        sampling: Pixel, size and binning of previews, together.
        fields: Which fields values were read from.
        first: The first movie that was taken in.
        course: Time, defocus and dose of each movie.
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
    sampling: Tally[tuple[object, ...]] = field(default_factory=Tally)
    fields: dict[str, Tally[str]] = field(default_factory=lambda: {name: Tally() for name in FIELDS})
    first: EpuImage | None = None
    course: MovieCourse = field(default_factory=MovieCourse)

    def add(self, image: EpuImage) -> None:
        """Take one more movie in."""
        self.add_all([image])

    def add_all(self, images: Sequence[EpuImage]) -> None:
        """Take more movies in, value by value over all of them: less work than movie by movie."""
        self.images += len(images)
        self.first = self.first or next(iter(images), None)
        for image in images:
            self.course.add(image.acquired_at, image.nominal_defocus_nm, image.dose_e_per_a2)
        self._add_times([image.acquired_at for image in images if image.acquired_at is not None])
        self._add_doses(images)
        for combination, count in Counter(map(_constants_of, images)).items():
            for tally, value in zip(self.tallies.values(), combination, strict=True):
                tally.add(value, count)
        for sampling, count in Counter(map(_sampling_of, images)).items():
            self.sampling.add(None if None in sampling else sampling, count)
        for fields, count in Counter(map(_fields_of, images)).items():
            for name, said in zip(FIELDS, fields, strict=True):
                self.fields[name].add(said, count)
        for extent, values in zip(self.extents.values(), zip(*map(_ranging_of, images), strict=True), strict=False):
            extent.add_all(values)
        for (x, y), vectors in zip(self.boxes.values(), zip(*map(_vectors_of, images), strict=True), strict=False):
            known = [vector for vector in vectors if vector is not None]
            x.add_all([vector[0] for vector in known])
            y.add_all([vector[1] for vector in known])

    def merge(self, other: "MovieStatistics") -> None:
        """Take in all movies that another has taken in; they count as later than those here."""
        self.images += other.images
        self.first = self.first or other.first
        self._add_times([moment for moment in (other.start, other.end) if moment is not None])
        self.dose_e_per_a2.merge(other.dose_e_per_a2)
        self.without_dose += other.without_dose
        self.course.merge(other.course)
        for name, tally in self.tallies.items():
            tally.merge(other.tallies[name])
        self.sampling.merge(other.sampling)
        for name, fields in self.fields.items():
            fields.merge(other.fields[name])
        for name, extent in self.extents.items():
            extent.merge(other.extents[name])
        for name, (x, y) in self.boxes.items():
            x.merge(other.boxes[name][0])
            y.merge(other.boxes[name][1])

    def _add_times(self, moments: Sequence[datetime]) -> None:
        if moments:
            self.start = min(self.start or moments[0], *moments)
            self.end = max(self.end or moments[0], *moments)

    def _add_doses(self, images: Sequence[EpuImage]) -> None:
        least, most, _ = RANGES[_DOSE]
        for image in images:
            dose = image.dose_e_per_a2
            if dose is not None and least <= dose <= most:
                self.dose_e_per_a2.add(dose)
            else:
                self.without_dose.append(image.path.name)

    def usual(self) -> EpuImage | None:
        """Give an image that has the most frequent value of everything that should be constant; None without movies."""
        if self.first is None:
            return None
        usual: dict[str, Any] = {name: tally.usual for name, tally in self.tallies.items()}
        together = self.sampling.usual
        return replace(self.first, **usual | (dict(zip(SAMPLING, together, strict=True)) if together else {}))
