"""Where the stage stood, as Thermo Fisher writes it: metres and radians in every xml, whatever the program."""

from dataclasses import dataclass
from math import degrees, isfinite
from xml.etree.ElementTree import Element

from emdewar.formats.xml_tree import number_at

UM_PER_M = 1e6


@dataclass(frozen=True, slots=True)
class StagePosition:
    """A position of the stage; None where the xml does not say."""

    x_um: float | None
    y_um: float | None
    z_um: float | None
    alpha_deg: float | None
    beta_deg: float | None


def stage_position(element: Element | None) -> StagePosition | None:
    """Read an element with the children X, Y, Z (in m), A and B (in rad)."""
    if element is None or not len(element):
        return None
    x, y, z = (_scaled(element, axis) for axis in "XYZ")
    alpha, beta = (number_at(element, axis) for axis in "AB")
    return StagePosition(x, y, z, None if alpha is None else degrees(alpha), None if beta is None else degrees(beta))


def _scaled(element: Element, axis: str) -> float | None:
    metres = number_at(element, axis)
    return metres * UM_PER_M if metres is not None and isfinite(metres * UM_PER_M) else None
