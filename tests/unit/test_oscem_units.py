"""Units: exact as read, the same in SI beside, and pint as the judge of our table."""

from decimal import Decimal
from fractions import Fraction
from functools import cache

import pint
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emdewar.oscem.units import SI, extent, is_unit, mean_quantity, quantity, with_si, without_noise

NAMES = {"e/Å^2": "1/angstrom**2", "1/Å^2": "1/angstrom**2"}


@cache
def _registry() -> "pint.UnitRegistry[Decimal]":
    registry: pint.UnitRegistry[Decimal] = pint.UnitRegistry(non_int_type=Decimal)
    return registry


@pytest.mark.parametrize("unit", SI)
def test_the_table_of_units_agrees_with_pint(unit: str) -> None:
    expected = _registry().Quantity(Decimal(1), NAMES.get(unit, unit)).to(SI[unit][0])

    assert float(SI[unit][1]) == pytest.approx(float(expected.magnitude), rel=1e-15)


@settings(max_examples=50)
@given(st.decimals(min_value=-100_000, max_value=100_000, allow_nan=False, places=5), st.sampled_from(sorted(SI)))
def test_a_decimal_value_keeps_each_digit_and_its_si_value_is_the_nearest(value: Decimal, unit: str) -> None:
    found = with_si(float(value), unit)

    assert found.value == float(value)
    assert found.valueSI == float(Fraction(repr(float(value))) * Fraction(SI[unit][1]))


@pytest.mark.parametrize(
    ("written", "factor", "exact"),
    [(2.7e-10, 1e10, 2.7), (-1.2e-06, 1e9, -1200.0), (1.9050e-4, 1e6, 190.5), (4.1501527908716085e-11, 1e10, None)],
)
def test_a_change_of_unit_leaves_no_noise_and_takes_no_digit(
    written: float, factor: float, exact: float | None
) -> None:
    value = written * factor

    assert without_noise(value) == (value if exact is None else exact)


def test_what_is_unknown_stays_unknown() -> None:
    assert quantity(None, "mm") is None
    assert mean_quantity(None, "s") is None
    assert extent(None, 3, "nm") is None


@pytest.mark.parametrize(
    ("value", "unit", "si", "si_unit"),
    [
        (4, "°C", 277.15, "K"),
        (0.3, "mg/ml", 0.3, "kg/m^3"),
        (80, "kDa", 1.3284312528e-22, "kg"),
        (20, "µm", 2e-05, "m"),
        (20, "\N{GREEK SMALL LETTER MU}m", 2e-05, "m"),
        (2, "\N{ANGSTROM SIGN}", 2e-10, "m"),
        (1e-6, "mbar", 1e-4, "Pa"),
        (300_000, "V", 300_000, "V"),
        (20, "keV", 3.204353268e-15, "J"),
    ],
)
def test_people_write_any_unit_that_is_known(value: float, unit: str, si: float, si_unit: str) -> None:
    found = with_si(value, unit)

    assert (found.value, found.unit) == (value, unit)
    assert found.valueSI == pytest.approx(si, rel=1e-6)
    assert found.unitSI == si_unit


@pytest.mark.parametrize("unit", ["", "furlongs of ice", "__import__('os')", "m**99999", "9**9**9", "x" * 1000, "CHF"])
def test_a_unit_that_nobody_knows_is_kept_and_nothing_is_evaluated(unit: str) -> None:
    found = with_si(3, unit)

    assert (found.value, found.unit, found.valueSI, found.unitSI) == (3, unit, None, None)


def test_a_percentage_only_counts_and_is_known() -> None:
    assert with_si(90, "%").valueSI is None
    assert is_unit("%")


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        (27.5, "e/\N{ANGSTROM SIGN}^2"),
        (27.5, "e-/Å²"),
        (27.5, "e\N{SUPERSCRIPT MINUS}/Å^2"),
        (27.5, "e/A^2"),
        (27.5, "electrons/Å**2"),
        (27.5, "e-/A2"),
        (27.5, "1/A^2"),
        (27.5, "electrons/angstrom^2"),
        (2750, "e/nm^2"),
        (2750, "electrons / nm²"),
        (27.5e20, "e/m^2"),
    ],
)
def test_electrons_on_an_area_are_counted_and_are_no_charge(value: float, unit: str) -> None:
    found = with_si(value, unit)

    assert (found.value, found.unit, found.unitSI) == (value, unit, "1/m^2")
    assert found.valueSI == pytest.approx(27.5e20, rel=1e-12)
