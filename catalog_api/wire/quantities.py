"""Quantities that a filter compares with: `{"value": 1, "unit": "Å"}`."""

from dataclasses import dataclass

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request
from catalog_api.search.units import in_si


@dataclass(frozen=True)
class Quantity:
    """A number in an SI unit."""

    number: float
    unit: str


def quantity_of(operand: Json) -> Quantity | None:
    """Read an operand as a quantity, in SI; what has no unit is none.

    Raises:
        RefusedError: Its value is no number, or its unit is not known.
    """
    if not isinstance(operand, dict) or operand.keys() != {"value", "unit"}:
        return None
    value, unit = operand["value"], operand["unit"]
    if isinstance(value, bool) or not isinstance(value, int | float) or not isinstance(unit, str):
        raise bad_request('a quantity is written {"value": 1, "unit": "Å"}')
    converted = in_si(value, unit)
    if converted is None:
        raise bad_request(f"the unit {unit[:40]!r} is not known, or {value} {unit[:40]} is out of range")
    return Quantity(*converted)
