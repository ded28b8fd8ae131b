"""The OSC-EM record of an EPU session, slot by slot, each from the first source that says something."""

from datetime import UTC, datetime

from emdewar.oscem.instrument_record import instrument_record
from emdewar.oscem.ledger import Ledger, Said
from emdewar.oscem.records import Acquisition, ImageSize, Instrument, OscemRecord, Technique
from emdewar.oscem.spa_camera import detectors, energy_filter
from emdewar.oscem.spa_optics import beam_box, defocus_range, specialist_optics, within
from emdewar.oscem.spa_sources import SpaSources
from emdewar.oscem.spa_view import SpaView
from emdewar.oscem.units import extent, mean_quantity, quantity
from emdewar.oscem.vocabulary import ELECTRON_SOURCE, ILLUMINATION, IMAGING, translated

_PLANNED_C2 = "MicroscopeSettings[Acquisition]/C2Aperture/Diameter"


def spa_record(view: SpaView, ledger: Ledger) -> OscemRecord:
    """Map an EPU session onto OSC-EM; without a readable xml, extended headers and the site say what they can."""
    return OscemRecord(acquisition=_acquisition(view, ledger), instrument=_instrument(view, ledger))


def _acquisition(view: SpaView, ledger: Ledger) -> Acquisition:
    sources, boxes, site = SpaSources(view), view.statistics.boxes, view.site
    magnification = _settled_number(view, ledger, "acquisition.nominal_magnification", "magnification")
    defocus = defocus_range(view, ledger)
    generated = sources.xml("acquisition.images_generated", view.statistics.images or None)
    return Acquisition(
        technique=_technique(view, ledger),
        date_time=ledger.settle("acquisition.date_time", *_moments(view, sources)),
        microscope_software=_software(view, ledger),
        detectors=detectors(view, ledger),
        pixel_size=quantity(_pixel_size_a(view, ledger), "Å"),
        image_size=_image_size(view, ledger),
        binning_camera=_binning(view, ledger),
        dose_per_movie=mean_quantity(_dose_e_per_a2(view, ledger), "e/Å^2"),
        exposure_time=mean_quantity(_exposure_s(view, ledger), "s"),
        frames_per_movie=_frames(view, ledger),
        images_generated=ledger.settle("acquisition.images_generated", generated),
        grids_imaged=ledger.settle("acquisition.grids_imaged", sources.plan(view.grids, "SampleXml/AtlasId, distinct")),
        nominal_defocus=extent(*defocus, "nm") if defocus else None,
        nominal_magnification=None if magnification is None else round(magnification),
        holder=ledger.settle("acquisition.holder", site.text("holder")),
        cryogen=ledger.settle("acquisition.cryogen", site.text("cryogen")),
        energy_filter=energy_filter(view, ledger),
        specialist_optics=specialist_optics(view, ledger),
        beamshift=beam_box(ledger, sources, "acquisition.beamshift", boxes["beam_shift"], "mrad"),
        beamtilt=beam_box(ledger, sources, "acquisition.beamtilt", boxes["beam_tilt"], "mrad"),
        imageshift=beam_box(ledger, sources, "acquisition.imageshift", boxes["image_shift"], "um"),
        gainref_flip_rotate=ledger.settle("acquisition.gainref_flip_rotate", *_turns(view)),
    )


def _instrument(view: SpaView, ledger: Ledger) -> Instrument:
    sources, usual, fei = SpaSources(view), view.usual, view.look.fei

    def said(slot: str, value: str | None, words: dict[str, str]) -> Said[str]:
        return sources.xml(f"instrument.{slot}", translated(value, words))

    texts = {
        "serial_name": (
            sources.xml("instrument.microscope.model", usual.instrument if usual else None),
            sources.extended(fei.microscope if fei else None, "microscope"),
        ),
        "illumination": (
            said("illumination", usual.illumination if usual else None, ILLUMINATION),
            sources.extended(translated(fei.illumination_mode if fei else None, ILLUMINATION), "illumination mode"),
        ),
        "imaging": (said("imaging", usual.imaging if usual else None, IMAGING),),
        "operating_mode": (said("operating_mode", usual.operating_mode if usual else None, {}),),
        "electron_source": (said("electron_source", usual.electron_source if usual else None, ELECTRON_SOURCE),),
    }
    numbers = {
        "voltage_kv": (
            sources.xml("instrument.acceleration_voltage", usual.voltage_kv if usual else None),
            sources.extended(fei.voltage_kv if fei else None, "HT"),
        ),
        "c2_aperture_um": (
            sources.xml("instrument.c2_aperture", usual.c2_aperture_um if usual else None),
            *(sources.plan(planned_um, _PLANNED_C2) for planned_um in view.plan_c2_apertures_um),
        ),
    }
    return instrument_record(ledger, view.site, texts, numbers)


def _technique(view: SpaView, ledger: Ledger) -> Technique | None:
    """EPU takes single particles; movies that lie there without a word may be anything."""
    sources, path = SpaSources(view), "acquisition.technique"
    by_xml = sources.xml(path, "spa" if view.files.movie_xml else None)
    movie = next((movie.name for stem, movie in view.files.movies.items() if "_Data_" in stem), None)
    by_movie = Said("spa" if movie else None, f"{movie}: name FoilHole_*_Data_*")
    return "spa" if ledger.settle(path, by_xml, by_movie) else None


def _moments(view: SpaView, sources: SpaSources) -> tuple[Said[datetime], ...]:
    """The extended header of one image tells the start only where no xml does."""
    start, fei = view.statistics.start, view.look.fei
    if start is not None or fei is None:
        return (sources.xml("acquisition.date_time", start),)
    zone = view.site.zone()
    moment = fei.acquired(zone or UTC) if zone or fei.acquired_us else None
    return (sources.extended(moment, "time of one image"),)


def _software(view: SpaView, ledger: Ledger) -> str | None:
    sources, usual, fei = SpaSources(view), view.usual, view.look.fei
    named = " ".join(part for part in (fei.application, fei.application_version) if part) if fei else ""
    path = "acquisition.microscope_software"
    return ledger.settle(
        path,
        sources.xml(path, usual.software if usual else None),
        sources.extended(named.removeprefix("Fei ") or None, "application"),
    )


def _settled_number(view: SpaView, ledger: Ledger, path: str, name: str) -> float | None:
    """Settle a number that xml and extended headers call the same."""
    sources, usual, fei = SpaSources(view), view.usual, view.look.fei
    said: Said[float] = sources.xml(path, getattr(usual, name, None))
    return ledger.settle(path, said, sources.extended(getattr(fei, name, None), name))


def _pixel_size_a(view: SpaView, ledger: Ledger) -> float | None:
    sources, path = SpaSources(view), "acquisition.pixel_size"
    field = "SpatialScale/pixelSize/x"
    if view.movie_size:
        field = f"{field} x ReadoutArea / size of {view.look.first_name}"
    header = view.look.movies[0][1].pixel_size_a if view.look.movies else None
    return ledger.settle(
        path,
        sources.xml(path, view.pixel_size_a, field if view.movie_size else ""),
        sources.extended(view.extended_pixel_size_a, "pixel size"),
        sources.movie(header, "pixel size"),
    )


def _image_size(view: SpaView, ledger: Ledger) -> ImageSize | None:
    """The movie's size; the preview's only where no movie is there: that they differ is no contradiction."""
    sources, path = SpaSources(view), "acquisition.image_size"
    preview = sources.xml(path, view.usual.readout if view.usual else None)
    movie = sources.movie(view.movie_size, "width, height")
    return _size(ledger.settle(path, movie if view.movie_size else preview))


def _binning(view: SpaView, ledger: Ledger) -> ImageSize | None:
    sources, usual, fei, path = SpaSources(view), view.usual, view.look.fei, "acquisition.binning_camera"
    binning = sources.xml(path, usual.binning if usual else None)
    return _size(ledger.settle(path, binning, sources.extended(fei.binning if fei else None, "binning")))


def _dose_e_per_a2(view: SpaView, ledger: Ledger) -> float | None:
    sources, path, doses = SpaSources(view), "acquisition.dose_per_movie", view.statistics.dose_e_per_a2
    fei = view.look.fei
    one = sources.extended(fei.dose_e_per_a2 or None if fei else None, "dose of one image")
    field = f"{view.fields_read('dose_field')}, mean"
    return ledger.settle(path, sources.xml(path, doses.mean, field), one, agree=within(doses))


def _exposure_s(view: SpaView, ledger: Ledger) -> float | None:
    sources, path, times = SpaSources(view), "acquisition.exposure_time", view.statistics.extents["exposure_s"]
    fei, eer = view.look.fei, view.look.eer
    one = sources.extended(fei.integration_s if fei else None, "integration time of one image")
    movie = sources.movie(eer.exposure_s if eer else None, "exposureTime")
    return ledger.settle(path, sources.xml(path, times.mean), one, movie, agree=within(times))


def _frames(view: SpaView, ledger: Ledger) -> int | None:
    """Frames are counted in the movies; what was asked for, and what an EER's dose implies, are weaker words."""
    sources, path, usual = SpaSources(view), "acquisition.frames_per_movie", view.usual
    implied, eer = view.statistics.extents["eer_frames"].mean, view.look.eer
    return ledger.settle(
        path,
        sources.movie(view.look.frames.usual, "number of frames"),
        sources.movie(eer.announced_frames if eer else None, "numberOfFrames"),
        sources.xml(path, usual.frames if usual else None),
        sources.xml(path, None if implied is None else round(implied), "Detectors[]/TotalDose / DoseRate x FrameRate"),
        agree=int.__eq__,
    )


def _turns(view: SpaView) -> tuple[Said[str], ...]:
    """The site's word, in its own words; a title of the movies only where it is silent."""
    site = view.site.text("gainref_flip_rotate")
    return (site,) if site.value else (SpaSources(view).movie(view.look.turn, "title, r/f"),)


def _size(pair: tuple[int, int] | None) -> ImageSize | None:
    return None if pair is None else ImageSize(width=pair[0], height=pair[1])
