"""Units of measurement as people write them, and numbers in SI.

The catalog reads units itself and asks pint only what one name means: a stranger's unit is never evaluated as a
formula. SI units are written as mathjs writes them, since SciCat's answers hold such texts: `(kg m^2) / s^2`.
"""

import logging
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

import pint

LONGEST_UNIT = 64
LARGEST_EXPONENT = 9
NOISE = 4e-15
"""What a factor may differ from a shorter number and still be meant as that number."""

SCICAT_ELECTRONVOLT = "electron_volt = 1.602176565e-19 * joule = eV"
"""The value that SciCat's servers have: catalogs must agree on `valueSI`, to the digit."""

_DIMENSIONS = {
    "kilogram": "kg",
    "meter": "m",
    "second": "s",
    "ampere": "A",
    "kelvin": "K",
    "candela": "cd",
    "mole": "mol",
    "radian": "rad",
    "bit": "b",
}
"""Base units in the order in which mathjs writes them."""

_ELECTRONS = frozenset({"e", "e-", "electron", "electrons"})
_PIXELS = frozenset({"px", "pix", "pixel", "pixels"})
_COUNTED = _ELECTRONS | _PIXELS | {"count", "counts", "frame", "frames", "image", "images"}
"""What is counted and has no dimension, so that `e/Å^2` is compared with `1/Å^2` and `Å/px` with `Å`."""

_NO_UNITS = frozenset({"k", "c", "R"})
"""Constants of nature, which pint knows under these names too."""

_NAMES = dict.fromkeys(("Å", "Angstrom", "Angstroms", "Ang"), "angstrom") | {"°": "degree", "°C": "degC", "°F": "degF"}
_AMBIGUOUS = "A"
"""Ampere, but ångström beside electrons and pixels: `e/A^2` is a dose, `A/px` a pixel size."""

_MINUS, _MU = "\N{MINUS SIGN}", "\N{GREEK SMALL LETTER MU}"
_ASKING = Lock()
_TOKEN = re.compile(
    r"\s*(?:([*·/])|([()])|(e-(?!\d)|°[CF]?|[^\W\d_]+)(?:(?:\^|\*\*)?([+-]?\d{1,2})(?!\d))?|1(?![\d\w.]))\s*"
)


@dataclass(frozen=True)
class Scale:
    """How a unit's numbers become SI numbers: `factor * number + offset`."""

    factor: float
    offset: float
    si: str


def in_si(value: float, unit: str) -> tuple[float, str] | None:
    """Convert a number to SI.

    Returns:
        The number and its SI unit; None where the unit is empty, not known, or only counts something.
    """
    scale = scale_of(unit)
    if scale is None:
        return None
    try:
        number = _without_noise(value * scale.factor + scale.offset)
    except OverflowError:
        return None
    return (number, scale.si) if abs(number) < float("inf") else None


@lru_cache(maxsize=4096)
def scale_of(unit: str) -> Scale | None:
    """Give the scale of a unit; None where there is none."""
    plain = unicodedata.normalize("NFKC", unit.strip()).replace(_MINUS, "-").replace(_MU, "u")
    parts = _parts(plain) if len(plain) <= LONGEST_UNIT else None
    if not parts:
        return None
    angstrom = not {name for name, _ in parts}.isdisjoint(_ELECTRONS | _PIXELS)
    return _product([_power(*part, angstrom=angstrom, alone=len(parts) == 1) for part in parts])


@dataclass(frozen=True)
class _Measure:
    """What one name means: its scale, and the powers of the base units."""

    factor: float
    offset: float
    powers: Mapping[str, int]


def _parts(plain: str) -> list[tuple[str, int]] | None:
    """Split a unit into names and powers; None when it is not understood."""
    parts: list[tuple[str, int]] = []
    outside, sign, after = [1], 1, "*"
    position = 0
    while position < len(plain):
        found = _TOKEN.match(plain, position)
        if found is None:
            return None
        operator, bracket, name, exponent = found.groups()
        if (operator and after in {"*", "("}) or (bracket == ")" and (len(outside) == 1 or after in {"*", "("})):
            return None
        if name:
            parts.append((name, sign * int(exponent or 1)))
        if bracket == "(":
            outside.append(sign)
        elif bracket == ")":
            outside.pop()
        sign = -outside[-1] if operator == "/" else outside[-1]
        after, position = "*" if operator else bracket or "1", found.end()
    return parts if after not in {"*", "("} and len(outside) == 1 else None


def _power(name: str, exponent: int, *, angstrom: bool, alone: bool) -> _Measure | None:
    if not 0 < abs(exponent) <= LARGEST_EXPONENT:
        return None
    if name in _COUNTED:
        return _Measure(1.0, 0.0, {})
    measure = _measure("angstrom" if angstrom and name == _AMBIGUOUS else _NAMES.get(name, name))
    if measure is None or (measure.offset and not (alone and exponent == 1)):
        return None
    powers = {base: power * exponent for base, power in measure.powers.items()}
    return _Measure(measure.factor**exponent, measure.offset, powers)


def _product(parts: list[_Measure | None]) -> Scale | None:
    factor, offset, powers = 1.0, 0.0, Counter[str]()
    for part in parts:
        if part is None:
            return None
        factor, offset = factor * part.factor, offset + part.offset
        powers.update(part.powers)
    si = _si_text(powers)
    if not si or not 0 < abs(factor) < float("inf"):
        return None
    return Scale(_without_noise(factor), offset, si)


def _without_noise(number: float) -> float:
    short = float(f"{number:.12g}")
    return short if abs(short - number) <= NOISE * abs(number) else number


def _si_text(powers: Mapping[str, int]) -> str:
    """Write base units as mathjs does."""
    above = [(name, powers[base]) for base, name in _DIMENSIONS.items() if powers.get(base, 0) > 0]
    below = [(name, powers[base]) for base, name in _DIMENSIONS.items() if powers.get(base, 0) < 0]
    sign = -1 if above else 1
    numerator = " ".join(name if power == 1 else f"{name}^{power}" for name, power in above)
    denominator = " ".join(name if sign * power == 1 else f"{name}^{sign * power}" for name, power in below)
    if not (above and below):
        return numerator or denominator
    numerator = f"({numerator})" if len(above) > 1 else numerator
    denominator = f"({denominator})" if len(below) > 1 else denominator
    return f"{numerator} / {denominator}"


@lru_cache(maxsize=1024)
def _measure(name: str) -> _Measure | None:
    with _ASKING:
        return None if name in _NO_UNITS else _asked(name)


def _asked(name: str) -> _Measure | None:
    registry = _registry()
    try:
        base = [registry.Quantity(value, name).to_base_units() for value in (0.0, 1.0, 2.0)]
    except (pint.PintError, ValueError, AttributeError, OverflowError):
        return None
    zero, one, two = (float(quantity.magnitude) for quantity in base)
    powers = {str(unit): float(str(power)) for unit, power in base[1].unit_items()}
    is_linear = abs(two - 2 * one + zero) <= 1e-9 * abs(two)
    if not is_linear or not powers.keys() <= _DIMENSIONS.keys() or not all(map(float.is_integer, powers.values())):
        return None
    return _Measure(one - zero, zero, {unit: int(power) for unit, power in powers.items()})


@lru_cache(maxsize=1)
def _registry() -> pint.UnitRegistry[float]:
    registry: pint.UnitRegistry[float] = pint.UnitRegistry(autoconvert_offset_to_baseunit=True)
    logging.getLogger("pint").setLevel(logging.ERROR)
    registry.define(SCICAT_ELECTRONVOLT)
    return registry
