"""Optics of an EPU session: defocus, shifts and tilts of the beam, phase plates."""

from collections.abc import Callable

from emdewar.oscem.ledger import Ledger
from emdewar.oscem.records import BoundingBox2D, Phaseplate, SpecialistOptics
from emdewar.oscem.spa_sources import SpaSources
from emdewar.oscem.spa_view import SpaView
from emdewar.oscem.statistics import Extent
from emdewar.oscem.units import extent

SLACK = 0.01
"""Relative difference by which one image may lie outside the range of all others and still agree."""


def within(values: Extent) -> Callable[[float, float], bool]:
    """Make the rule by which one image agrees with many: it lies in their range, or their mean is all there is."""

    def agree(_mean: float, one: float) -> bool:
        if values.low is None or values.high is None:
            return True
        slack = SLACK * max(abs(values.low), abs(values.high))
        return values.low - slack <= one <= values.high + slack

    return agree


def defocus_range(view: SpaView, ledger: Ledger) -> tuple[float, float] | None:
    """Settle smallest and largest applied defocus, nm; the lens read-out is never taken for one."""
    sources, path, many = SpaSources(view), "acquisition.nominal_defocus", view.statistics.extents["nominal_defocus_nm"]
    fei = view.look.fei
    one = fei.applied_defocus_nm if fei else None
    agree = within(many)
    low_high = None if many.low is None or many.high is None else (many.low, many.high)
    return ledger.settle(
        path,
        sources.xml(path, low_high),
        sources.extended(None if one is None else (one, one), "applied defocus of one image"),
        agree=lambda _range, single: agree(0, single[0]),
    )


def beam_box(
    ledger: Ledger, sources: SpaSources, path: str, box: tuple[Extent, Extent], unit: str
) -> BoundingBox2D | None:
    """Give the extent of a vector over the session, as written."""
    x, y = extent(box[0].low, box[0].high, unit), extent(box[1].low, box[1].high, unit)
    found = BoundingBox2D(x_min=x.minimal, x_max=x.maximal, y_min=y.minimal, y_max=y.maximal) if x and y else None
    return ledger.settle(path, sources.xml(path, found))


def specialist_optics(view: SpaView, ledger: Ledger) -> SpecialistOptics | None:
    """Only a phase plate that was used is written: OSC-EM demands a type, and EPU names none."""
    sources, path, usual, fei = SpaSources(view), "acquisition.specialist_optics", view.usual, view.look.fei
    used = ledger.settle(
        path,
        sources.xml(path, usual.phase_plate_used if usual else None),
        sources.extended(fei.has_phase_plate if fei else None, "phase plate"),
    )
    return SpecialistOptics(phaseplate=Phaseplate(used=True, instrument_type="not stated by EPU")) if used else None
