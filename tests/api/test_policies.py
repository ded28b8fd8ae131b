"""Policies: one for each group, made by hand or by the group's first dataset."""

import json

import httpx
import pytest

from catalog_api.database import Database
from catalog_api.rules.caller import ANONYMOUS
from catalog_api.services import policies
from tests.api.bodies import As, dataset
from tests.api.rights_matrix import ROLES, Verb, every_pair

V3, V4 = "/api/v3/policies", "/api/v4/policies"
BODY = {"ownerGroup": "p1", "manager": ["pi@example.org"]}
READERS = {"admin", "flows", "steward"}
WRITERS = {"admin", "steward"}


def _one(client: httpx.Client, version: str = "v4") -> str:
    listed = client.get(V4, params={"filter": '{"where": {"ownerGroup": "p1"}}'}).json()
    return f"/api/{version}/policies/{listed[0]['id'] if listed else 'none'}"


@pytest.fixture
def steward(as_: As) -> httpx.Client:
    """Somebody who looks after policies."""
    return as_("steward")


@pytest.mark.parametrize("version", ["v3", "v4"])
@pytest.mark.parametrize("who", [*ROLES, "steward"])
def test_who_may_read_policies(as_: As, who: str, version: str) -> None:
    address = f"/api/{version}/policies/{as_('admin').post(V4, json=BODY).json()['id']}"
    client = as_(who)

    answers = [client.get(address), client.get(f"/api/{version}/policies")]

    assert {answer.status_code for answer in answers} == {200 if who in READERS else 403}


VERBS = (
    Verb("create-v3", lambda client: client.post(V3, json={"ownerGroup": "p2"}), WRITERS, 201),
    Verb("create-v4", lambda client: client.post(V4, json={"ownerGroup": "p2"}), WRITERS, 201),
    Verb(
        "change-of-groups",
        lambda client: client.post(f"{V3}/updateWhere", json={"ownerGroupList": "p1", "data": {}}),
        WRITERS,
    ),
    Verb(
        "change-v3",
        lambda client: client.patch(f"{V3}/none", json={}),
        set(),
        refused=403,
        exceptions={
            "admin": 404,
            "steward": 404,
        },
    ),
    Verb(
        "change-v4",
        lambda client: client.patch(f"{V4}/none", json={}),
        set(),
        refused=403,
        exceptions={
            "admin": 404,
            "steward": 404,
        },
    ),
    Verb("delete", lambda client: client.delete(f"{V3}/none"), set(), refused=403, exceptions={"cleaner": 404}),
)


@pytest.mark.parametrize(("verb", "who"), every_pair(VERBS, (*ROLES, "steward")))
def test_who_may_write_policies(as_: As, verb: Verb, who: str) -> None:
    client = as_(who)

    answer = verb.tried_by(client)

    assert answer.status_code == verb.expected(who)


def test_a_group_has_one_policy(steward: httpx.Client) -> None:
    steward.post(V4, json=BODY)

    answer = steward.post(V4, json=BODY)

    assert answer.status_code == 409


def test_v3_shows_the_defaults_of_what_nobody_has_said(steward: httpx.Client) -> None:
    steward.post(V4, json=BODY)

    answer = steward.get(_one(steward, "v3"))

    assert answer.json().items() >= {"tapeRedundancy": "low", "autoArchive": True, "embargoPeriod": 3}.items()
    assert "jobPolicies" not in answer.json()


def test_what_v3_sets_v4_shows_for_its_type_of_job(steward: httpx.Client) -> None:
    body = {**BODY, "tapeRedundancy": "high", "retrieveEmailsToBeNotified": ["a@example.org"]}
    steward.post(V3, json=body)

    answer = steward.get(_one(steward))

    assert answer.json()["jobPolicies"]["archive"]["tapeRedundancy"] == "high"
    assert answer.json()["jobPolicies"]["retrieve"]["emailTo"] == ["a@example.org"]


def test_a_change_merges_what_is_said_for_a_type_of_job(steward: httpx.Client) -> None:
    jobs = {"archive": {"tapeRedundancy": "low", "emailTo": ["a@example.org"]}, "move": {"allowedList": ["p1"]}}
    steward.post(V4, json={**BODY, "jobPolicies": jobs})

    answer = steward.patch(_one(steward), json={"jobPolicies": {"archive": {"tapeRedundancy": "high"}}})

    assert answer.json()["jobPolicies"] == {
        "archive": {"tapeRedundancy": "high", "emailTo": ["a@example.org"]},
        "move": {"allowedList": ["p1"]},
    }


@pytest.mark.parametrize(
    ("content_type", "kept"), [("application/json", True), ("application/merge-patch+json", False)]
)
def test_null_takes_a_value_away_only_in_a_merge_patch(steward: httpx.Client, content_type: str, *, kept: bool) -> None:
    steward.post(V4, json={**BODY, "jobPolicies": {"archive": {"tapeRedundancy": "high"}}})

    answer = steward.patch(
        _one(steward),
        content=json.dumps({"jobPolicies": {"archive": {"tapeRedundancy": None}}}),
        headers={"Content-Type": content_type},
    )

    assert ("tapeRedundancy" in answer.json()["jobPolicies"]["archive"]) is kept


def test_a_change_with_v3_names_keeps_the_rest(steward: httpx.Client) -> None:
    steward.post(V4, json={**BODY, "jobPolicies": {"archive": {"tapeRedundancy": "high"}}})

    answer = steward.patch(_one(steward, "v3"), json={"autoArchiveDelay": 14})

    assert answer.json().items() >= {"tapeRedundancy": "high", "autoArchiveDelay": 14}.items()


@pytest.mark.parametrize("body", [{"tapeRedundancy": "very"}, {"autoArchiveDelay": -1}, {"colour": "red"}])
def test_v3_refuses_what_makes_no_sense(steward: httpx.Client, body: dict[str, object]) -> None:
    steward.post(V4, json=BODY)

    answer = steward.patch(_one(steward, "v3"), json=body)

    assert answer.status_code == 400


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_v3_names_find_policies_too(steward: httpx.Client, version: str) -> None:
    for group, redundancy in (("p1", "low"), ("p2", "high")):
        steward.post(V3, json={"ownerGroup": group, "tapeRedundancy": redundancy})

    answer = steward.get(f"/api/{version}/policies", params={"filter": '{"where": {"tapeRedundancy": "high"}}'})

    assert [one["ownerGroup"] for one in answer.json()] == ["p2"]


def test_policies_are_counted_by_a_bare_condition(steward: httpx.Client) -> None:
    for group in ("p1", "p2"):
        steward.post(V4, json={"ownerGroup": group})

    answer = steward.get(f"{V3}/count", params={"where": '{"ownerGroup": "p1"}'})

    assert answer.json() == {"count": 1}


def test_the_policies_of_groups_are_changed_alike(steward: httpx.Client) -> None:
    steward.post(V4, json=BODY)

    answer = steward.post(
        f"{V3}/updateWhere", json={"ownerGroupList": 'p1, "p7"', "data": {"tapeRedundancy": "medium"}}
    )

    found = steward.get(V3).json()
    assert answer.status_code == 200
    assert {one["ownerGroup"]: one["tapeRedundancy"] for one in found} == {"p1": "medium", "p7": "medium"}


def test_an_unknown_policy_is_nothing_in_v3_and_not_found_in_v4(steward: httpx.Client) -> None:
    old, new = steward.get(f"{V3}/none"), steward.get(f"{V4}/none")

    assert (old.status_code, old.content, new.status_code) == (200, b"", 404)


def test_a_change_of_an_older_version_is_refused(steward: httpx.Client) -> None:
    seen = steward.post(V4, json=BODY).json()["updatedAt"]
    steward.patch(_one(steward), json={"manager": ["first"]}, headers={"If-Unmodified-Since": seen})

    second = steward.patch(_one(steward), json={"manager": ["second"]}, headers={"If-Unmodified-Since": seen})

    assert second.status_code == 412
    assert steward.get(_one(steward)).json()["manager"] == ["first"]


def test_the_first_dataset_of_a_group_brings_a_policy(as_: As, steward: httpx.Client) -> None:
    for pid in ("20.500/a", "20.500/b"):
        as_("admin").post("/api/v4/datasets", json=dataset(pid))

    answer = steward.get(V3)

    assert [one["ownerGroup"] for one in answer.json()] == ["p1"]


def test_a_policy_that_is_there_is_used(database: Database) -> None:
    with database.writing() as session:
        first = policies.ensure(session, ANONYMOUS, "p1")

    with database.writing() as session:
        again = policies.ensure(session, ANONYMOUS, "p1")

    assert (first.id, again.tape_redundancy) == (again.id, "low")
