"""Who can supply a value: an instrument file, a field of the Microscope block, or a person through the catalog."""

from typing import Final

BLOCK: Final = "Microscope block"
CATALOG: Final = "a person, in the catalog"

SUPPLIERS: Final = {
    "acquisition": "the instrument's files: EPU *_Data_*.xml, Tomography or SerialEM .mdoc",
    "acquisition.date_time": f"the instrument's files; .mdoc carry no zone: {BLOCK}: time_zone",
    "acquisition.detectors": f"the instrument's files; where they name none, {BLOCK}: detector",
    "acquisition.dose_per_movie": "EPU *_Data_*.xml: Dose; .mdoc: ExposureDose, of a calibrated beam",
    "acquisition.energy_filter.model": f"{BLOCK}: energy_filter",
    "acquisition.gainref_flip_rotate": f"{BLOCK}: gainref_flip_rotate",
    "acquisition.holder": f"{BLOCK}: holder",
    "acquisition.cryogen": f"{BLOCK}: cryogen",
    "acquisition.technique": f"{BLOCK}: tilt_series_technique, or {CATALOG}: no file can tell what tilts are for",
    "acquisition.tilt_angle": "Tomography or SerialEM .mdoc: TiltAngle",
    "acquisition.tilt_axis_angle": "Tomography .mdoc: RotationAngle; SerialEM .mdoc: Tilt axis angle in the title",
    "instrument": f"the instrument's files; where they say nothing, the {BLOCK}",
    "instrument.acceleration_voltage": f"the instrument's files; where they say nothing, {BLOCK}: voltage_kv",
    "instrument.c2_aperture": f"EPU *_Data_*.xml or EpuSession.dm; else {BLOCK}: c2_aperture_um",
    "instrument.cs": f"{BLOCK}: cs_mm",
    "instrument.electron_source": f"EPU *_Data_*.xml: Sourcetype; else {BLOCK}: electron_source",
    "instrument.illumination": f"EPU *_Data_*.xml: IlluminationMode; else {BLOCK}: illumination",
    "instrument.imaging": f"EPU *_Data_*.xml: ColumnOperatingTemSubMode; else {BLOCK}: imaging",
    "instrument.microscope.manufacturer": f"{BLOCK}: manufacturer",
    "instrument.microscope": f"{BLOCK}: model",
    "sample": f"{CATALOG}: scientificMetadata.sample of the dataset",
    "organizational": f"{CATALOG}: scientificMetadata.organizational of the dataset",
    "processing": "files of the processing program, or a person, in the catalog: scientificMetadata.processing",
}
"""Supplier by OSC-EM path; the longest path that a value lies below counts."""

NOBODY: Final = "no one: OSC-EM has no such slot"


def supplier_of(path: str) -> str:
    """Say who can supply the value at a full dotted path (`acquisition.detectors.0.name`)."""
    names = path.split(".")
    ends = (".".join(names[:length]) for length in range(len(names), 0, -1))
    return next((SUPPLIERS[end] for end in ends if end in SUPPLIERS), NOBODY)
