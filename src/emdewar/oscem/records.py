"""The records of OSC-EM v1.0.2, all five modules: acquisition and instrument here, the other parts beside.

Source: the published OSC-EM schemas (https://w3id.org/oscem-schemas). Every slot is optional here, because an honest
record of a poor session lacks some; `emdewar.oscem.schema.validate_record` says which are required.
"""

from typing import Any, Literal

from pydantic import AwareDatetime

from emdewar.oscem.organizational import Organizational
from emdewar.oscem.processing import Processing
from emdewar.oscem.sample import Sample
from emdewar.oscem.slots import BoundingBox2D, ImageSize, QuantitySI, Range, Slot, TiltAngle

__all__ = [
    "Acquisition",
    "BoundingBox2D",
    "Corrector",
    "Detector",
    "EnergyFilter",
    "ImageSize",
    "Instrument",
    "Microscope",
    "Organizational",
    "OscemRecord",
    "Phaseplate",
    "Processing",
    "QuantitySI",
    "Range",
    "Sample",
    "SpecialistOptics",
    "Technique",
    "TiltAngle",
]

Technique = Literal["spa", "subtomo", "cellular_tomo", "env_tomo"]
"""Which module of OSC-EM a record belongs to; one without belongs to `general`."""


class Detector(Slot):
    """A camera; the mode in the words of PDBx (`COUNTING`, `SUPER-RESOLUTION`, `INTEGRATING`)."""

    name: str | None = None
    mode: str | None = None
    dispersion: QuantitySI | None = None
    collection_angle: Range | None = None


class EnergyFilter(Slot):
    """An energy filter; a width of 0 eV means that no slit was in."""

    used: bool
    width_energy_filter: QuantitySI
    model: str | None = None


class Phaseplate(Slot):
    """A phase plate."""

    used: bool
    instrument_type: str


class Corrector(Slot):
    """A corrector of a lens's aberration."""

    used: bool
    instrument_type: str


class SpecialistOptics(Slot):
    """Optics beyond the usual."""

    phaseplate: Phaseplate | None = None
    spherical_aberration_corrector: Corrector | None = None
    chromatic_aberration_corrector: Corrector | None = None


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
    calibrated_defocus: Range | None = None
    nominal_magnification: int | None = None
    calibrated_magnification: int | None = None
    holder: str | None = None
    holder_cryogen: str | None = None
    cryogen: str | None = None
    temperature: Range | None = None
    screen_current: QuantitySI | None = None
    beamtiltgroups: int | None = None
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
    beam_convergence: QuantitySI | None = None
    c2_aperture: QuantitySI | None = None
    cs: QuantitySI | None = None


class OscemRecord(Slot):
    """A dataset: acquisition and instrument, as files tell; the rest, as a person does."""

    acquisition: Acquisition = Acquisition()
    instrument: Instrument = Instrument()
    sample: Sample | None = None
    organizational: Organizational | None = None
    processing: Processing | None = None

    def as_dict(self) -> dict[str, Any]:
        """Give the JSON object, ready as `scientificMetadata`, without what is unknown."""
        return self.model_dump(mode="json", exclude_none=True)
