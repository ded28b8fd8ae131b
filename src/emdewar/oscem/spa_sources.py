"""Where each OSC-EM value of an EPU session comes from: `file name: field` by slot."""

from emdewar.oscem.site import SiteValues
from emdewar.oscem.spa_view import SpaView

FIELDS = {
    "acquisition.technique": "name *_Data_*.xml",
    "acquisition.date_time": "microscopeData/acquisition/acquisitionDateTime, earliest",
    "acquisition.microscope_software": "microscopeData/core/ApplicationSoftware, ApplicationSoftwareVersion",
    "acquisition.detectors": "DetectorCommercialName; ElectronCountingEnabled, SuperResolutionFactor",
    "acquisition.pixel_size": "SpatialScale/pixelSize/x (preview)",
    "acquisition.image_size": "camera/ReadoutArea (preview)",
    "acquisition.binning_camera": "camera/Binning",
    "acquisition.dose_per_movie": "CustomData/Dose x 1e-20, mean",
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
    "instrument.microscope": "microscopeData/instrument/InstrumentModel",
    "instrument.illumination": "optics/IlluminationMode",
    "instrument.imaging": "optics/ColumnOperatingTemSubMode",
    "instrument.operating_mode": "optics/ColumnOperatingMode",
    "instrument.electron_source": "gun/Sourcetype",
    "instrument.acceleration_voltage": "gun/AccelerationVoltage",
    "instrument.c2_aperture": "CustomData/Aperture[C2].Name",
}
"""Field of the movie xml by OSC-EM slot."""

SITE_FIELDS = {
    "instrument.cs": "cs_mm",
    "instrument.microscope": "microscope_model",
    "acquisition.gainref_flip_rotate": "gainref_flip_rotate",
}
"""Site value by OSC-EM slot, where it wins over what files hold."""


def provenance(view: SpaView) -> dict[str, str]:
    """Name file and field for every slot that an EPU session can fill."""
    where = first_and_more([path.name for path in view.files.movie_xml.values()])
    sources = {path: f"{where}: {field}" for path, field in FIELDS.items()}
    return sources | _of_other_files(view, where) | site_sources(view.site)


def _of_other_files(view: SpaView, where: str) -> dict[str, str]:
    sources: dict[str, str] = {}
    if view.usual is not None and view.usual.frames is None:
        sources["acquisition.frames_per_movie"] = f"{where}: Detectors[]/TotalDose / DoseRate x FrameRate"
    if view.look.movies:
        movie = first_and_more([path.name for path, _ in view.look.movies])
        sources["acquisition.image_size"] = f"{movie}: width, height"
        sources["acquisition.frames_per_movie"] = f"{movie}: number of frames"
        sources["acquisition.pixel_size"] = f"{where}: SpatialScale/pixelSize/x x ReadoutArea/width / width of {movie}"
    if view.plans:
        sources["acquisition.grids_imaged"] = "EpuSession.dm: SampleXml/AtlasId, distinct"
        if view.usual is None or view.usual.c2_aperture_um is None:
            sources["instrument.c2_aperture"] = "EpuSession.dm: MicroscopeSettings[Acquisition]/C2Aperture/Diameter"
    return sources


def site_sources(site: SiteValues) -> dict[str, str]:
    """Name the slots that come from the site's configuration, whatever the files hold."""
    return {path: f"site: {name}" for path, name in SITE_FIELDS.items() if getattr(site, name) is not None}


def first_and_more(names: list[str]) -> str:
    """Name the first file and count the others."""
    if not names:
        return "no file"
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
