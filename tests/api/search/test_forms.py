"""`fullquery` and `fullfacet`: what a search form finds and counts."""

import json

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog_api.json_type import Json
from tests.api.bodies import As, dataset

ACQUISITION = {
    "pixel_size": {"value": 0.083, "unit": "nm"},
    "dose": {"value": 40, "unit": "e/Å^2"},
    "camera": "Falcon 4i",
}
ROUTES = ("datasets/fullquery", "datasets/fullfacet", "datasets/metadataKeys", "jobs/fullquery", "jobs/fullfacet")
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=5), inner, max_size=2)),
    max_leaves=5,
)
NAMES = st.sampled_from(["mode", "text", "userGroups", "scientific", "characteristics", "creationTime", "type", "x"])
RELATIONS = st.sampled_from(["GREATER_THAN", "RANGE", "CONTAINS_STRING", "EQUAL_TO", "x", None])
SCIENTIFIC = st.fixed_dictionaries({}, optional={"lhs": JSON, "relation": RELATIONS, "rhs": JSON, "unit": JSON})


@pytest.fixture
def client(as_: As) -> httpx.Client:
    """A scientist of p1 who sees a, b and c; d is hidden."""
    common = {"keywords": ["spa", "krios"], "description": "apoferritin"}
    as_("owner").post("/api/v4/datasets", json=dataset("a", scientificMetadata={"acquisition": ACQUISITION}, **common))
    as_("owner").post("/api/v4/datasets", json=dataset("b", type="derived", creationTime="2026-11-21T08:00:00Z"))
    other = {"acquisition": {"pixel_size": 5}}
    as_("owner").post("/api/v4/datasets", json=dataset("c", size=5, scientificMetadata=other))
    as_("admin").post("/api/v4/datasets", json=dataset("d", ownerGroup="p9", accessGroups=[], **common))
    return as_("owner")


def _get(client: httpx.Client, route: str, **parameters: Json) -> Json:
    sent = {name: json.dumps(value) for name, value in parameters.items()}
    answer = client.get(f"/api/v3/datasets/{route}", params=sent)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "abc"),
        ({"type": ["derived"]}, "b"),
        ({"type": ["derived", "raw"]}, "abc"),
        ({"keywords": ["spa", "tomo"]}, "a"),
        ({"creationTime": {"begin": "2026-11-21", "end": "2026-11-22"}}, "b"),
        ({"creationTime": {"begin": "2026-11-21"}}, "b"),
        ({"size": {"min": 1, "max": 9}}, "c"),
        ({"isPublished": False, "ownerGroup": "p1"}, "abc"),
        ({"text": "apoferritin"}, "a"),
        ({"text": ""}, "abc"),
        ({"mode": {"$or": [{"pid": "a"}, {"pid": "b"}]}}, "ab"),
        ({"mode": {}}, "abc"),
        ({"userGroups": ["p2"]}, "abc"),
        ({"userGroups": ["p9"]}, ""),
        ({"datasetName": {"regex": "GRID", "options": "i"}}, "abc"),
        ({"pid": "a"}, "a"),
        ({"datasetlifecycle.archiveStatusMessage": "datasetCreated"}, "abc"),
    ],
)
def test_a_form_finds_by_values_several_values_and_bounds(client: httpx.Client, fields: Json, expected: str) -> None:
    assert "".join(sorted(item["pid"] for item in _get(client, "fullquery", fields=fields))) == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (("acquisition.pixel_size", "LESS_THAN", 1, "Å"), "a"),
        (("acquisition.pixel_size.value", "LESS_THAN", 1, "Å"), "a"),
        (("acquisition.pixel_size", "GREATER_THAN", "0.8", "Å"), "a"),
        (("acquisition.pixel_size", "EQUAL_TO_NUMERIC", 0.83, "Å"), "a"),
        (("acquisition.pixel_size", "RANGE", [0.8, 0.9], "Å"), "a"),
        (("acquisition.pixel_size", "RANGE", [0.83, 0.9], "Å"), ""),
        (("acquisition.pixel_size", "LESS_THAN_OR_EQUAL", 8.3e-5, "um"), "a"),
        (("acquisition.pixel_size", "LESS_THAN", 1, "s"), ""),
        (("acquisition.pixel_size", "LESS_THAN", 1, ""), "a"),
        (("acquisition.pixel_size", "GREATER_THAN_OR_EQUAL", 0.083, None), "ac"),
        (("acquisition.pixel_size", "RANGE", [0, 5], ""), "a"),
        (("acquisition.dose", "GREATER_THAN", 39, "1/Å^2"), "a"),
        (("acquisition.camera", "EQUAL_TO_STRING", "Falcon 4i", ""), "a"),
        (("acquisition.camera", "CONTAINS_STRING", "falcon", ""), "a"),
        (("acquisition.camera", "CONTAINS_STRING", "f.lcon", ""), ""),
    ],
)
def test_a_form_finds_by_metadata_in_any_unit(client: httpx.Client, asked: tuple[Json, ...], expected: str) -> None:
    sent = {"scientific": [dict(zip(("lhs", "relation", "rhs", "unit"), asked, strict=True))]}

    assert "".join(sorted(item["pid"] for item in _get(client, "fullquery", fields=sent))) == expected


def test_a_form_is_answered_page_by_page(client: httpx.Client) -> None:
    limits = {"limit": 1, "skip": 1, "order": "pid:desc"}

    assert [item["pid"] for item in _get(client, "fullquery", fields={}, limits=limits)] == ["b"]


def test_facets_count_what_is_visible_by_values_largest_first(client: httpx.Client) -> None:
    names = [
        "type",
        "keywords",
        "creationTime",
        "datasetlifecycle.archivable",
        "isPublished",
        "nothing",
        "techniques.name",
    ]

    [counted] = _get(client, "fullfacet", fields={}, facets=[*names, "scientificMetadata.acquisition.camera"])

    assert counted == {
        "type": [{"_id": "raw", "count": 2}, {"_id": "derived", "count": 1}],
        "keywords": [{"_id": "spa", "count": 1}, {"_id": "krios", "count": 1}],
        "creationTime": [
            {"_id": {"year": 2026, "month": 11, "day": 21}, "count": 1},
            {"_id": {"year": 2026, "month": 11, "day": 20}, "count": 2},
        ],
        "archivable": [{"_id": True, "count": 3}],
        "isPublished": [{"_id": False, "count": 3}],
        "techniques.name": [],
        "scientificMetadata.acquisition.camera": [{"_id": "Falcon 4i", "count": 1}],
        "all": [{"totalSets": 3}],
    }


def test_facets_follow_the_form_and_the_filter(client: httpx.Client) -> None:
    [by_form] = _get(client, "fullfacet", fields={"type": ["derived"]}, facets=["type"])
    [by_filter] = _get(client, "fullfacet", filter={"where": {"keywords": "spa"}}, facets=["type"])
    [nothing] = _get(client, "fullfacet", fields={"type": "none"}, facets=["type"])

    assert by_form == {"type": [{"_id": "derived", "count": 1}], "all": [{"totalSets": 1}]}
    assert by_filter == {"type": [{"_id": "raw", "count": 1}], "all": [{"totalSets": 1}]}
    assert nothing == {"type": [], "all": []}


@pytest.mark.parametrize("facet", ["jobParameters.tags", "techniques.pid"])
def test_facets_count_each_entry_of_a_list(as_: As, facet: str) -> None:
    lists: list[list[Json]] = [["x", "y"], ["x", 1], []]
    for number, entries in enumerate(lists):
        techniques = [{"pid": str(entry), "name": "n"} for entry in entries]
        body = dataset(f"d{number}", jobParameters={"tags": entries}, techniques=techniques)
        assert as_("owner").post("/api/v4/datasets", json=body).status_code == 201

    [counted] = _get(as_("owner"), "fullfacet", facets=[facet])

    assert {str(entry["_id"]): entry["count"] for entry in counted[facet]} == {"x": 2, "y": 1, "1": 1}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    fields=st.one_of(JSON, st.dictionaries(NAMES, st.one_of(JSON, st.lists(SCIENTIFIC, max_size=2)), max_size=2)),
    limits=JSON,
    facets=st.one_of(JSON, st.lists(st.text(max_size=5), max_size=2)),
)
def test_any_form_is_answered_or_refused(as_: As, fields: Json, limits: Json, facets: Json) -> None:
    sent = {"fields": json.dumps(fields), "limits": json.dumps(limits), "facets": json.dumps(facets)}
    for route in ROUTES:
        answer = as_("stranger").get(f"/api/v3/{route}", params=sent)

        assert answer.status_code in {200, 400}
