"""Proposals in the v4 dialect, and what of them is public."""

import json
from typing import Any

import httpx
import pytest

from catalog_api.json_type import Json
from tests.api.bodies import As
from tests.api.document_bodies import made, proposal, sample

PROPOSALS = "/api/v4/proposals"
PUBLIC = f"{PROPOSALS}/public"
ONE = f"{PROPOSALS}/20260001"


@pytest.fixture
def office(as_: As) -> httpx.Client:
    """Somebody of the user office."""
    return as_("office")


def merge_patch(client: httpx.Client, address: str, body: Json) -> httpx.Response:
    """Send a merge patch."""
    return client.patch(address, content=json.dumps(body), headers={"Content-Type": "application/merge-patch+json"})


@pytest.mark.parametrize("where", ["", "/count", "/findOne", "/fullfacet", "/20260001"])
def test_without_a_token_only_the_public_addresses_answer(as_: As, anonymous: httpx.Client, where: str) -> None:
    made(as_, "proposals", proposal(isPublished=True))

    answers = [anonymous.get(f"{PROPOSALS}{where}"), anonymous.get(f"{PUBLIC}{where}")]

    assert [answer.status_code for answer in answers] == [403, 200]


def test_what_is_not_published_is_not_public_even_for_its_owner(as_: As, owner: httpx.Client) -> None:
    made(as_, "proposals", proposal())

    seen = [
        owner.get(PUBLIC).json(),
        owner.get(f"{PUBLIC}/count").json(),
        owner.get(f"{PUBLIC}/findOne").content,
        owner.get(f"{PUBLIC}/20260001").status_code,
    ]

    assert seen == [[], {"count": 0}, b"", 404]


def test_the_newest_proposal_comes_first(office: httpx.Client) -> None:
    for key in ("2", "1", "3"):
        office.post(PROPOSALS, json=proposal(key))

    answer = office.get(PROPOSALS)

    assert [one["proposalId"] for one in answer.json()] == ["3", "1", "2"]


def test_a_merge_patch_merges_metadata(office: httpx.Client) -> None:
    office.post(PROPOSALS, json=proposal(metadata={"panel": {"grade": "A", "year": 2026}, "old": True}))

    answer = merge_patch(office, ONE, {"metadata": {"panel": {"grade": "B"}, "old": None}})

    assert answer.json()["metadata"] == {"panel": {"grade": "B", "year": 2026}}


def test_plain_json_replaces_metadata(office: httpx.Client) -> None:
    office.post(PROPOSALS, json=proposal())

    answer = office.patch(ONE, json={"metadata": {"new": 1}})

    assert answer.json()["metadata"] == {"new": 1}


def test_an_empty_patch_is_refused(office: httpx.Client) -> None:
    office.post(PROPOSALS, json=proposal())

    answer = office.patch(ONE, json={})

    assert answer.status_code == 400


def test_put_takes_away_what_is_not_sent(office: httpx.Client) -> None:
    office.post(PROPOSALS, json=proposal(keywords=["iron"]))
    body = {"title": "New", "email": "a.scientist@example.org", "ownerGroup": "p1"}

    answer = office.put(ONE, json=body)

    assert answer.status_code == 200
    assert answer.json().items() >= body.items()
    assert (answer.json()["abstract"], answer.json()["keywords"], answer.json()["metadata"]) == (None, [], None)


def test_keywords_are_found_one_by_one(office: httpx.Client) -> None:
    office.post(PROPOSALS, json=proposal("1", keywords=["iron", "cage"]))
    office.post(PROPOSALS, json=proposal("2", keywords=["virus"]))

    answer = office.get(PROPOSALS, params={"filter": json.dumps({"where": {"keywords": {"$in": ["cage"]}}})})

    assert [one["proposalId"] for one in answer.json()] == ["1"]


def test_an_unknown_name_in_a_filter_is_refused(office: httpx.Client) -> None:
    answer = office.get(PROPOSALS, params={"filter": json.dumps({"where": {"colour": "red"}})})

    assert answer.status_code == 400
    assert "Property" in answer.json()["message"]


@pytest.mark.parametrize("asked", ["samples", "all"])
def test_one_proposal_is_answered_with_its_samples(as_: As, office: httpx.Client, asked: str) -> None:
    office.post(PROPOSALS, json=proposal())
    made(as_, "samples", sample("s1", proposalId="20260001", isPublished=True))

    answer = office.get(ONE, params={"include": asked})

    assert [one["sampleId"] for one in answer.json()["samples"]] == ["s1"]


@pytest.mark.parametrize(
    "params",
    [
        {"facets": '["keywords"]', "fields": '{"type": "Beamtime"}'},
        {"filters": '{"facets": ["keywords"], "fields": {"type": "Beamtime"}}'},
    ],
)
def test_facets_are_asked_for_in_both_ways(office: httpx.Client, params: dict[str, Any]) -> None:
    office.post(PROPOSALS, json=proposal("1", keywords=["iron"], type="Beamtime"))
    office.post(PROPOSALS, json=proposal("2", keywords=["iron"]))

    answer = office.get(f"{PROPOSALS}/fullfacet", params=params)

    assert answer.json() == [{"keywords": [{"_id": "iron", "count": 1}], "all": [{"totalSets": 1}]}]
