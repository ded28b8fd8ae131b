"""What each source of an EPU session says: xml of movies, headers of movies, extended MRC headers, plan and site."""

from typing import TypeVar

from emdewar.oscem.findings import first_and_more
from emdewar.oscem.ledger import Said
from emdewar.oscem.spa_view import SpaView

Value = TypeVar("Value")

FIELDS = {
    "acquisition.technique": "name *_Data_*.xml",
    "acquisition.date_time": "microscopeData/acquisition/acquisitionDateTime, earliest",
    "acquisition.microscope_software": "microscopeData/core/ApplicationSoftware, ApplicationSoftwareVersion",
    "acquisition.detectors.0.mode": "ElectronCountingEnabled, SuperResolutionFactor",
    "acquisition.pixel_size": "SpatialScale/pixelSize/x (preview)",
    "acquisition.image_size": "camera/ReadoutArea (preview)",
    "acquisition.binning_camera": "camera/Binning",
    "acquisition.exposure_time": "camera/ExposureTime, mean",
    "acquisition.frames_per_movie": "FractionationSettings",
    "acquisition.images_generated": "number of distinct *_Data_*.xml",
    "acquisition.nominal_defocus": "CustomData/AppliedDefocus, smallest and largest",
    "acquisition.nominal_magnification": "optics/TemMagnification/NominalMagnification",
    "acquisition.energy_filter": "optics/EFTEMOn, optics/EnergyFilter/EnergySelectionSlit*",
    "acquisition.specialist_optics": "CustomData/PhasePlateUsed",
    "acquisition.beamshift": "optics/BeamShift as written (the vendor documents no unit)",
    "acquisition.beamtilt": "optics/BeamTilt as written (the vendor documents no unit)",
    "acquisition.imageshift": "optics/ImageShift as written (the vendor documents no unit)",
    "instrument.microscope.model": "microscopeData/instrument/InstrumentModel",
    "instrument.illumination": "optics/IlluminationMode",
    "instrument.imaging": "optics/ColumnOperatingTemSubMode",
    "instrument.operating_mode": "optics/ColumnOperatingMode",
    "instrument.electron_source": "gun/Sourcetype",
    "instrument.acceleration_voltage": "gun/AccelerationVoltage",
    "instrument.c2_aperture": "CustomData/Aperture[C2].Name",
}
"""Field of the movie xml by OSC-EM slot."""


class SpaSources:
    """The sources of an EPU session by name, ready to be quoted."""

    def __init__(self, view: SpaView) -> None:
        """Take the names of the files."""
        self._xml = view.xml_names
        self._movie = first_and_more([path.name for path, _ in view.look.movies])
        self._extended = view.look.extended_name

    def xml(self, path: str, value: Value | None, field: str = "") -> Said[Value]:
        """What the xml of movies say."""
        return Said(value, f"{self._xml}: {field or FIELDS.get(path, path)}")

    def movie(self, value: Value | None, field: str) -> Said[Value]:
        """What the headers of movies say."""
        return Said(value, f"{self._movie}: {field}")

    def extended(self, value: Value | None, field: str) -> Said[Value]:
        """What the extended header of an MRC file says."""
        return Said(value, f"{self._extended}: extended header, {field}")

    def plan(self, value: Value | None, field: str) -> Said[Value]:
        """What the plan of the session says."""
        return Said(value, f"EpuSession.dm: {field}")
