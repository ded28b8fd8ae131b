"""Cameras and energy filters of an EPU session."""

from emdewar.oscem.camera_names import same_camera
from emdewar.oscem.ledger import Ledger, Said
from emdewar.oscem.records import Detector, EnergyFilter
from emdewar.oscem.site import SiteValues
from emdewar.oscem.spa_sources import SpaSources
from emdewar.oscem.spa_view import SpaView
from emdewar.oscem.units import with_si
from emdewar.oscem.vocabulary import COUNTING, INTEGRATING, detector_mode

_NAME, _MODE = "acquisition.detectors.0.name", "acquisition.detectors.0.mode"


def detectors(view: SpaView, ledger: Ledger) -> tuple[Detector, ...] | None:
    """Settle name and mode of the camera."""
    sources, usual, fei, eer = SpaSources(view), view.usual, view.look.fei, view.look.eer
    in_files = (
        sources.xml(_NAME, usual.detector if usual else None, view.fields_read("detector_field")),
        sources.extended((fei.detector or fei.camera) if fei else None, "detector"),
        sources.movie((eer.detector or eer.camera) if eer else None, "commercialName"),
    )
    name = camera_name(ledger, view.site, *in_files)
    by_xml = detector_mode(counting=usual.counting, superres_factor=usual.superres_factor) if usual else None
    by_fei = None if fei is None or fei.is_counting is None else COUNTING if fei.is_counting else INTEGRATING
    mode = ledger.settle(
        _MODE, sources.xml(_MODE, by_xml), sources.extended(by_fei, "electron counting"), agree=_same_mode
    )
    return (Detector(name=name, mode=mode),) if name or mode else None


def camera_name(ledger: Ledger, site: SiteValues, *in_files: Said[str]) -> str | None:
    """Settle the name of a camera: the site's word for what files mean, or what files say where they mean another."""
    said = next((word for word in in_files if word.value), None)
    of_site = site.text("detector")
    if said is not None and said.value and of_site.value and same_camera(said.value, of_site.value):
        return ledger.settle(_NAME, of_site, *in_files, agree=same_camera)
    return ledger.settle(_NAME, *in_files, of_site, agree=same_camera)


def energy_filter(view: SpaView, ledger: Ledger) -> EnergyFilter | None:
    """A column that is not in filtered mode, or a slit that is out, filters nothing: a width of 0 eV."""
    sources, usual, fei, path = SpaSources(view), view.usual, view.look.fei, "acquisition.energy_filter"
    by_xml = _slit_ev(usual.eftem, usual.slit_inserted, usual.slit_width_ev) if usual else None
    by_fei = _slit_ev(fei.is_eftem, fei.is_slit_inserted, fei.slit_width_ev) if fei else None
    width_ev = ledger.settle(path, sources.xml(path, by_xml), sources.extended(by_fei, "energy selecting slit"))
    if width_ev is None:
        return None
    model = ledger.settle(f"{path}.model", view.site.text("energy_filter"))
    return EnergyFilter(used=width_ev > 0, width_energy_filter=with_si(width_ev, "eV"), model=model)


def _slit_ev(eftem: bool | None, inserted: bool | None, width_ev: float | None) -> float | None:  # noqa: FBT001 - as files have them
    if inserted is None and eftem is not False:
        return None
    return width_ev if inserted and eftem is not False else 0.0


def _same_mode(one: str, other: str) -> bool:
    """An extended header knows no super-resolution: it calls it counting."""
    return one == other or COUNTING == other != one != INTEGRATING
