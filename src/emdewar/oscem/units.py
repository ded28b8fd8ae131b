"""Units as OSC-EM writes them, each with its SI unit and factor.

The schema names the unit of each slot in its text and leaves the spelling open; these are the spellings of its
examples, but for the dose, where `e/Å^2` says what the example's `1/Å^2` counts.
"""

from emdewar.oscem.records import QuantitySI, Range

SI = {
    "e/Å^2": ("1/m^2", 1e20),
    "Å": ("m", 1e-10),
    "nm": ("m", 1e-9),
    "um": ("m", 1e-6),
    "mm": ("m", 1e-3),
    "s": ("s", 1.0),
    "kV": ("V", 1e3),
    "eV": ("J", 1.602176634e-19),
    "mrad": ("rad", 1e-3),
    "deg": ("rad", 0.017453292519943295),
}
"""SI unit and factor by unit; the electronvolt is exact since the SI of 2019."""


def quantity(value: float | None, unit: str) -> QuantitySI | None:
    """Give a value its unit and its SI twin; None stays None.

    Nine digits are kept: more than any instrument has, less than binary noise.
    """
    return None if value is None else _quantity(value, unit)


def extent(low: float | None, high: float | None, unit: str) -> Range | None:
    """Give smallest and largest value their unit; a constant has both."""
    if low is None or high is None:
        return None
    return Range(minimal=_quantity(low, unit), maximal=_quantity(high, unit))


def nine_digits(value: float) -> float:
    """Round to nine significant digits."""
    return float(f"{value:.9g}")


def _quantity(value: float, unit: str) -> QuantitySI:
    si_unit, factor = SI[unit]
    return QuantitySI(value=nine_digits(value), unit=unit, valueSI=nine_digits(value * factor), unitSI=si_unit)
