"""Search forms: what `fullquery` shows and `fullfacet` counts, for whom."""

import json
from typing import Any

import httpx

from catalog_api.json_type import Json
from tests.api.bodies import As, dataset, dataset_v3


def test_v3_finds_by_single_values(owner: httpx.Client) -> None:
    owner.post("/api/v3/datasets", json=dataset_v3("a", proposalId="one")).raise_for_status()
    owner.post("/api/v3/datasets", json=dataset_v3("b", proposalId="two", principalInvestigator="Dr. Q"))
    by_pi = {"fields": json.dumps({"principalInvestigator": "Dr. Q"})}

    where = {"filter": json.dumps({"where": {"proposalId": "one"}})}
    by_filter = owner.get("/api/v3/datasets", params=where).json()
    by_form = owner.get("/api/v3/datasets/fullquery", params=by_pi).json()

    assert [item["pid"] for item in by_filter] == ["a"]
    assert [item["pid"] for item in by_form] == ["b"]


def _form(client: httpx.Client, **fields: Json) -> list[str]:
    found: list[dict[str, Any]] = client.get("/api/v3/datasets/fullquery", params={"fields": json.dumps(fields)}).json()
    return [item["pid"] for item in found]


def test_a_form_shows_ones_own_and_on_request_what_is_published(as_: As, owner: httpx.Client) -> None:
    owner.post("/api/v4/datasets", json=dataset("a")).raise_for_status()
    owner.post("/api/v4/datasets", json=dataset("b", isPublished=True, accessGroups=[])).raise_for_status()

    shown = {who: _form(as_(who)) for who in ("owner", "member", "stranger", "nobody", "admin")}

    assert shown == {"owner": ["a", "b"], "member": ["a"], "stranger": [], "nobody": ["b"], "admin": ["a", "b"]}
    assert [_form(as_(who), isPublished=True) for who in ("member", "stranger")] == [["b"], ["b"]]


def test_a_form_counts_what_it_shows(owner: httpx.Client) -> None:
    for pid, kind in (("a", "raw"), ("b", "derived"), ("c", "raw")):
        owner.post("/api/v4/datasets", json=dataset(pid, type=kind, keywords=["tomo"])).raise_for_status()
    asked = {"fields": json.dumps({"keywords": ["tomo"]}), "facets": json.dumps(["type", "nothing"])}

    answers = [owner.get(f"/api/{version}/datasets/fullfacet", params=asked).json() for version in ("v3", "v4")]

    by_type = {entry["_id"]: entry["count"] for entry in answers[0][0]["type"]}
    assert answers[0] == answers[1]
    assert (by_type, answers[0][0]["all"]) == ({"raw": 2, "derived": 1}, [{"totalSets": 3}])
