"""Records against the published schemas: OSC-EM's own examples, and a finding for every violation."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from emdewar.oscem.published import MODULES, schema_document
from emdewar.oscem.records import OscemRecord
from emdewar.oscem.schema import module_of, validate_record
from emdewar.oscem.suppliers import NOBODY


def example(samples: Path, module: str) -> dict[str, Any]:
    """Load the valid example of a module."""
    record: dict[str, Any] = yaml.safe_load((samples / f"oscem/examples/example_valid_{module}.yaml").read_text())
    return record


@pytest.fixture
def spa(samples: Path) -> dict[str, Any]:
    return deepcopy(example(samples, "spa"))


@pytest.mark.parametrize("module", MODULES)
def test_the_schemas_own_valid_examples_are_valid(samples: Path, module: str) -> None:
    record = example(samples, module)

    assert validate_record(record) == []
    assert module_of(record) == module


@pytest.mark.parametrize("module", MODULES)
def test_the_schemas_own_examples_go_through_our_records_unchanged(samples: Path, module: str) -> None:
    record = example(samples, module)

    assert OscemRecord.model_validate(record).as_dict() == record


def test_the_schemas_own_invalid_example_is_refused_with_each_reason(samples: Path) -> None:
    record = yaml.safe_load((samples / "oscem/examples/invalid/EMDataset-invalid-001.yaml").read_text())

    found = {finding.path: (finding.expectation, finding.value) for finding in validate_record(record, "spa")}

    assert found == {
        "acquisition.date_time": ("a date-time with offset, as 2026-01-31T12:00:00+01:00", "2024-01-01"),
        "acquisition.technique": ("a value: OSC-EM requires one", "none"),
        "instrument.cs.unit": ("a value: OSC-EM requires one", "none"),
        "sample.overall_molecule.molecular_type": ("no such slot", "Complex"),
    }


@pytest.mark.parametrize("module", MODULES)
def test_the_schemas_that_are_shipped_are_the_published_ones(samples: Path, module: str) -> None:
    published = samples / f"oscem/schemas-v1.0.2/oscem_schemas_{module}.schema.json"

    assert schema_document(module) == json.loads(published.read_text())


@pytest.mark.parametrize(
    ("path", "value", "expectation", "source"),
    [
        ("instrument.cs", {"value": "2.7", "unit": "mm"}, "number", "Microscope block: cs_mm"),
        ("instrument.illumination", 3, "string", "Microscope block: illumination"),
        ("acquisition.frames_per_movie", 2.5, "integer or null", "instrument's files"),
        ("acquisition.technique", "tomo", "const spa", "Microscope block: tilt_series_technique"),
        ("organizational.authors.0.email", "nobody", "pattern", "a person, in the catalog"),
        ("organizational.authors.0.type_org", "School", "Academic or Commercial", "a person, in the catalog"),
        ("sample.overall_molecule.assembly", "HEAP", "FILAMENT or HELICAL ARRAY", "scientificMetadata.sample"),
        ("instrument.owner", "me", "no such slot", NOBODY),
    ],
)
def test_a_violation_says_where_what_was_expected_and_who_can_supply_it(
    spa: dict[str, Any], path: str, value: object, expectation: str, source: str
) -> None:
    *outer, last = path.split(".")
    holder: Any = spa
    for name in outer:
        holder = holder[int(name)] if isinstance(holder, list) else holder[name]
    holder[last] = value

    (finding,) = validate_record(spa, "spa")

    assert finding.path.startswith(path)
    assert expectation in finding.expectation
    assert source in finding.source


def test_each_missing_slot_is_a_finding_of_its_own(spa: dict[str, Any]) -> None:
    del spa["instrument"]["imaging"], spa["acquisition"]["detectors"], spa["instrument"]["microscope"]["model"]

    paths = [finding.path for finding in validate_record(spa)]

    assert paths == ["acquisition.detectors", "instrument.imaging", "instrument.microscope.model"]


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_json_cannot_write_is_none(spa: dict[str, Any], number: float) -> None:
    spa["instrument"]["cs"]["value"] = number

    assert [finding.path for finding in validate_record(spa)] == ["instrument.cs.value"]


def test_a_time_without_offset_is_a_violation(spa: dict[str, Any]) -> None:
    spa["acquisition"]["date_time"] = "2024-01-01T12:00:00"

    assert [finding.path for finding in validate_record(spa)] == ["acquisition.date_time"]


def test_null_is_as_good_as_left_out_where_the_schema_allows_it(spa: dict[str, Any]) -> None:
    spa["sample"] = None
    spa["acquisition"]["nominal_defocus"] = {"minimal": None, "maximal": None}

    assert validate_record(spa) == []


@pytest.mark.parametrize("record", [[], None, "record", 3])
def test_what_is_no_object_is_no_record(record: Any) -> None:  # noqa: ANN401 - JSON of any shape
    assert [finding.expectation for finding in validate_record(record)] == ["object"]


def test_a_tilt_without_technique_is_judged_as_a_tilt_series(samples: Path) -> None:
    record = example(samples, "subtomo")
    del record["acquisition"]["technique"]

    assert [finding.path for finding in validate_record(record)] == ["acquisition.technique"]


def test_a_module_that_does_not_exist_is_a_finding(spa: dict[str, Any]) -> None:
    assert [finding.value for finding in validate_record(spa, "helical")] == ["helical"]
