"""Tilts and tilt axis as `.mdoc` and the stacks beside them say."""

from collections.abc import Iterator

from emdewar.formats.mdoc_titles import tilt_axis_imod_deg
from emdewar.oscem.ledger import Ledger, Said
from emdewar.oscem.mdoc_sources import MdocSources
from emdewar.oscem.mdoc_view import SAME_TILT_DEG, MdocView
from emdewar.oscem.records import TiltAngle
from emdewar.oscem.units import extent, with_si

SAME_AXIS_DEG = 2.0
"""What title and rotation may differ by: the axis is refined, the rotation is calibrated once."""

_HALF_TURN_DEG = 180.0


def tilt_angle(view: MdocView, ledger: Ledger) -> TiltAngle | None:
    """Settle smallest and largest tilt, and the increment between."""
    path, increment_deg = "acquisition.tilt_angle", view.tilt_increment_deg
    if not view.is_tilted or increment_deg is None:
        return None
    sources, ends_deg = MdocSources(view), (view.tilts_deg[0], view.tilts_deg[-1])
    settled = ledger.settle(
        path, sources.mdoc(path, ends_deg), sources.stack(_of_stack_deg(view), "extended header"), agree=_same_ends
    )
    step_deg = ledger.settle(f"{path}.increment", sources.mdoc(f"{path}.increment", increment_deg))
    ends = extent(*settled, "deg") if settled else None
    if ends is None or step_deg is None:
        return None
    return TiltAngle(minimal=ends.minimal, maximal=ends.maximal, increment=with_si(step_deg, "deg"))


def tilt_axis_deg(view: MdocView, ledger: Ledger) -> float | None:
    """Settle the tilt axis, in IMOD's convention: SerialEM's title before RotationAngle - 90."""
    path, sources = "acquisition.tilt_axis_angle", MdocSources(view)
    if not view.is_tilted:
        return None
    found = next((axis for mdoc in view.mdocs if (axis := tilt_axis_imod_deg(mdoc)) is not None), None)
    rotation_deg = view.usual(lambda image: image.rotation_deg)
    second: Said[float] = sources.mdoc(path, None)
    if rotation_deg is not None and not view.is_tomography:
        second = sources.mdoc(path, round(rotation_deg - 90, 6), "RotationAngle - 90")
    first = sources.mdoc(path, found[0], found[1]) if found else second
    return ledger.settle(path, first, second, *_of_other_series(view), agree=_same_axis)


def _of_other_series(view: MdocView) -> Iterator[Said[float]]:
    """Each series has its own axis; the record of several holds the first. Axes that are the same are told once."""
    told: set[int] = set()
    for group in view.groups[1:]:
        mdoc, axis = group[0], tilt_axis_imod_deg(group[0])
        if axis is not None and round(axis[0]) not in told:
            told.add(round(axis[0]))
            yield Said(axis[0], f"{mdoc.path.name}: {axis[1]}")


def _of_stack_deg(view: MdocView) -> tuple[float, float] | None:
    tilts = [section.tilt_deg for section in view.stack.sections if section.tilt_deg is not None] if view.stack else []
    return (min(tilts), max(tilts)) if tilts else None


def _same_ends(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return all(abs(mine - its) <= SAME_TILT_DEG for mine, its in zip(one, other, strict=True))


def _same_axis(one: float, other: float) -> bool:
    """An axis has no direction: 84 and -96 degrees are one."""
    apart = abs(one - other) % _HALF_TURN_DEG
    return min(apart, _HALF_TURN_DEG - apart) <= SAME_AXIS_DEG
