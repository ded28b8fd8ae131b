"""Filters of lists: pages, order, fields, what is refused and in which words."""

import json
from typing import Any

import httpx
import pytest

from catalog_api.json_type import Json
from catalog_api.wire.filters import Include, Listing, parse_filter
from emdewar.errors import RefusedError
from tests.api.bodies import As, dataset


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"limits":{"limit":1},}', "Expected double-quoted property name in JSON at position 22 (line 1 column 23)"),
        ("{", "Expected property name or '}' in JSON at position 1 (line 1 column 2)"),
        ('{"a":1', "Expected ',' or '}' after property value in JSON at position 6 (line 1 column 7)"),
        ("[1", "Expected ',' or ']' after array element in JSON at position 2 (line 1 column 3)"),
        ('{"a" 1}', "Expected ':' after property name in JSON at position 5 (line 1 column 6)"),
        ('{"a":', "Unexpected end of JSON input"),
        ('{"a":"x', "Unterminated string in JSON at position 7 (line 1 column 8)"),
        ('{"a":"\\q"}', "Bad escaped character in JSON at position 6 (line 1 column 7)"),
        ('"a\nb"', "Bad control character in string literal in JSON at position 2 (line 1 column 3)"),
        ("{} x", "Unexpected non-whitespace character after JSON at position 3 (line 1 column 4)"),
        ("not-valid-json{", "Unexpected token 'n', \"not-valid-json{\" is not valid JSON"),
        ('{"where": {"pid": undefined}}', 'Unexpected token \'u\', ...": {"pid": undefined}"... is not valid JSON'),
        ("[1,\n2 3]", "Expected ',' or ']' after array element in JSON at position 6 (line 2 column 3)"),
    ],
)
def test_bad_json_is_refused_in_the_words_that_clients_know(text: str, fault: str) -> None:
    with pytest.raises(RefusedError) as refused:
        parse_filter(text, default_limit=10)

    assert str(refused.value) == f"Invalid JSON in filter: {fault}"


@pytest.mark.parametrize(
    ("sent", "order"),
    [
        ({"limits": {"order": "pid:desc"}}, (("pid", True),)),
        ({"limits": {"order": "pid desc"}}, (("pid", True),)),
        ({"limits": {"order": "pid"}}, (("pid", False),)),
        ({"limits": {"order": ["type:asc", "pid:desc"]}}, (("type", False), ("pid", True))),
        ({"limits": {"sort": {"type": "asc", "pid": "desc"}}}, (("type", False), ("pid", True))),
        ({"limits": {"sort": {"pid": -1}}}, (("pid", True),)),
        ({"order": "pid DESC"}, (("pid", True),)),
        ({}, ()),
    ],
)
def test_an_order_is_written_in_many_ways(sent: dict[str, Any], order: tuple[tuple[str, bool], ...]) -> None:
    assert parse_filter(json.dumps(sent), default_limit=10).order == order


@pytest.mark.parametrize(
    "sent",
    [
        [],
        {"limits": {"limit": -1}},
        {"limits": {"limit": 10_001}},
        {"limits": {"limit": 1.5}},
        {"limits": {"skip": 2**31 + 1}},
        {"limits": {"order": "pid:sideways"}},
        {"limits": [1]},
        {"where": [1]},
        {"fields": 5},
        {"fields": [1]},
        {"include": 5},
        {"include": [{"scope": {}}]},
        {"include": [{"relation": "proposals", "required": "some"}]},
        {"include": ["proposals"] * 21},
        {"include": [{"relation": "proposals", "scope": {"limits": {"limit": "all"}}}]},
    ],
)
def test_what_is_no_filter_is_refused(sent: Json) -> None:
    with pytest.raises(RefusedError) as refused:
        parse_filter(json.dumps(sent), default_limit=10)

    assert refused.value.reason == "badRequest"


def test_related_documents_have_filters_of_their_own() -> None:
    scope = {"where": {"pi_email": "x"}, "fields": ["abstract"], "limits": {"limit": 1, "order": "title:desc"}}
    sent = {"include": ["samples", {"relation": "proposals", "scope": scope, "required": True}]}

    samples, proposals = parse_filter(json.dumps(sent), default_limit=10).include

    assert (samples.relation, samples.required, samples.listing.limit) == ("samples", None, 10_000)
    assert (proposals.relation, proposals.required) == ("proposals", "some")
    assert (proposals.listing.where, proposals.listing.limit) == ({"pi_email": "x"}, 1)
    assert proposals.listing.order == (("title", True),)


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ([], {"_id": 1, "a": 2, "b": {"c": 3, "d": 4}, "l": [{"c": 5, "d": 6}]}),
        (["a"], {"_id": 1, "a": 2}),
        (["b.c", "l.c"], {"_id": 1, "b": {"c": 3}, "l": [{"c": 5}]}),
        ({"a": 1, "b": 0}, {"_id": 1, "a": 2}),
        ({"a": True}, {"_id": 1, "a": 2}),
        ({"b": 0, "l": False}, {"_id": 1, "a": 2}),
        ({"b.c": 0}, {"_id": 1, "a": 2, "b": {"d": 4}, "l": [{"c": 5, "d": 6}]}),
        (["nothing"], {"_id": 1}),
        ("a", {"_id": 1, "a": 2}),
    ],
)
def test_answers_hold_the_fields_that_were_asked_for(fields: Json, kept: dict[str, Any]) -> None:
    listing = parse_filter(json.dumps({"fields": fields}), default_limit=10)
    item = {"_id": 1, "a": 2, "b": {"c": 3, "d": 4}, "l": [{"c": 5, "d": 6}]}

    assert listing.project(item) == kept


def test_related_documents_stay_beside_the_fields() -> None:
    asked = Listing(include=(Include("proposals", Listing()), Include("samples", Listing())))
    fields = parse_filter('{"fields": ["a", "samples.b"]}', default_limit=10).fields
    listing = Listing(fields=fields, include=asked.include)
    item = {"_id": 1, "a": 2, "c": 3, "proposals": [{"x": 4}], "samples": [{"b": 5, "x": 6}]}

    assert listing.project(item) == {"_id": 1, "a": 2, "proposals": [{"x": 4}], "samples": [{"b": 5}]}


def test_v4_lists_ten_and_the_newest_first_and_v3_a_hundred_and_the_oldest_first(owner: httpx.Client) -> None:
    names = [f"grid {number:02}" for number in range(12)]
    for name in names:
        assert owner.post("/api/v4/datasets", json=dataset(None, datasetName=name)).status_code == 201

    newest, oldest = (owner.get(f"/api/{version}/datasets").json() for version in ("v4", "v3"))

    assert [item["datasetName"] for item in newest] == names[:1:-1]
    assert [item["datasetName"] for item in oldest] == names


def test_pages_show_every_dataset_once(owner: httpx.Client) -> None:
    for number in range(7):
        owner.post("/api/v4/datasets", json=dataset(f"d{number}", datasetName="the same"))

    for order in ("datasetName:asc", "createdAt:desc", "scientificMetadata.a:asc", "jobParameters.a.b:desc"):
        filters = [{"limits": {"limit": 3, "skip": skip, "order": order}} for skip in (0, 3, 6)]
        pages = [owner.get("/api/v4/datasets", params={"filter": json.dumps(sent)}).json() for sent in filters]

        assert sorted(item["pid"] for page in pages for item in page) == [f"d{number}" for number in range(7)]


def test_lists_are_sorted_by_code_point_with_nothing_first(owner: httpx.Client) -> None:
    for pid, description in (("a", "b"), ("b", "B"), ("c", None), ("d", "ä"), ("e", "_")):
        assert owner.post("/api/v4/datasets", json=dataset(pid, description=description)).status_code == 201

    up, down = (
        owner.get("/api/v4/datasets", params={"filter": json.dumps({"limits": {"order": f"description:{way}"}})}).json()
        for way in ("asc", "desc")
    )

    assert "".join(item["pid"] for item in up) == "cbead"
    assert "".join(item["pid"] for item in down) == "daebc"


def test_a_filter_in_the_address_and_in_the_header_is_refused(owner: httpx.Client) -> None:
    text = json.dumps({"where": {"pid": "a"}})

    answers = [
        owner.get("/api/v4/datasets", headers={"filter": text}),
        owner.get("/api/v4/datasets", params={"filter": text}, headers={"filter": text}),
    ]

    assert [answer.status_code for answer in answers] == [200, 400]


@pytest.mark.parametrize("sent", [{"customField": {"pid": "a"}}, {"limits": {"offset": 5}}, {"where": {"custom": 1}}])
def test_v4_refuses_parts_of_a_filter_that_it_does_not_know(owner: httpx.Client, sent: dict[str, Any]) -> None:
    answer = owner.get("/api/v4/datasets", params={"filter": json.dumps(sent)})

    assert answer.status_code == 400
    assert "should not exist in the filter object" in answer.json()["message"]


def test_v3_passes_over_parts_of_a_filter_that_it_does_not_know(owner: httpx.Client) -> None:
    owner.post("/api/v4/datasets", json=dataset("a"))

    answer = owner.get("/api/v3/datasets", params={"filter": '{"customField": 1, "limit": 5}'})

    assert [item["pid"] for item in answer.json()] == ["a"]


def test_one_page_holds_at_most_what_the_site_allows(as_: As) -> None:
    answer = as_("owner").get("/api/v4/datasets", params={"filter": '{"limits": {"limit": 10001}}'})

    assert answer.status_code == 400
    assert "10000" in answer.json()["message"]
