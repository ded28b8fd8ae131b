"""Where each OSC-EM value of an `.mdoc` comes from: `file name: field` by slot."""

from emdewar.oscem.mdoc_view import MdocView
from emdewar.oscem.spa_sources import first_and_more, site_sources

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
    "acquisition.tilt_angle": "TiltAngle; increment: median of successive differences",
    "acquisition.tilt_axis_angle": "T (Tilt axis angle), else RotationAngle",
    "acquisition.detectors": "Binning, CountsPerElectron",
    "instrument.microscope": "T",
    "instrument.acceleration_voltage": "Voltage",
}
"""Line of the mdoc by OSC-EM slot."""

_FROM_SITE = {
    "acquisition.technique": "tilt_series_technique",
    "instrument.illumination": "illumination",
    "instrument.imaging": "imaging",
    "instrument.electron_source": "electron_source",
}


def provenance(view: MdocView) -> dict[str, str]:
    """Name file and line for every slot that an `.mdoc` can fill."""
    where = first_and_more([mdoc.path.name for mdoc in view.mdocs])
    sources = {path: f"{where}: {field}" for path, field in FIELDS.items()}
    sources |= {path: f"site: {name}" for path, name in _FROM_SITE.items()}
    if view.site.detector:
        sources["acquisition.detectors"] += "; name from site: detector"
    if not view.is_tilted:
        sources["acquisition.technique"] = f"{where}: no tilt"
    return sources | site_sources(view.site)
