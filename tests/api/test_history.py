"""The history of all documents, and who reads it."""

import json

import httpx
import pytest

from tests.api.bodies import As
from tests.api.document_bodies import instrument, made, publication, sample
from tests.api.rights_matrix import ROLES, Verb, every_pair

READERS = {"admin", "auditor"}
UNKNOWN = {"nobody": 401}
VERBS = (
    Verb("list", lambda client: client.get("/api/v3/history"), READERS, exceptions=UNKNOWN),
    Verb("count", lambda client: client.get("/api/v3/history/count"), READERS, exceptions=UNKNOWN),
    Verb("collection", lambda client: client.get("/api/v3/history/collection/Sample"), READERS, exceptions=UNKNOWN),
)


@pytest.fixture
def auditor(as_: As) -> httpx.Client:
    """Somebody who reads the history."""
    return as_("auditor")


@pytest.mark.parametrize(("verb", "who"), every_pair(VERBS, (*ROLES, "auditor")))
def test_who_reads_the_history(as_: As, verb: Verb, who: str) -> None:
    answer = verb.tried_by(as_(who))

    assert answer.status_code == verb.expected(who)


def test_the_life_of_a_document_is_told_newest_first(as_: As, auditor: httpx.Client) -> None:
    made(as_, "samples", sample(), by="owner")
    as_("owner").patch("/api/v3/samples/s1", json={"description": "new"})
    as_("cleaner").delete("/api/v3/samples/s1")

    found = auditor.get("/api/v3/history", params={"filter": '{"subsystem": "Sample", "documentId": "s1"}'}).json()

    assert [(one["operation"], one["user"]) for one in found["items"]] == [
        ("delete", "cleaner"),
        ("update", "owner"),
        ("create", "owner"),
    ]


def test_a_change_tells_only_what_differs(as_: As, auditor: httpx.Client) -> None:
    made(as_, "samples", sample(), by="owner")
    as_("owner").patch("/api/v3/samples/s1", json={"description": "new"})

    change = auditor.get("/api/v3/history").json()["items"][0]

    assert (change["before"], change["after"]) == ({"description": "2 mg/ml, in ice"}, {"description": "new"})


def test_every_collection_writes_its_history(as_: As, auditor: httpx.Client) -> None:
    made(as_, "samples", sample())
    made(as_, "instruments", instrument())
    made(as_, "policies", {"ownerGroup": "p1"})
    made(as_, "publisheddata", publication(), version="v4")

    found = auditor.get("/api/v3/history").json()["items"]

    assert [one["subsystem"] for one in found] == ["PublishedData", "Policy", "Instrument", "Sample"]


@pytest.mark.parametrize("skip", [0, 2])
def test_the_history_is_paged_and_counted(as_: As, auditor: httpx.Client, skip: int) -> None:
    for name in ("a", "b", "c"):
        made(as_, "samples", sample(name))

    page = auditor.get("/api/v3/history", params={"skip": skip, "limit": 2}).json()

    assert (page["count"], page["totalCount"], page["skip"], page["limit"]) == (min(2, 3 - skip), 3, skip, 2)


@pytest.mark.parametrize(
    "where", [{"after.description": "2 mg/ml, in ice"}, {"user": "owner"}, {"timestamp": {"$gte": "2026-01-01"}}]
)
def test_the_history_is_searched(as_: As, auditor: httpx.Client, where: dict[str, object]) -> None:
    made(as_, "samples", sample(), by="owner")

    answer = auditor.get("/api/v3/history/count", params={"filter": json.dumps(where)})

    assert answer.json() == {"count": 1}


def test_a_collection_has_a_history_of_its_own(as_: As, auditor: httpx.Client) -> None:
    made(as_, "samples", sample())
    made(as_, "instruments", instrument())

    found = auditor.get("/api/v3/history/collection/Instrument").json()

    assert [one["subsystem"] for one in found["items"]] == ["Instrument"]


@pytest.mark.parametrize("text", ["{", "[]", '{"colour": 1}'])
def test_a_condition_that_is_none_is_refused(auditor: httpx.Client, text: str) -> None:
    answer = auditor.get("/api/v3/history", params={"filter": text})

    assert answer.status_code == 400
