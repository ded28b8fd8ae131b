"""Sources that agree, sources that disagree, and names of cameras."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emdewar.oscem.camera_names import same_camera
from emdewar.oscem.leaves import leaves, source_of, spread_out
from emdewar.oscem.ledger import Ledger, Said, alike


def test_the_first_that_speaks_counts_and_is_named() -> None:
    ledger = Ledger()

    value = ledger.settle("instrument.cs", Said(None, "a.xml: none"), Said(2.7, "Microscope block: cs_mm"))

    assert value == 2.7
    assert ledger.sources == {"instrument.cs": "Microscope block: cs_mm"}
    assert ledger.findings == []


def test_who_disagrees_is_a_finding_that_names_both() -> None:
    ledger = Ledger()

    ledger.settle("instrument.acceleration_voltage", Said(300.0, "a.xml: HV"), Said(200.0, "a.mrc: HT"))

    (finding,) = ledger.findings
    assert finding.path == "instrument.acceleration_voltage"
    assert "300.0 was taken, from a.xml: HV" in finding.expectation
    assert (finding.value, finding.source) == ("200.0", "a.mrc: HT")


def test_nothing_said_is_nothing_known() -> None:
    ledger = Ledger()

    assert ledger.settle("instrument.cs", Said[float](None, "a"), Said[float](None, "b")) is None
    assert ledger.sources == {}


@given(st.floats(1, 1e6), st.floats(0.991, 1.009))
def test_numbers_within_one_in_a_hundred_are_the_same(value: float, factor: float) -> None:
    assert alike(value, value * factor)
    assert not alike(value, value * 1.03)


def test_booleans_are_no_numbers() -> None:
    assert not alike(True, 1)
    assert alike("FLOOD BEAM", "flood beam ")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("BioQuantum K3", "GATAN K3 BIOQUANTUM (6k x 4k)"),
        ("Falcon 4i", "TFS FALCON 4i (4k x 4k)"),
        ("EF-Falcon", "TFS FALCON 4i (4k x 4k)"),
        ("EF-CCD", "GATAN K2 SUMMIT (4k x 4k)"),
        ("BM-Ceta", "Ceta"),
    ],
)
def test_names_of_the_same_camera_agree(one: str, other: str) -> None:
    assert same_camera(one, other)
    assert same_camera(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("BioQuantum K3", "GATAN K2 SUMMIT (4k x 4k)"),
        ("Falcon 4i", "FEI FALCON III (4k x 4k)"),
        ("Falcon 4i", "GATAN K3 (6k x 4k)"),
    ],
)
def test_names_of_different_cameras_do_not(one: str, other: str) -> None:
    assert not same_camera(one, other)


def test_the_source_of_a_slot_is_that_of_all_values_in_it() -> None:
    record = {"a": {"b": {"value": 1, "unit": "m"}, "c": [{"d": 2}, {"d": 3}]}, "empty": {}}

    spread = spread_out({"a.b": "file: b", "a.c.0.d": "file: d", "a.c": "file: c"}, record)

    assert spread == {"a.b.value": "file: b", "a.b.unit": "file: b", "a.c.0.d": "file: d", "a.c.1.d": "file: c"}
    assert [path for path, _ in leaves(record)] == list(spread)
    assert source_of(spread, "a.c") == "file: d; file: c"
    assert source_of(spread, "a.b.value") == "file: b"
