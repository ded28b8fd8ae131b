"""OSC-EM's quantities (a number and the unit it is in) in the units of PDBx; exact, as decimals.

OSC-EM leaves the spelling of units open. A unit that is not known here is never guessed: the value is left out then.
"""

import math
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

DIGITS: Final = 12
"""Kept of a value that has no exact decimal: more than any instrument has."""

LARGEST: Final = 1e30
"""No quantity is larger in any unit, a dose in electrons per square metre included."""

_DEGREES_PER_RADIAN: Final = Fraction(180 / math.pi)
_UNITS: Final[dict[str, dict[str, Fraction]]] = {
    "length": {"pm": Fraction(1, 10**12), "Å": Fraction(1, 10**10), "nm": Fraction(1, 10**9), "um": Fraction(1, 10**6)}
    | {"mm": Fraction(1, 1000), "cm": Fraction(1, 100), "m": Fraction(1)},
    "dose": {"e/Å2": Fraction(10**20), "e/nm2": Fraction(10**18), "e/um2": Fraction(10**12), "e/m2": Fraction(1)},
    "voltage": {"V": Fraction(1), "kV": Fraction(1000), "MV": Fraction(10**6)},
    "energy": {"meV": Fraction(1, 1000), "eV": Fraction(1), "keV": Fraction(1000)},
    "time": {"us": Fraction(1, 10**6), "ms": Fraction(1, 1000), "s": Fraction(1), "min": Fraction(60)}
    | {"h": Fraction(3600)},
    "angle": {"deg": Fraction(1), "rad": _DEGREES_PER_RADIAN, "mrad": _DEGREES_PER_RADIAN / 1000},
    "temperature": {"K": Fraction(1)},
    "mass": {"Da": Fraction(1), "kDa": Fraction(1000), "MDa": Fraction(10**6)},
    "concentration": {"mg/ml": Fraction(1), "ug/ml": Fraction(1, 1000), "g/ml": Fraction(1000)},
    "share": {"%": Fraction(1)},
    "pressure": {"Pa": Fraction(1), "hPa": Fraction(100), "kPa": Fraction(1000), "bar": Fraction(10**5)}
    | {"Torr": Fraction(101325, 760), "mTorr": Fraction(101325, 760_000)},
}
_SPELLINGS: Final = {
    "A": "Å",
    "angstrom": "Å",
    "angstroms": "Å",
    "micron": "um",
    "microns": "um",
    "e-/Å2": "e/Å2",
    "1/Å2": "e/Å2",
    "e/A2": "e/Å2",
    "e-/A2": "e/Å2",
    "1/A2": "e/Å2",
    "Å-2": "e/Å2",
    "e-/nm2": "e/nm2",
    "1/nm2": "e/nm2",
    "1/um2": "e/um2",
    "1/m2": "e/m2",
    "e-/m2": "e/m2",
    "sec": "s",
    "seconds": "s",
    "minutes": "min",
    "°": "deg",
    "degree": "deg",
    "degrees": "deg",
    "g/mol": "Da",
    "kg/mol": "kDa",
    "g/l": "mg/ml",
    "g/L": "mg/ml",
    "mg/mL": "mg/ml",
    "ug/ul": "mg/ml",
    "ug/uL": "mg/ml",
    "ug/mL": "ug/ml",
    "mg/l": "ug/ml",
    "mg/L": "ug/ml",
    "mbar": "hPa",
    "percent": "%",
}
"""Other spellings of the same unit. The doses are those that OSC-EM's own examples write: electrons, not counted."""

_CELSIUS: Final = {"°C": Fraction("273.15"), "degC": Fraction("273.15"), "C": Fraction("273.15")}
PDBX_UNITS: Final = {
    "angstroms": "Å",
    "nanometres": "nm",
    "microns": "um",
    "millimetres": "mm",
    "kilovolts": "kV",
    "electron_volts": "eV",
    "electrons_angstrom_squared": "e/Å2",
    "seconds": "s",
    "degrees": "deg",
    "kelvins": "K",
    "mg_per_ml": "mg/ml",
    "megadaltons": "MDa",
}
"""Names of units in the dictionary."""


def number(value: object) -> Decimal | None:
    """Give a JSON number as the decimal that it was written as, or None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not _is_sane(value):
        return None
    return Decimal(repr(value))


def in_unit(quantity: Mapping[str, Any], unit: str) -> Decimal | None:
    """Give a quantity in a unit, or None where its own cannot be turned into that.

    Where the unit as read is not known, the SI twin is taken.
    """
    for value, name in (("value", "unit"), ("valueSI", "unitSI")):
        amount, spelling = number(quantity.get(value)), quantity.get(name)
        if amount is not None and isinstance(spelling, str):
            turned = _turned(amount, spelling, unit)
            if turned is not None:
                return turned
    return None


def written(amount: Decimal) -> str:
    """Write a decimal as PDBx does: no exponent unless it is very small, no zeros behind."""
    if amount == 0:
        return "0"
    shortened = Decimal(f"{amount:.{DIGITS}g}").normalize()
    return f"{shortened:E}" if abs(shortened) < Decimal("1e-9") else f"{shortened:f}"


def _turned(amount: Decimal, spelling: str, unit: str) -> Decimal | None:
    spelled = _spelled(spelling)
    if unit == "K" and spelled in _CELSIUS:
        return _decimal(Fraction(amount) + _CELSIUS[spelled])
    spelled = _SPELLINGS.get(spelled, spelled)
    for units in _UNITS.values():
        if unit in units:
            return _decimal(Fraction(amount) * units[spelled] / units[unit]) if spelled in units else None
    return None


def _spelled(unit: str) -> str:
    """Bring what looks the same to the same characters: `e⁻ / Å²`, `e-/Å^2`; `µm`, `um`."""
    text = unicodedata.normalize("NFKC", unit).translate({0x2212: "-", 0x03BC: "u", ord("^"): None})
    return "".join(text.split())


def _decimal(exact: Fraction) -> Decimal:
    return Decimal(exact.numerator) / Decimal(exact.denominator)


def _is_sane(value: float) -> bool:
    try:
        return math.isfinite(value) and abs(value) < LARGEST
    except OverflowError:
        return False
