"""Values with their units as OSC-EM writes them, exact as they were read, with the same in SI beside.

The schema names the unit of each slot in its text and leaves the spelling open; these are the spellings of its
examples, but for the dose, where `e/Å^2` says what the example's `1/Å^2` counts. Instruments' values come in the few
units of a table; people may write any unit that pint knows.
"""

import logging
import re
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, Final
from unicodedata import normalize

from emdewar.oscem.possible import is_possible
from emdewar.oscem.slots import QuantitySI, Range

SI: Final = {
    "e/Å^2": ("1/m^2", Decimal("1e20")),
    "1/Å^2": ("1/m^2", Decimal("1e20")),
    "Å": ("m", Decimal("1e-10")),
    "nm": ("m", Decimal("1e-9")),
    "um": ("m", Decimal("1e-6")),
    "mm": ("m", Decimal("1e-3")),
    "s": ("s", Decimal(1)),
    "kV": ("V", Decimal(1000)),
    "eV": ("J", Decimal("1.602176634e-19")),
    "nA": ("A", Decimal("1e-9")),
    "K": ("K", Decimal(1)),
    "Pa": ("Pa", Decimal(1)),
    "mrad": ("rad", Decimal("1e-3")),
    "deg": ("rad", Decimal("0.01745329251994329577")),
    "°": ("rad", Decimal("0.01745329251994329577")),
}
"""SI unit and factor by unit; the electronvolt is exact since the SI of 2019."""

_NAMES: Final = {"kg*m^2/s^2": "J", "kg*m^2/A/s^3": "V", "kg/m/s^2": "Pa"}
"""Names of what pint writes in base units: one kind of quantity has one unit, by whichever way it came."""

_OTHER_SIGNS: Final = str.maketrans(
    {
        "\N{MICRO SIGN}": "u",
        "\N{GREEK SMALL LETTER MU}": "u",
        "\N{SUPERSCRIPT TWO}": "^2",
        "\N{SUPERSCRIPT THREE}": "^3",
        "\N{SUPERSCRIPT MINUS}": "-",
    }
)
_COUNTED = re.compile(r"(?P<what>1|e-?|electrons?)\s*/\s*(?P<per>.+)")
_SQUARE_ANGSTROM = re.compile(r"(?:Å|A|[Aa]ngstroms?)\s*(?:\^|\*\*)?\s*2")

NOISE: Final = 1e-15
"""Relative error of a few changes of unit."""

_LONGEST_UNIT = 40
_TOO_MUCH = re.compile(r"\d{3}|[^\w\s·*/^()°%-]|\*\*\s*\(")
"""What no unit has: exponents of three digits, and signs that pint would evaluate."""


def quantity(value: float | None, unit: str) -> QuantitySI | None:
    """Give a value as it was read its unit and its SI twin; None stays None."""
    return None if value is None or not is_possible(value) else with_si(without_noise(value), unit)


def mean_quantity(value: float | None, unit: str) -> QuantitySI | None:
    """Give a value that was computed from many its unit: nine digits, more than any instrument has."""
    return None if value is None or not is_possible(value) else with_si(nine_digits(value), unit)


def extent(low: float | None, high: float | None, unit: str) -> Range | None:
    """Give smallest and largest value their unit; a constant has both."""
    if low is None or high is None or not is_possible((low, high)):
        return None
    return Range(minimal=with_si(without_noise(low), unit), maximal=with_si(without_noise(high), unit))


def without_noise(value: float) -> float:
    """Take back what a change of unit adds: `2.7e-10 m` are `2.7 Å`, and not 2.7000000000000006.

    A number with more digits than noise could hide stays as it is, to the last one.
    """
    short = float(f"{value:.12g}")
    return short if abs(short - value) <= NOISE * abs(value) else value


def nine_digits(value: float) -> float:
    """Round to nine significant digits."""
    return float(f"{value:.9g}")


def with_si(value: float, unit: str) -> QuantitySI:
    """Put the SI value beside; a unit that nobody knows, or that only counts, has none."""
    scale = SI.get(_one_spelling(unit))
    if scale is not None:
        return QuantitySI(value=value, unit=unit, valueSI=float(Decimal(repr(value)) * scale[1]), unitSI=scale[0])
    converted = _by_pint(value, unit)
    if converted is None:
        return QuantitySI(value=value, unit=unit)
    return QuantitySI(value=value, unit=unit, valueSI=converted[0], unitSI=converted[1])


def si_value(value: float, unit: str, wanted: str) -> float | None:
    """Give a value in an SI unit; None where its unit is of another kind."""
    found = with_si(value, unit)
    return found.valueSI if found.unitSI == wanted else None


def is_unit(unit: str) -> bool:
    """Tell whether a unit is known."""
    return _one_spelling(unit) in SI or _measure(_one_spelling(unit)) is not None


@lru_cache(maxsize=256)
def _one_spelling(unit: str) -> str:
    """The angstrom sign and the Swedish letter are two characters that look the same; so are two kinds of mu.

    Electrons are counted: left to pint, `e` is their charge, and `e/A^2` is per ampere.
    """
    plain = normalize("NFC", unit).translate(_OTHER_SIGNS).strip()
    counted = _COUNTED.fullmatch(plain)
    if counted is None:
        return plain
    if _SQUARE_ANGSTROM.fullmatch(counted["per"]):
        return "1/Å^2"
    return plain if counted["what"] == "1" else f"1/{counted['per']}"


def _by_pint(value: float, unit: str) -> tuple[float, str] | None:
    measure = _measure(_one_spelling(unit))
    if measure is None or measure.dimensionless:
        return None
    import pint  # noqa: PLC0415 - a third of a second, which headers of instruments never need

    try:
        base = _registry().Quantity(Decimal(repr(value)), measure).to_base_units()
        found = float(base.magnitude)
    except (pint.PintError, ArithmeticError, ValueError):
        return None
    unit_si = f"{base.units:~C}".replace("**", "^")
    return (found, _NAMES.get(unit_si, unit_si)) if abs(found) < float("inf") else None


@lru_cache(maxsize=256)
def _measure(unit: str) -> Any:  # noqa: ANN401 - pint's unit, which has no name before pint is there
    import pint  # noqa: PLC0415 - a third of a second, which headers of instruments never need

    if len(unit) > _LONGEST_UNIT or _TOO_MUCH.search(unit):
        return None
    try:
        return _registry().parse_units(unit)
    except (pint.PintError, ArithmeticError, ValueError, TypeError, AttributeError, LookupError, SyntaxError):
        return None


@cache
def _registry() -> Any:  # noqa: ANN401 - pint's registry, which has no name before pint is there
    import pint  # noqa: PLC0415 - a third of a second, which headers of instruments never need

    logging.getLogger("pint").setLevel(logging.ERROR)
    return pint.UnitRegistry(non_int_type=Decimal, autoconvert_offset_to_baseunit=True)
