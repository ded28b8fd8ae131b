"""Quantities are known in SI, however their unit is written; what is no unit has none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_api.json_type import Json
from catalog_api.search import with_si
from catalog_api.search.units import in_si


@pytest.mark.parametrize(
    ("value", "unit", "number", "si"),
    [
        (0.83, "Å", 8.3e-11, "m"),
        (0.83, "\N{ANGSTROM SIGN}", 8.3e-11, "m"),
        (0.83, "angstrom", 8.3e-11, "m"),
        (1, "um", 1e-6, "m"),
        (1, "\N{MICRO SIGN}m", 1e-6, "m"),
        (1, "\N{GREEK SMALL LETTER MU}m", 1e-6, "m"),
        (1, "Å/px", 1e-10, "m"),
        (1, "A/pixel", 1e-10, "m"),
        (40, "e/Å^2", 4e21, "m^-2"),
        (40, "e/A^2", 4e21, "m^-2"),
        (40, "e/A2", 4e21, "m^-2"),
        (40, "e⁻/Å²", 4e21, "m^-2"),
        (40, "1/Å^2", 4e21, "m^-2"),
        (5, "e/px/s", 5, "s^-1"),
        (0.4, "A", 0.4, "A"),
        (300, "kV", 300_000, "(kg m^2) / (s^3 A)"),
        (300_000, "(kg m^2) / (s^3 A)", 300_000, "(kg m^2) / (s^3 A)"),
        (22595, "eV", 3.6201179486175005e-15, "(kg m^2) / s^2"),
        (180, "deg", 3.141592653589793, "rad"),
        (180, "°", 3.141592653589793, "rad"),
        (3, "mrad", 0.003, "rad"),
        (25, "°C", 298.15, "K"),
        (100, "mbar l/s/cm^2", 100_000, "kg / s^3"),
        (4, "J / (kg K)", 4, "m^2 / (s^2 K)"),
        (2, "s-1", 2, "s^-1"),
        (600, "mg", 0.0006, "kg"),
    ],
)
def test_units_are_read_as_people_write_them(value: float, unit: str, number: float, si: str) -> None:
    assert in_si(value, unit) == (number, si)


NO_UNITS = ("", " ", "dolor sit", "px", "e", "counts", "%", "9", "m^99", "9**9**9**9", "m//s", "m/", "(m", "()", "k")


@pytest.mark.parametrize("unit", [*NO_UNITS, "m" * 99])
def test_what_is_no_unit_of_measure_has_no_si_value(unit: str) -> None:
    assert in_si(1, unit) is None


@given(st.text(alphabet="mskgeÅA°px*/^()+-0123456789. µ²_e", max_size=80), st.floats(allow_nan=False))
def test_any_text_is_a_unit_or_none(unit: str, value: float) -> None:
    found = in_si(value, unit)

    assert found is None or abs(found[0]) < float("inf")


@pytest.mark.parametrize(
    ("sent", "added"),
    [
        ({"value": 2, "unit": "cm"}, {"valueSI": 0.02, "unitSI": "m"}),
        ({"v": 2, "u": "cm", "note": "x"}, {"valueSI": 0.02, "unitSI": "m"}),
        ({"value": [1, 2], "unit": "cm"}, {"valueSI": [0.01, 0.02], "unitSI": "m"}),
        ({"value": 2, "unit": ""}, {}),
        ({"value": 2, "unit": "dolor sit"}, {}),
        ({"value": "2", "unit": "cm"}, {}),
        ({"value": True, "unit": "cm"}, {}),
        ({"value": [], "unit": "cm"}, {}),
        ({"value": 2}, {}),
        ({"value": 2, "unit": 5}, {}),
    ],
)
def test_quantities_gain_their_si_value_wherever_they_are(sent: dict[str, Json], added: dict[str, Json]) -> None:
    assert with_si({"a": {"b": [sent]}, "c": 1}) == {"a": {"b": [sent | added]}, "c": 1}


def test_si_values_that_were_sent_are_not_trusted() -> None:
    sent = {"value": 2, "unit": "cm", "valueSI": 7, "unitSI": "kg"}

    assert with_si({"a": sent, "b": {**sent, "unit": "?"}}) == {
        "a": {"value": 2, "unit": "cm", "valueSI": 0.02, "unitSI": "m"},
        "b": {"value": 2, "unit": "?"},
    }
