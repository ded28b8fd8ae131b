"""The OSC-EM record of one or more `.mdoc`, slot by slot."""

from emdewar.oscem.mdoc_view import MdocView
from emdewar.oscem.records import (
    Acquisition,
    Detector,
    EnergyFilter,
    ImageSize,
    Instrument,
    Microscope,
    OscemRecord,
    Technique,
    TiltAngle,
)
from emdewar.oscem.units import extent, nine_digits, quantity
from emdewar.oscem.vocabulary import COUNTING, SUPER_RESOLUTION

NM_PER_UM = 1000.0
_COUNTED = ("CountsPerElectron", "FrameDosesAndNumber")


def mdoc_record(view: MdocView) -> OscemRecord:
    """Map tilt series or movies of SerialEM and Tomography onto OSC-EM."""
    return OscemRecord(acquisition=_acquisition(view), instrument=_instrument(view))


def technique(view: MdocView) -> Technique | None:
    """Movies at one angle are single particles; what a tilt series is for, only the site knows."""
    if view.is_tilted:
        return view.site.tilt_series_technique
    return "spa" if view.sections else None


def _acquisition(view: MdocView) -> Acquisition:
    defocus = view.extent(lambda section: section.number("TargetDefocus"))
    magnification, frames = view.tally("Magnification").usual, view.tally("NumSubFrames").usual
    return Acquisition(
        technique=technique(view),
        date_time=view.start,
        microscope_software=view.software if view.sections else None,
        detectors=_detectors(view),
        pixel_size=quantity(view.tally("PixelSpacing").usual, "Å"),
        image_size=_image_size(view),
        binning_camera=_binning(view),
        dose_per_movie=quantity(view.dose.mean, "e/Å^2"),
        exposure_time=quantity(view.extent(lambda section: section.number("ExposureTime")).mean, "s"),
        frames_per_movie=None if frames is None else round(frames),
        images_generated=len(view.sections),
        nominal_defocus=extent(_nm(defocus.low), _nm(defocus.high), "nm"),
        nominal_magnification=None if magnification is None else round(magnification),
        energy_filter=_energy_filter(view),
        gainref_flip_rotate=view.site.gainref_flip_rotate,
        tilt_angle=_tilt_angle(view),
        tilt_axis_angle=_tilt_axis(view),
    )


def _instrument(view: MdocView) -> Instrument:
    site = view.site
    model = site.microscope_model or view.serial_name
    return Instrument(
        microscope=Microscope(model=model, manufacturer=site.manufacturer) if model else None,
        illumination=site.illumination,
        imaging=site.imaging,
        electron_source=site.electron_source,
        acceleration_voltage=quantity(view.tally("Voltage").usual, "kV"),
        cs=quantity(site.cs_mm, "mm"),
    )


def _detectors(view: MdocView) -> tuple[Detector, ...] | None:
    mode = _detector_mode(view)
    return (Detector(name=view.site.detector, mode=mode),) if mode or view.site.detector else None


def _detector_mode(view: MdocView) -> str | None:
    """A binning below one is super-resolution; a known number of counts or electrons means counting."""
    binning = view.tally("Binning").usual
    if binning is not None and binning < 1:
        return SUPER_RESOLUTION
    return COUNTING if any(section.values.get(key) for section in view.sections for key in _COUNTED) else None


def _binning(view: MdocView) -> ImageSize | None:
    """Super-resolution is binning 0.5 in SerialEM; OSC-EM wants a whole number, the detector's mode says the rest."""
    binning = view.tally("Binning").usual
    whole = None if binning is None else max(1, round(binning))
    return None if whole is None else ImageSize(width=whole, height=whole)


def _image_size(view: MdocView) -> ImageSize | None:
    size = view.image_size
    return None if size is None else ImageSize(width=size[0], height=size[1])


def _energy_filter(view: MdocView) -> EnergyFilter | None:
    slits = [numbers[0] for section in view.sections if (numbers := section.numbers("FilterSlitAndLoss"))]
    if not slits:
        return None
    width = quantity(slits[0], "eV")
    return EnergyFilter(used=slits[0] > 0, width_energy_filter=width, model=view.site.energy_filter) if width else None


def _tilt_angle(view: MdocView) -> TiltAngle | None:
    increment = quantity(view.tilt_increment_deg, "deg")
    ends = extent(view.tilts_deg[0], view.tilts_deg[-1], "deg") if view.is_tilted else None
    return TiltAngle(minimal=ends.minimal, maximal=ends.maximal, increment=increment) if ends and increment else None


def _tilt_axis(view: MdocView) -> float | None:
    axis = view.tilt_axis_deg if view.is_tilted else None
    return None if axis is None else nine_digits(axis)


def _nm(defocus_um: float | None) -> float | None:
    return None if defocus_um is None else defocus_um * NM_PER_UM
