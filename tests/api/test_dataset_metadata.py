"""Scientific metadata against the schema that a dataset names: told precisely, never fetched, never for long."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from catalog_api.json_type import Json
from catalog_api.settings import Settings
from tests.api.bodies import PID, dataset, path

SPA = "https://w3id.org/oscem-schemas/v1.0.2/spa/jsonschema/oscem_schemas_spa.schema.json"
SITES = "https://facility.example.org/schemas/grid"
SHORT = {"type": "object", "properties": {"dose": {"type": "number", "maximum": 60}}, "required": ["dose"]}


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """A site with a schema of its own."""
    folder = tmp_path / "schemas"
    folder.mkdir()
    (folder / "grid.json").write_text(json.dumps({"$id": SITES, **SHORT}))
    return settings.model_copy(update={"metadata_schemas_folder": folder})


def described(metadata: Json, schema: Json, **changes: Json) -> dict[str, Any]:
    """A dataset that names a schema, or brings one along."""
    named = schema if isinstance(schema, str) else json.dumps(schema)
    return dataset(scientificMetadata=metadata, scientificMetadataSchema=named, **changes)


def check(client: httpx.Client, metadata: Json, schema: Json) -> dict[str, Any]:
    """Ask whether such a dataset could be registered."""
    answer = client.post("/api/v4/datasets/isValid", json=described(metadata, schema))
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize(
    ("metadata", "schema", "valid"),
    [
        ({"dose": 40}, SHORT, True),
        ({"dose": 70}, SHORT, False),
        ({"dose": 40}, SITES, True),
        ({}, SITES + "/", False),
        ({"title": "x"}, "https://json-schema.org/draft-07/schema", True),
        ({"title": False}, "http://json-schema.org/draft-07/schema#", False),
        ({"dose": 40}, "https://unknown.example.org/schema", False),
        ({"dose": 40}, "no address at all", False),
        ({"dose": 40}, "{", False),
        ({"dose": 40}, {"type": "nonsense"}, False),
        ({}, SPA, False),
    ],
)
def test_a_dataset_says_whether_its_metadata_satisfy_the_schema_it_names(
    owner: httpx.Client, metadata: Json, schema: Json, *, valid: bool
) -> None:
    answer = owner.post("/api/v4/datasets", json=described(metadata, schema))

    assert answer.status_code == 201
    assert answer.json()["scientificMetadataValid"] is valid
    assert answer.json()["scientificMetadata"] == metadata


def test_without_a_schema_nothing_is_said_of_validity(owner: httpx.Client) -> None:
    made = owner.post("/api/v4/datasets", json=dataset(scientificMetadata={"dose": 40})).json()

    assert "scientificMetadataValid" not in made


def test_each_difference_names_path_expectation_and_value(owner: httpx.Client) -> None:
    metadata = {"acquisition": {"pixel_size": {"value": "tiny", "unit": "Å"}, "colour": 1}, "instrument": {}}

    answer = check(owner, metadata, SPA)

    errors = {error["path"]: (error["expectation"], error["value"]) for error in answer["scientificMetadataErrors"]}
    assert (answer["valid"], answer["scientificMetadataValid"]) == (False, False)
    assert errors["acquisition.pixel_size.value"] == ('type "number"', '"tiny"')
    assert errors["acquisition.colour"] == ("no such property", "1")
    assert errors["acquisition.detectors"] == ("a value", "nothing")
    assert "scientificMetadata.acquisition.pixel_size.value: expected type" in answer["error"]


def test_the_differences_of_a_dataset_stay_to_be_read(owner: httpx.Client) -> None:
    owner.post("/api/v4/datasets", json=described({"dose": 70}, SITES)).raise_for_status()

    found = owner.get(path(PID, "metadata-findings")).json()

    wanted = [{"path": "dose", "expectation": "at most 60", "value": "70"}]
    assert found == {
        "scientificMetadataSchema": SITES,
        "scientificMetadataValid": False,
        "scientificMetadataErrors": wanted,
    }


def test_a_schema_that_is_not_known_says_nothing_against_a_dataset(owner: httpx.Client) -> None:
    answer = check(owner, {"dose": 40}, "https://unknown.example.org/schema")

    assert (answer["valid"], answer["scientificMetadataValid"]) == (True, False)
    assert answer["scientificMetadataErrors"][0]["path"] == "$schema"


def test_validity_follows_each_change(owner: httpx.Client) -> None:
    owner.post("/api/v4/datasets", json=described({"dose": 40}, SHORT)).raise_for_status()
    changes: list[dict[str, Json]] = [
        {"description": "another field"},
        {"scientificMetadata": {"dose": 70}},
        {"scientificMetadataSchema": json.dumps({"type": "object"})},
    ]

    valid = [owner.patch(path(), json=change).json()["scientificMetadataValid"] for change in changes]

    assert valid == [True, False, True]


def test_what_the_catalog_adds_in_si_units_is_not_held_against_the_metadata(owner: httpx.Client) -> None:
    closed = {"properties": {"value": {}, "unit": {}}, "additionalProperties": False}
    body = described({"length": {"value": 3, "unit": "mm"}}, {"properties": {"length": closed}})
    made = owner.post("/api/v4/datasets", json=body).json()

    changed = owner.patch(path(), json={"scientificMetadataSchema": body["scientificMetadataSchema"] + " "}).json()

    assert made["scientificMetadata"]["length"]["valueSI"] == 0.003
    assert (made["scientificMetadataValid"], changed["scientificMetadataValid"]) == (True, True)


DEEP = {f"d{level}": {"allOf": [{"$ref": f"#/$defs/d{level + 1}"}] * 2} for level in range(60)}
HOSTILE = {
    "address of the cloud": {"$ref": "http://169.254.169.254/latest/meta-data"},
    "file of the server": {"properties": {"a": {"$ref": "file:///etc/passwd"}}},
    "backtracking": {"properties": {"a": {"pattern": "^(a+)+$"}}},
    "backtracking in a name": {"patternProperties": {"^(a+)+$": {}}, "additionalProperties": False},
    "lookahead": {"properties": {"a": {"pattern": "(?=a)a"}}},
    "itself": {"$ref": "#"},
    "doubling": {"$defs": {**DEEP, "d60": {"type": "string"}}, "$ref": "#/$defs/d0"},
    "another dialect": {
        "properties": {"a": {"$schema": "http://json-schema.org/draft-07/schema#", "pattern": "(a+)+$"}}
    },
    "no schema": {"properties": 5, "required": "a"},
    "negative": {"properties": {"a": {"multipleOf": 0}}},
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_schema_is_answered_like_any_other(owner: httpx.Client, kind: str) -> None:
    metadata = {"a": "a" * 60 + "!", "a" * 60 + "!": 1}

    made = owner.post("/api/v4/datasets", json=described(metadata, HOSTILE[kind]))

    assert made.status_code == 201
    assert made.json()["scientificMetadataValid"] in {True, False}


def test_metadata_of_many_values_are_judged_too(owner: httpx.Client) -> None:
    body = described({"defocus": list(range(20_000))}, {"properties": {"defocus": {"items": {"type": "number"}}}})

    made = owner.post("/api/v4/datasets", json=body).json()

    assert made["scientificMetadataValid"] is True


def test_a_schema_that_is_too_long_is_refused(owner: httpx.Client) -> None:
    answer = owner.post("/api/v4/datasets", json=described({}, {"title": "x" * 300_000}))

    assert answer.status_code == 400


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {"unevaluatedProperties": False}}},
        {"unevaluatedItems": False},
        {"$dynamicRef": "#a"},
        {"$recursiveRef": "#"},
        {"$defs": {"a": {"$anchor": "a"}}, "$ref": "#a"},
        {"$defs": {"a": {"$id": "a", "$ref": "#"}}},
    ],
)
def test_a_schema_sent_as_text_has_nothing_whose_cost_is_not_counted(owner: httpx.Client, schema: Json) -> None:
    answer = check(owner, {"x": 1}, schema)

    [error] = answer["scientificMetadataErrors"]
    assert (error["path"], answer["scientificMetadataValid"]) == ("$schema", False)
    assert "the schema" in error["expectation"]
