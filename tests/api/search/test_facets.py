"""Facets as the pages of SciCat's frontend ask for them, by people who see a part of the catalog."""

import json

import httpx
import pytest

from tests.api.bodies import As, dataset

METADATA = {"specimen": {"name": "apoferritin"}, "detector": {"name": "K3"}}


@pytest.fixture
def scientist(as_: As, flows: httpx.Client) -> httpx.Client:
    """Somebody who sees some of the datasets; the catalog has one more."""
    shared = {"accessGroups": ["p1"], "keywords": ["spike", "K3"], "scientificMetadata": METADATA}
    for pid, group in (("f/1", "p1"), ("f/2", "p9")):
        body = dataset(pid, ownerGroup=group) | shared
        assert flows.post("/api/v4/datasets", json=body).status_code == 201
    hidden = dataset("f/3", ownerGroup="p9") | shared | {"accessGroups": []}
    assert flows.post("/api/v4/datasets", json=hidden).status_code == 201
    return as_("owner")


@pytest.mark.parametrize("version", ["v3", "v4"])
@pytest.mark.parametrize("fields", [{}, {"keywords": ["spike"]}, {"userGroups": ["p1"]}], ids=str)
def test_words_of_lists_are_counted_whatever_the_condition_is_about(
    scientist: httpx.Client, version: str, fields: dict[str, list[str]]
) -> None:
    asked = {"fields": json.dumps(fields), "facets": json.dumps(["keywords", "accessGroups", "ownerGroup"])}

    answer = scientist.get(f"/api/{version}/datasets/fullfacet", params=asked)

    assert answer.status_code == 200
    [counted] = answer.json()
    assert counted["all"] == [{"totalSets": 2}]
    assert {entry["_id"]: entry["count"] for entry in counted["keywords"]} == {"spike": 2, "K3": 2}


def test_texts_of_metadata_are_counted_whatever_the_condition_is_about(scientist: httpx.Client) -> None:
    condition = {"lhs": "detector.name", "relation": "EQUAL_TO_STRING", "rhs": "K3"}
    asked = {
        "fields": json.dumps({"scientific": [condition]}),
        "facets": json.dumps(["scientificMetadata.specimen.name"]),
    }

    answer = scientist.get("/api/v3/datasets/fullfacet", params=asked)

    assert answer.status_code == 200
    [counted] = answer.json()
    assert counted["scientificMetadata.specimen.name"] == [{"_id": "apoferritin", "count": 2}]
