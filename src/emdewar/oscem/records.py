"""The slice of OSC-EM v1.0.2 that instrument files can fill.

Source: the published OSC-EM schemas (https://w3id.org/oscem-schemas), modules `spa`, `subtomo`, `cellular_tomo` and
`env_tomo`. Every slot is optional here, because an honest record of a poor session lacks some; `missing` names them.
"""

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

Technique = Literal["spa", "subtomo", "cellular_tomo", "env_tomo"]
"""Which module of OSC-EM a record belongs to."""


class Slot(BaseModel):
    """Base of all OSC-EM objects: frozen, and no slot that the schema does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class QuantitySI(Slot):
    """A value with its unit, and the same in SI units."""

    value: float
    unit: str
    valueSI: float | None = None  # noqa: N815 - the schema's name
    unitSI: str | None = None  # noqa: N815 - the schema's name


class Range(Slot):
    """The smallest and the largest value; equal where it was constant."""

    minimal: QuantitySI
    maximal: QuantitySI


class TiltAngle(Range):
    """The tilts of a series."""

    increment: QuantitySI


class BoundingBox2D(Slot):
    """Extent of a vector over a session."""

    x_min: QuantitySI
    x_max: QuantitySI
    y_min: QuantitySI
    y_max: QuantitySI


class ImageSize(Slot):
    """Width and height, in pixels or as a factor."""

    width: int
    height: int


class Detector(Slot):
    """A camera; the mode in the words of PDBx (`COUNTING`, `SUPER-RESOLUTION`, `INTEGRATING`)."""

    name: str | None = None
    mode: str | None = None


class EnergyFilter(Slot):
    """An energy filter; a width of 0 eV means that no slit was in."""

    used: bool
    width_energy_filter: QuantitySI
    model: str | None = None


class Phaseplate(Slot):
    """A phase plate."""

    used: bool
    instrument_type: str


class SpecialistOptics(Slot):
    """Optics beyond the usual."""

    phaseplate: Phaseplate | None = None


class Acquisition(Slot):
    """How the data were taken."""

    technique: Technique | None = None
    date_time: AwareDatetime | None = None
    microscope_software: str | None = None
    detectors: tuple[Detector, ...] | None = None
    pixel_size: QuantitySI | None = None
    image_size: ImageSize | None = None
    binning_camera: ImageSize | None = None
    dose_per_movie: QuantitySI | None = None
    exposure_time: QuantitySI | None = None
    frames_per_movie: int | None = None
    images_generated: int | None = None
    grids_imaged: int | None = None
    nominal_defocus: Range | None = None
    nominal_magnification: int | None = None
    energy_filter: EnergyFilter | None = None
    specialist_optics: SpecialistOptics | None = None
    beamshift: BoundingBox2D | None = None
    beamtilt: BoundingBox2D | None = None
    imageshift: BoundingBox2D | None = None
    gainref_flip_rotate: str | None = None
    tilt_angle: TiltAngle | None = None
    tilt_axis_angle: float | None = None


class Microscope(Slot):
    """The microscope."""

    model: str | None = None
    manufacturer: str | None = None


class Instrument(Slot):
    """What hardly changes during a session."""

    microscope: Microscope | None = None
    illumination: str | None = None
    imaging: str | None = None
    operating_mode: str | None = None
    electron_source: str | None = None
    acceleration_voltage: QuantitySI | None = None
    c2_aperture: QuantitySI | None = None
    cs: QuantitySI | None = None


class OscemRecord(Slot):
    """Acquisition and instrument: what instrument files can tell of a dataset."""

    acquisition: Acquisition = Acquisition()
    instrument: Instrument = Instrument()

    def as_dict(self) -> dict[str, Any]:
        """Give the JSON object, ready as `scientificMetadata`, without what is unknown."""
        return self.model_dump(mode="json", exclude_none=True)


_REQUIRED = (
    "acquisition.technique",
    "acquisition.date_time",
    "acquisition.detectors",
    "acquisition.binning_camera",
    "acquisition.pixel_size",
    "instrument.microscope.model",
    "instrument.illumination",
    "instrument.imaging",
    "instrument.electron_source",
    "instrument.acceleration_voltage",
)
_REQUIRED_OF_TILT_SERIES = ("acquisition.tilt_angle", "acquisition.tilt_axis_angle")


def missing(record: dict[str, Any]) -> tuple[str, ...]:
    """Name the slots that OSC-EM requires and a record (as a JSON object) lacks.

    A record without technique counts as a tilt series if it has a tilt angle.
    """
    acquisition = record.get("acquisition", {})
    tilted = acquisition.get("technique", "spa") != "spa" or "tilt_angle" in acquisition
    required = _REQUIRED + (_REQUIRED_OF_TILT_SERIES if tilted else ())
    return tuple(path for path in required if _at(record, path) is None)


def paths(record: dict[str, Any]) -> tuple[str, ...]:
    """Name the slots that a record fills, two levels deep (`instrument.cs`), as provenance lists them."""
    return tuple(f"{part}.{slot}" for part, slots in record.items() for slot in slots)


def _at(record: Any, path: str) -> Any:  # noqa: ANN401 - JSON of any shape
    for name in path.split("."):
        record = record.get(name) if isinstance(record, dict) else None
    return record
