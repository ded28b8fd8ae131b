"""Changes of datasets: only what is named, nothing by halves, and nobody overwrites what they have not seen."""

import json
from typing import Any

import httpx
import pytest

from catalog_api.json_type import Json
from tests.api.bodies import PID, As, dataset, dataset_v3, path

MERGE = {"content-type": "application/merge-patch+json"}
LENGTH = {"value": 100, "unit": "cm", "note": "by ruler"}


def merge(client: httpx.Client, body: dict[str, Json], version: str = "v4") -> httpx.Response:
    """Send a merge patch."""
    return client.patch(path(version=version), content=json.dumps(body), headers=MERGE)


@pytest.mark.parametrize("content_type", ["application/json", "application/merge-patch+json"])
def test_a_patch_changes_only_what_it_names(owner: httpx.Client, content_type: str) -> None:
    before = owner.post("/api/v4/datasets", json=dataset(keywords=["apoferritin"])).json()

    answer = owner.patch(path(), content=b'{"description": "new"}', headers={"content-type": content_type})

    after = answer.json()
    assert after == before | {"description": "new", "updatedAt": after["updatedAt"]}
    assert owner.get(path()).json() == after


@pytest.mark.parametrize("field", ["pid", "type", "managed", "createdBy", "unknown", "history"])
@pytest.mark.parametrize("version", ["v3", "v4"])
def test_what_is_not_a_clients_to_change_is_refused(owner: httpx.Client, version: str, field: str) -> None:
    owner.post("/api/v4/datasets", json=dataset())

    answer = owner.patch(path(version=version), json={field: "x"})

    assert answer.status_code == 400
    assert f"property {field} should not exist" in str(answer.json()["message"])


def test_null_changes_nothing_in_plain_json_and_sets_the_default_in_a_merge_patch(owner: httpx.Client) -> None:
    owner.post("/api/v4/datasets", json=dataset(description="old", keywords=["tomo"]))
    nothing = {"description": None, "keywords": None}

    plain = owner.patch(path(), json=nothing).json()
    merged = merge(owner, nothing).json()

    assert (plain["description"], plain["keywords"]) == ("old", ["tomo"])
    assert ("description" in merged, merged["keywords"]) == (False, [])


def test_what_is_required_cannot_be_taken_away(owner: httpx.Client) -> None:
    owner.post("/api/v4/datasets", json=dataset())

    answer = merge(owner, {"datasetName": None})

    assert (answer.status_code, answer.json()["message"]) == (400, ["datasetName must be a string"])


def test_merge_patch_merges_the_scientific_metadata(owner: httpx.Client) -> None:
    owner.post("/api/v4/datasets", json=dataset(scientificMetadata={"a": 1, "b": {"c": 2, "d": 3}}))

    answer = merge(owner, {"scientificMetadata": {"b": {"c": None}, "e": 4}})

    assert answer.json()["scientificMetadata"] == {"a": 1, "b": {"d": 3}, "e": 4}


def test_plain_json_replaces_the_scientific_metadata(owner: httpx.Client) -> None:
    owner.post("/api/v4/datasets", json=dataset(scientificMetadata={"a": 1, "b": {"c": 2}}))

    answer = owner.patch(path(), json={"scientificMetadata": {"e": 4}})

    assert answer.json()["scientificMetadata"] == {"e": 4}


def test_quantities_are_in_si_units_too_and_follow_each_change(owner: httpx.Client) -> None:
    made = owner.post("/api/v4/datasets", json=dataset(scientificMetadata={"length": LENGTH})).json()
    changed = merge(owner, {"scientificMetadata": {"length": {"value": 2, "unit": "mm", "valueSI": 9}}}).json()

    assert made["scientificMetadata"]["length"] == LENGTH | {"valueSI": 1, "unitSI": "m"}
    assert changed["scientificMetadata"]["length"] == LENGTH | {
        "value": 2,
        "unit": "mm",
        "valueSI": 0.002,
        "unitSI": "m",
    }


@pytest.mark.parametrize(
    ("patch", "named"),
    [
        ({"length": {"value": 2}}, "scientificMetadata.length"),
        ({"length": {"unit": "mm"}}, "scientificMetadata.length"),
        ({"length": {"value": 2, "valueSI": 2}}, "scientificMetadata.length"),
        (
            {"deep": {"width": {"value": 2}}, "length": {"value": 1}},
            "scientificMetadata.deep.width, scientificMetadata.length",
        ),
    ],
)
def test_value_and_unit_are_only_changed_together(owner: httpx.Client, patch: dict[str, Any], named: str) -> None:
    stored = {"length": LENGTH, "deep": {"width": LENGTH}, "number": {"value": 3}}
    owner.post("/api/v4/datasets", json=dataset(scientificMetadata=stored))

    answers = [merge(owner, {"scientificMetadata": patch}), owner.patch(path(), json={"scientificMetadata": patch})]

    message = f"Original dataset {PID} contains both value and unit in {named}. Please provide both when updating."
    assert [(answer.status_code, answer.json()["message"]) for answer in answers] == [(400, message)] * 2


def test_a_value_without_a_unit_is_changed_alone(owner: httpx.Client) -> None:
    owner.post("/api/v4/datasets", json=dataset(scientificMetadata={"number": {"value": 3}}))

    answer = merge(owner, {"scientificMetadata": {"number": {"value": 4}}})

    assert answer.json()["scientificMetadata"] == {"number": {"value": 4}}


def test_v3_changes_single_values(owner: httpx.Client) -> None:
    owner.post("/api/v3/datasets", json=dataset_v3(instrumentId="scope 1"))

    changed = owner.patch(path(version="v3"), json={"proposalId": "one", "instrumentId": "scope 2"}).json()

    assert (changed["proposalIds"], changed["instrumentIds"]) == (["one"], ["scope 2"])
    assert (changed["principalInvestigators"], changed["instrumentId"]) == (["Dr. P"], "scope 2")


@pytest.mark.parametrize(("kind", "status"), [("raw", 200), ("derived", 400), ("custom", 400)])
def test_v3_takes_the_type_that_a_dataset_has(owner: httpx.Client, kind: str, status: int) -> None:
    owner.post("/api/v3/datasets", json=dataset_v3())

    answer = owner.patch(path(version="v3"), json={"type": kind, "description": "new"})

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("field", "entries", "added"),
    [
        ("keywords", ["spa", "tomo", "spa"], ["tomo", "spa"]),
        ("accessGroups", ["p3"], ["p2", "p3"]),
        ("techniques", [{"pid": "t", "name": "T"}], [{"pid": "t", "name": "T"}]),
    ],
)
def test_entries_are_added_to_a_list_once(owner: httpx.Client, field: str, entries: Json, added: Json) -> None:
    owner.post("/api/v4/datasets", json=dataset(keywords=["tomo"]))

    answer = owner.post(
        path(PID, "appendToArrayField", version="v3"), params={"fieldName": field, "data": json.dumps(entries)}
    )

    assert answer.status_code == 201
    assert owner.get(path()).json()[field] == added


@pytest.mark.parametrize(
    ("field", "data"),
    [("description", '["a"]'), ("nothing", '["a"]'), ("keywords", '"a"'), ("keywords", "["), ("keywords", "[1]")],
)
def test_only_lists_are_added_to(owner: httpx.Client, field: str, data: str) -> None:
    owner.post("/api/v4/datasets", json=dataset())

    answer = owner.post(path(PID, "appendToArrayField", version="v3"), params={"fieldName": field, "data": data})

    assert answer.status_code == 400


def test_what_is_changed_is_found_by_its_new_words_at_once(as_: As, owner: httpx.Client) -> None:
    owner.post("/api/v4/datasets", json=dataset(keywords=["tomo"], description="ribosome"))

    owner.patch(path(), json={"keywords": ["spa"], "description": "capsid", "accessGroups": ["p9"]})

    counts = [
        owner.get("/api/v4/datasets/count", params={"filter": json.dumps({"where": where})}).json()["count"]
        for where in ({"keywords": "tomo"}, {"keywords": "spa"}, {"$text": {"$search": "ribosome"}})
    ]
    assert counts == [0, 1, 0]
    assert [as_(who).get(path()).status_code for who in ("stranger", "member")] == [200, 403]
