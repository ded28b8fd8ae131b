"""SciCat's clients find what they know: paths in any case, v3 beside v4, filters, and errors in Nest's shape."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.bodies import PID, dataset, dataset_v3, path


@pytest.mark.parametrize(
    "route",
    [
        "/api/v4/Datasets/20.500%2Fabc",
        "/API/V4/datasets/20.500%2Fabc/",
        "/api/v3/Datasets/20.500%2fabc",
        "/api/v3/DATASETS/20.500%2Fabc/DatasetLifecycle",
    ],
)
def test_paths_are_read_in_any_case_with_the_identifier_in_one_segment(owner: httpx.Client, route: str) -> None:
    owner.post("/api/v4/datasets", json=dataset())

    assert owner.get(route).status_code == 200


@pytest.mark.parametrize("pid", ["a/b c/d+e", "20.500/ABC", "ä/%2F", "count ", "my/self"])
def test_any_identifier_comes_back_as_it_was_sent(owner: httpx.Client, pid: str) -> None:
    made = owner.post("/api/v4/datasets", json=dataset(pid))

    found = owner.get(path(pid))

    assert (made.status_code, found.status_code) == (201, 200)
    assert found.json()["pid"] == pid


def test_a_v4_dataset_is_read_back_as_it_was_answered(owner: httpx.Client) -> None:
    made = owner.post("/api/v4/datasets", json=dataset(scientificMetadata={"dose": {"value": 40, "unit": "e"}})).json()

    found = owner.get(path()).json()

    assert found == made
    assert made["creationTime"] == "2026-11-20T12:00:00.000Z"
    assert (made["version"], made["jobParameters"], made["_id"]) == ("4", None, PID)


def test_v3_has_single_values_beside_the_lists(owner: httpx.Client) -> None:
    body = dataset_v3(None, principalInvestigator="Dr. P", proposalId="prop-1")

    made = owner.post("/api/v3/Datasets", json=body).json()

    assert (made["principalInvestigator"], made["principalInvestigators"]) == ("Dr. P", ["Dr. P"])
    assert (made["proposalId"], made["proposalIds"]) == ("prop-1", ["prop-1"])
    assert (made["datasetName"], made["version"]) == ("p1/grid4", "3")


def test_a_misspelt_property_is_refused_by_name(owner: httpx.Client) -> None:
    answer = owner.post("/api/v4/datasets", json=dataset(ownerGruop="p1"))

    assert answer.status_code == 400
    assert answer.json() == {
        "message": ["property ownerGruop should not exist"],
        "error": "Bad Request",
        "statusCode": 400,
    }


def test_the_same_identifier_twice_is_a_conflict(owner: httpx.Client) -> None:
    statuses = [owner.post("/api/v4/datasets", json=dataset()).status_code for _ in range(2)]

    assert statuses == [201, 409]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({"ownerGroup": "p1"}, "abc"),
        ({"datasetlifecycle.archiveStatusMessage": "datasetCreated"}, "abc"),
        ({"datasetlifecycle.archivable": False}, ""),
        ({"pid": {"inq": ["a", "c", "z"]}}, "ac"),
        ({"pid": {"nin": ["a"]}}, "bc"),
        ({"keywords": "tomo"}, "ac"),
        ({"keywords": {"neq": "tomo"}}, "b"),
        ({"keywords": {"inq": ["spa", "xyz"]}}, "b"),
        ({"or": [{"pid": "a"}, {"keywords": "spa"}]}, "ab"),
        ({"$and": [{"pid": {"gte": "b"}}, {"keywords": "tomo"}]}, "c"),
        ({"creationTime": {"gt": "2026-11-21T00:00:00Z"}}, "c"),
        ({"description": None}, "abc"),
    ],
)
def test_lists_and_counts_follow_the_filter(owner: httpx.Client, where: dict[str, Any], found: str) -> None:
    for pid, keyword, day in (("a", "tomo", 20), ("b", "spa", 20), ("c", "tomo", 22)):
        body = dataset(pid, keywords=[keyword], creationTime=f"2026-11-{day}T12:00:00Z")
        assert owner.post("/api/v4/datasets", json=body).status_code == 201
    text = json.dumps({"where": where, "limits": {"order": "pid:asc"}})

    listed, counted = (owner.get(f"/api/v4/datasets{end}", params={"filter": text}) for end in ("", "/count"))

    assert "".join(item["pid"] for item in listed.json()) == found
    assert counted.json()["count"] == len(found)


def test_lists_are_paged_sorted_and_cut_to_the_fields(owner: httpx.Client) -> None:
    for pid in "abcd":
        owner.post("/api/v4/datasets", json=dataset(pid))
    text = json.dumps({"fields": ["pid"], "limits": {"limit": 2, "skip": 1, "sort": {"pid": "desc"}}})

    answer = owner.get("/api/v4/datasets", params={"filter": text})

    assert answer.json() == [{"_id": "c", "pid": "c"}, {"_id": "b", "pid": "b"}]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"where": 5}',
        '{"where": {"nothing": 1}}',
        '{"where": {"pid": {"$regex": "("}}}',
        '{"where": {"size": "five"}}',
        '{"where": {"or": []}}',
        '{"limits": {"limit": -1}}',
        '{"limits": {"limit": 100000000}}',
        '{"limits": {"order": "keywords:asc"}}',
        '{"where": {"size": 99999999999999999999}}',
        '{"where": {"pid": "\\u0000"}}',
        '{"where": {"pid": "\\ud800"}}',
        '{"where":' * 500 + "1" + "}" * 500,
        '{"where": {"creationTime": "yesterday"}}',
        '{"where": {"dataQualityMetrics": NaN}}',
    ],
)
@pytest.mark.parametrize("route", ["/api/v4/datasets", "/api/v4/datasets/public", "/api/v3/datasets"])
def test_a_filter_that_makes_no_sense_is_a_bad_request(owner: httpx.Client, route: str, text: str) -> None:
    answer = owner.get(route, params={"filter": text})

    assert answer.status_code == 400
    assert answer.json()["error"] == "Bad Request"


WORDS = st.sampled_from(
    ["where", "limits", "order", "fields", "pid", "keywords", "size", "inq", "neq", "and", "or", "gt", "limit", "skip"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | WORDS, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.dictionaries(WORDS, JSON, max_size=4), where=st.dictionaries(WORDS, JSON, max_size=3))
def test_no_filter_whatever_is_a_failure_of_the_server(
    owner: httpx.Client, content: dict[str, Any], where: dict[str, Any]
) -> None:
    text = json.dumps({"where": where} | content)

    statuses = [
        owner.get(f"/api/v3/{entity}", params={"filter": text}).status_code
        for entity in ("datasets", "datasets/count", "jobs", "datablocks", "origdatablocks")
    ]

    assert set(statuses) <= {200, 400}


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b'{"pid": "a\\u0000b"}', 400),
        (b'{"pid": "\\ud800"}', 400),
        (b'{"pid": "\xed\xa0\x80"}', 400),
        (b'{"size": 1' + b"0" * 5000 + b"}", 400),
        (b'{"size": 1e999}', 400),
        (b'{"dataQualityMetrics": Infinity}', 400),
        (b'{"creationTime": "0001-01-01T00:00:00+14:00"}', 400),
        (b'{"scientificMetadata": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
        (b"\xff\xfe", 400),
        (b"null", 400),
        (b"", 400),
        (b" " * (16 * 1024 * 1024 + 1), 413),
    ],
)
def test_a_body_that_cannot_be_kept_is_never_a_failure_of_the_server(
    owner: httpx.Client, content: bytes, status: int
) -> None:
    for method, route in (("POST", "/api/v4/datasets"), ("POST", "/api/v3/datasets"), ("POST", "/api/v3/auth/login")):
        answer = owner.request(method, route, content=content, headers={"content-type": "application/json"})

        assert answer.status_code == status
        assert answer.json()["statusCode"] == status


@pytest.mark.parametrize("route", ["/api/v4/datasets/a%00b", "/api/v4/datasets/%ff%fe", "/api/v4/datasets?filter=%00"])
def test_an_address_that_is_no_text_is_a_bad_request(anonymous: httpx.Client, route: str) -> None:
    assert anonymous.get(route).status_code == 400


@pytest.mark.parametrize("route", ["/", "/api", "/api/v3/nothing", "/nothing", "//", "/api/v4/datasets/a/b/c/d/e"])
def test_an_unknown_address_is_not_found_in_nests_shape(anonymous: httpx.Client, route: str) -> None:
    answer = anonymous.get(route)

    assert answer.json() == {"message": "Not Found", "error": "Not Found", "statusCode": 404}


def test_the_documentation_page_needs_nothing_from_elsewhere(anonymous: httpx.Client) -> None:
    page = anonymous.get("/docs")

    assert page.status_code == 200
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert "/api/v4/datasets/{pid}/datasetlifecycle" in page.text
    assert anonymous.get("/explorer").headers["location"] == "docs"


def test_every_route_says_what_it_does(anonymous: httpx.Client) -> None:
    document = anonymous.get("/openapi.json").json()

    operations = [operation for item in document["paths"].values() for operation in item.values()]
    assert len(operations) > 50
    assert all(operation["summary"] and operation["description"] and operation["tags"] for operation in operations)


def test_health_is_told_to_anybody(anonymous: httpx.Client) -> None:
    assert anonymous.get("/api/v3/health").json()["status"] == "ok"
