"""The values of an OSC-EM record as a flat list: what was measured or set, with unit and the unit's code.

The codes are those of UN/CEFACT Recommendation 20, which schema.org's `unitCode` asks for. It knows no electrons per
square ångström: there is no code then, and the text of the unit says all.
"""

import math
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

UNIT_CODES: Final = {
    "V": "VLT", "kV": "KVT", "eV": "A53", "keV": "B29",
    "Å": "A11", "pm": "C52", "nm": "C45", "um": "4H", "μm": "4H", "mm": "MMT", "m": "MTR",
    "deg": "DD", "°": "DD", "rad": "C81", "mrad": "C25",
    "s": "SEC", "ms": "C26", "min": "MIN", "h": "HUR",
    "K": "KEL", "°C": "CEL", "Pa": "PAL", "%": "P1", "nA": "C39", "Da": "D43", "mg/ml": "GL", "g/l": "GL",
}  # fmt: skip
"""Common code by unit, as OSC-EM spells it, in the characters that Unicode's NFKC makes of others like them."""

PARTS: Final = ("acquisition", "instrument", "sample")


@dataclass(frozen=True)
class Measured:
    """One value.

    Attributes:
        path: Its slot in OSC-EM, e.g. `acquisition.dose_per_movie`.
        value: The value; None for a range.
        low: Smallest value of a range.
        high: Largest value of a range.
        unit: As OSC-EM has it.
    """

    path: str
    value: float | str | None = None
    low: float | None = None
    high: float | None = None
    unit: str | None = None

    @property
    def name(self) -> str:
        """The slot in words."""
        return " ".join(name.replace("_", " ") for name in self.path.split(".")[1:] if not name.isdigit())

    @property
    def unit_code(self) -> str | None:
        """The unit's common code, where it has one."""
        return UNIT_CODES.get(unicodedata.normalize("NFKC", self.unit or ""))


def measured(record: Mapping[str, Any]) -> tuple[Measured, ...]:
    """List the values of acquisition, instrument and sample; texts and yes or no only where they name a thing."""
    return tuple(value for part in PARTS for value in _values(part, record.get(part)))


def property_value(value: Measured) -> dict[str, Any]:
    """Write a value as schema.org's PropertyValue."""
    written: dict[str, Any] = {"@type": "PropertyValue", "name": value.name, "propertyID": value.path}
    given = {"value": value.value, "minValue": value.low, "maxValue": value.high, "unitText": value.unit}
    return {**written, **_without_none({**given, "unitCode": value.unit_code})}


def _values(path: str, slot: Any) -> Iterator[Measured]:  # noqa: ANN401 - JSON of any shape
    if isinstance(slot, Mapping):
        yield from _of_object(path, slot)
    elif isinstance(slot, list | tuple):
        for number, item in enumerate(slot):
            yield from _values(f"{path}.{number}", item)
    elif _is_value(slot) and path not in _LONG:
        yield Measured(path, slot)


def _of_object(path: str, slot: Mapping[str, Any]) -> Iterator[Measured]:
    low, high = slot.get("minimal"), slot.get("maximal")
    if "value" in slot and "unit" in slot:
        if _is_value(slot["value"]):
            yield Measured(path, slot["value"], unit=str(slot["unit"]))
    elif isinstance(low, Mapping) and isinstance(high, Mapping) and _is_range(low, high):
        yield Measured(path, low=low["value"], high=high["value"], unit=low["unit"])
        rest = {name: value for name, value in slot.items() if name not in {"minimal", "maximal"}}
        yield from _of_object(path, rest)
    else:
        for name, value in slot.items():
            yield from _values(f"{path}.{name}", value)


def _is_range(low: Mapping[str, Any], high: Mapping[str, Any]) -> bool:
    ends = low.get("value"), high.get("value")
    is_named = isinstance(low.get("unit"), str) and low.get("unit") == high.get("unit")
    return is_named and all(_is_value(end) and not isinstance(end, str) for end in ends)


def _is_value(slot: object) -> bool:
    """Whether JSON can write it as one value: it has no word for what is no number."""
    if isinstance(slot, bool) or not isinstance(slot, int | float | str):
        return False
    return not isinstance(slot, float) or math.isfinite(slot)


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


_LONG = frozenset({"acquisition.date_time", "acquisition.technique"})
"""What stands elsewhere in every view."""
