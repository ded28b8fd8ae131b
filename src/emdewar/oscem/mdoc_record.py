"""The OSC-EM record of one or more `.mdoc`, slot by slot, each from the first source that says something."""

from functools import partial
from typing import TypeVar

from emdewar.formats.mdoc_images import MdocImage
from emdewar.formats.xml_tree import as_number
from emdewar.oscem.instrument_record import instrument_record
from emdewar.oscem.ledger import Ledger, Said
from emdewar.oscem.mdoc_camera import detectors, energy_filter, whole_binning
from emdewar.oscem.mdoc_dose import of_camera, of_exposure, of_frames
from emdewar.oscem.mdoc_sources import MdocSources
from emdewar.oscem.mdoc_tilt import tilt_angle, tilt_axis_deg
from emdewar.oscem.mdoc_view import MdocView
from emdewar.oscem.records import Acquisition, BoundingBox2D, ImageSize, Instrument, OscemRecord, Range, Technique
from emdewar.oscem.units import extent, mean_quantity, nine_digits, quantity
from emdewar.oscem.vocabulary import ELECTRON_SOURCE, ILLUMINATION, IMAGING, translated

Value = TypeVar("Value")

NM_PER_UM = 1000.0
DOSE_TOLERANCE = 0.05
"""Relative difference up to which ExposureDose and the sum over the frames are the same."""


def mdoc_record(view: MdocView, ledger: Ledger) -> OscemRecord:
    """Map tilt series or movies of SerialEM and Tomography onto OSC-EM."""
    return OscemRecord(acquisition=_acquisition(view, ledger), instrument=_instrument(view, ledger))


def _acquisition(view: MdocView, ledger: Ledger) -> Acquisition:
    site = view.site
    axis_deg = tilt_axis_deg(view, ledger)
    exposure_s = view.extent(lambda image: image.exposure_s).mean
    magnification = view.usual(lambda image: image.magnification)
    frames = view.usual(lambda image: image.frames)
    return Acquisition(
        technique=_technique(view, ledger),
        date_time=_said(view, ledger, "date_time", view.start),
        microscope_software=_said(view, ledger, "microscope_software", view.software),
        detectors=detectors(view, ledger),
        pixel_size=quantity(_pixel_size_a(view, ledger), "Å"),
        image_size=_image_size(view, ledger),
        binning_camera=whole_binning(view, ledger),
        dose_per_movie=mean_quantity(_dose_e_per_a2(view, ledger), "e/Å^2"),
        exposure_time=mean_quantity(_said(view, ledger, "exposure_time", exposure_s), "s"),
        frames_per_movie=_said(view, ledger, "frames_per_movie", frames),
        images_generated=_said(view, ledger, "images_generated", len(view.images) or None),
        nominal_defocus=_defocus(view, ledger),
        nominal_magnification=_said(view, ledger, "nominal_magnification", magnification),
        holder=ledger.settle("acquisition.holder", site.text("holder")),
        cryogen=ledger.settle("acquisition.cryogen", site.text("cryogen")),
        energy_filter=energy_filter(view, ledger),
        imageshift=_said(view, ledger, "imageshift", _image_shift(view)),
        gainref_flip_rotate=ledger.settle("acquisition.gainref_flip_rotate", site.text("gainref_flip_rotate")),
        tilt_angle=tilt_angle(view, ledger),
        tilt_axis_angle=None if axis_deg is None else nine_digits(axis_deg),
    )


def _instrument(view: MdocView, ledger: Ledger) -> Instrument:
    sources, fei = MdocSources(view), view.fei
    serial = sources.mdoc("instrument.microscope.model", view.serial_name)
    voltage_kv: Said[float] = sources.mdoc(
        "instrument.acceleration_voltage", view.usual(lambda image: image.voltage_kv)
    )
    search = view.search
    in_stack = sources.stack(fei.microscope if fei else None, "extended header, microscope")
    stack_kv = sources.stack(fei.voltage_kv if fei else None, "extended header, HT")
    texts = {
        "serial_name": (serial, in_stack, sources.search(search.instrument if search else None, "InstrumentModel")),
        "illumination": (
            sources.search(
                translated(search.illumination if search else None, ILLUMINATION), "optics/IlluminationMode"
            ),
        ),
        "imaging": (
            sources.search(translated(search.imaging if search else None, IMAGING), "optics/ColumnOperatingTemSubMode"),
        ),
        "operating_mode": (sources.search(search.operating_mode if search else None, "optics/ColumnOperatingMode"),),
        "electron_source": (
            sources.search(translated(search.electron_source if search else None, ELECTRON_SOURCE), "gun/Sourcetype"),
            sources.mdoc("instrument.electron_source", translated(view.written("Source"), ELECTRON_SOURCE)),
        ),
    }
    search_kv = sources.search(search.voltage_kv if search else None, "gun/AccelerationVoltage")
    cs_mm = sources.mdoc("instrument.cs", as_number(view.written("CS")))
    numbers = {"voltage_kv": (voltage_kv, stack_kv, search_kv), "cs_mm": (cs_mm,)}
    return instrument_record(ledger, view.site, texts, numbers)


def _said(view: MdocView, ledger: Ledger, slot: str, value: Value | None) -> Value | None:
    path = f"acquisition.{slot}"
    return ledger.settle(path, MdocSources(view).mdoc(path, value))


def _technique(view: MdocView, ledger: Ledger) -> Technique | None:
    """Movies at one angle are single particles; what a tilt series is for, only the site knows.

    Images of which none says its tilt may be either.
    """
    if not view.is_tilted:
        return _said(view, ledger, "technique", "spa") if view.tilts_deg else None
    ledger.settle("acquisition.technique", view.site.text("tilt_series_technique"))
    return view.site.tilt_series_technique


def _pixel_size_a(view: MdocView, ledger: Ledger) -> float | None:
    """The documents' word counts; the stack's is that of the same images, and 1 Å means that nobody set it."""
    sources, path = MdocSources(view), "acquisition.pixel_size"
    header_a = view.stack.header.pixel_size_a if view.stack else None
    spacing = sources.mdoc(path, view.usual(lambda image: image.pixel_size_a))
    return ledger.settle(path, spacing, sources.stack(None if header_a == 1 else header_a, "cell size"))


def _image_size(view: MdocView, ledger: Ledger) -> ImageSize | None:
    sources, path = MdocSources(view), "acquisition.image_size"
    stack = (view.stack.header.nx, view.stack.header.ny) if view.stack else None
    size = ledger.settle(
        path, sources.mdoc(path, view.image_size), sources.stack(stack, "nx, ny"), agree=tuple[int, int].__eq__
    )
    return None if size is None else ImageSize(width=size[0], height=size[1])


def _dose_e_per_a2(view: MdocView, ledger: Ledger) -> float | None:
    """The dose at the specimen; what the camera saw, behind the specimen, only where nothing else says anything."""
    sources, path = MdocSources(view), "acquisition.dose_per_movie"
    words = [
        sources.mdoc(path, view.extent(of_exposure).mean, "ExposureDose, mean per image"),
        sources.mdoc(path, view.extent(of_frames).mean, "FrameDosesAndNumber, mean per image"),
    ]
    if all(word.value is None for word in words):
        words = [sources.mdoc(path, view.extent(of_camera).mean, "DoseRate x ExposureTime / pixel^2, mean per image")]
    return ledger.settle(path, *words, agree=lambda one, other: abs(one - other) <= DOSE_TOLERANCE * max(one, other))


def _defocus(view: MdocView, ledger: Ledger) -> Range | None:
    defocus_um = view.extent(lambda image: image.target_defocus_um)
    if defocus_um.low is None or defocus_um.high is None:
        return None
    ends_nm = _said(view, ledger, "nominal_defocus", (defocus_um.low * NM_PER_UM, defocus_um.high * NM_PER_UM))
    return extent(*ends_nm, "nm") if ends_nm else None


def _image_shift(view: MdocView) -> BoundingBox2D | None:
    x_um, y_um = (view.extent(partial(_shift, index)) for index in (0, 1))
    x, y = extent(x_um.low, x_um.high, "um"), extent(y_um.low, y_um.high, "um")
    return BoundingBox2D(x_min=x.minimal, x_max=x.maximal, y_min=y.minimal, y_max=y.maximal) if x and y else None


def _shift(index: int, image: MdocImage) -> float | None:
    return None if image.image_shift_um is None else image.image_shift_um[index]
