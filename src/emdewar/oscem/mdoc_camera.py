"""Cameras and energy filters as `.mdoc` describe them."""

from emdewar.oscem.ledger import Ledger
from emdewar.oscem.mdoc_sources import MdocSources
from emdewar.oscem.mdoc_view import MdocView
from emdewar.oscem.records import Detector, EnergyFilter, ImageSize
from emdewar.oscem.spa_camera import camera_name
from emdewar.oscem.units import with_si
from emdewar.oscem.vocabulary import COUNTING, SUPER_RESOLUTION

_NAME = "acquisition.detectors.0.name"


def detectors(view: MdocView, ledger: Ledger) -> tuple[Detector, ...] | None:
    """Settle name and mode of the camera; only the extended header of a stack names one."""
    sources, fei, path = MdocSources(view), view.fei, "acquisition.detectors.0.mode"
    of_stack = sources.stack((fei.detector or fei.camera) if fei else None, "extended header, detector")
    of_search = sources.search(view.search.detector if view.search else None, "DetectorCommercialName")
    by_script = sources.mdoc(_NAME, view.written("Camera0"))
    name = camera_name(ledger, view.site, of_stack, of_search, by_script)
    mode = ledger.settle(path, sources.mdoc(path, _mode(view)))
    return (Detector(name=name, mode=mode),) if name or mode else None


def _mode(view: MdocView) -> str | None:
    """A binning below one is super-resolution; a known number of counts or electrons means counting."""
    binning = view.usual(lambda image: image.binning)
    if binning is not None and 0 < binning < 1:
        return SUPER_RESOLUTION
    is_counted = any(image.counts_per_electron or image.frame_doses_e_per_a2 for image in view.images)
    return COUNTING if is_counted else None


def whole_binning(view: MdocView, ledger: Ledger) -> ImageSize | None:
    """Super-resolution is binning 0.5 in SerialEM; OSC-EM wants a whole number, the detector's mode says the rest."""
    path = "acquisition.binning_camera"
    binning = ledger.settle(path, MdocSources(view).mdoc(path, view.usual(lambda image: image.binning)))
    whole = None if binning is None else max(1, round(binning))
    return None if whole is None else ImageSize(width=whole, height=whole)


def energy_filter(view: MdocView, ledger: Ledger) -> EnergyFilter | None:
    """`FilterSlitAndLoss`: width and offset; a width of zero means no slit."""
    path = "acquisition.energy_filter"
    width_ev = ledger.settle(path, MdocSources(view).mdoc(path, view.usual(lambda image: image.slit_ev)))
    if width_ev is None:
        return None
    model = ledger.settle(f"{path}.model", view.site.text("energy_filter"))
    return EnergyFilter(used=width_ev > 0, width_energy_filter=with_si(width_ev, "eV"), model=model)
