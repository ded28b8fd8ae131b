"""Files go from central disk only when enough good copies are on record, and never under somebody's hands."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.api.bodies import PID, RETRIEVE, As, archived, copy, dataset, events, life, move, path, started
from tests.api.rights_matrix import Verb, every_pair

COPIES = "/api/v4/datablocks/20.500_abc_0001/copies"
RELEASE = path(PID, "release")
WHY = {"why": "archived 30 days ago", "flowRunId": "run-3"}
LOST = {"status": "lost", "finding": {"objectMissing": {}}}
RIGHTS = (Verb("release", lambda client: client.post(RELEASE, json=WHY), {"admin", "archiver", "flows"}),)


def test_an_archived_dataset_is_released_with_the_reason_in_its_history(flows: httpx.Client) -> None:
    archived(flows).post(COPIES, json=copy(store="s3")).raise_for_status()

    answer = flows.post(RELEASE, json=WHY | {"requiredCopies": 2})

    last = events(flows)[-1]
    assert (answer.status_code, answer.json()["isOnCentralDisk"]) == (200, False)
    assert (last["field"], last["fromStatus"], last["toStatus"]) == ("isOnCentralDisk", "true", "false")
    assert (last["who"], last["flowRunId"]) == ("flows", "run-3")
    assert last["why"]["release"] == {"why": WHY["why"], "requiredCopies": 2, "copies": {"s3": 1, "tape": 1}}


def test_releasing_twice_is_releasing_once(flows: httpx.Client) -> None:
    archived(flows).post(RELEASE, json=WHY).raise_for_status()
    before = events(flows)

    again = flows.post(RELEASE, json=WHY)

    assert (again.status_code, events(flows)) == (200, before)


def test_who_goes_on_deleting_learns_that_a_copy_is_no_longer_good(flows: httpx.Client) -> None:
    archived(flows).post(RELEASE, json=WHY).raise_for_status()
    flows.post(f"{COPIES}/tape/finding", json=LOST).raise_for_status()

    again = flows.post(RELEASE, json=WHY)

    assert (again.status_code, again.json()["reason"]) == (409, "notVerified")


@pytest.mark.parametrize("lost", [True, False], ids=["one-is-lost", "one-only"])
def test_too_few_good_copies_keep_the_files_where_they_are(flows: httpx.Client, *, lost: bool) -> None:
    archived(flows)
    if lost:
        flows.post(COPIES, json=copy(store="s3")).raise_for_status()
        flows.post(f"{COPIES}/s3/finding", json=LOST).raise_for_status()

    answer = flows.post(RELEASE, json=WHY | {"requiredCopies": 2})

    assert (answer.status_code, answer.json()["reason"]) == (409, "notVerified")
    assert "fewer than 2 store(s)" in answer.json()["message"]
    assert life(flows)["isOnCentralDisk"] is True


def test_less_than_the_catalog_demands_cannot_be_asked_for(flows: httpx.Client) -> None:
    archived(flows).post(f"{COPIES}/tape/finding", json=LOST).raise_for_status()

    answers = [flows.post(RELEASE, json=WHY | {"requiredCopies": few}).status_code for few in (0, 1)]

    assert answers == [400, 409]


@pytest.mark.parametrize("state", ["started", "damaged", "foreign"])
def test_only_what_the_flows_archived_is_released(flows: httpx.Client, owner: httpx.Client, state: str) -> None:
    if state == "foreign":
        whole = {"archiveStatusMessage": "datasetOnArchiveDisk", "retrievable": True}
        owner.post("/api/v4/datasets", json=dataset(datasetlifecycle=whole)).raise_for_status()
    elif state == "started":
        started(flows)
    else:
        archived(flows).post(f"{COPIES}/tape/finding", json=LOST).raise_for_status()
        move(flows, "datasetDamaged").raise_for_status()

    answer = flows.post(RELEASE, json=WHY)

    assert (answer.status_code, answer.json()["reason"]) == (409, "notVerified")
    assert life(flows)["isOnCentralDisk"] is True


def test_what_a_job_holds_is_not_released(flows: httpx.Client) -> None:
    job = archived(flows).post("/api/v4/jobs", json=RETRIEVE).json()["id"]

    answer = flows.post(RELEASE, json=WHY)

    assert (answer.status_code, answer.json()["reason"]) == (409, "held")
    assert job in answer.json()["message"]


def test_what_is_released_is_not_reset(flows: httpx.Client) -> None:
    archived(flows).post(RELEASE, json=WHY).raise_for_status()

    answer = flows.post(path(PID, "reset"), json={"why": "again"})

    assert (answer.status_code, answer.json()["reason"]) == (409, "notOnCentralDisk")


@pytest.mark.parametrize(
    "body", [{}, {"why": " "}, {"why": "x", "requiredCopies": "many"}, {"why": "x", "force": True}]
)
def test_a_release_needs_a_reason_and_nothing_else(flows: httpx.Client, body: dict[str, Any]) -> None:
    archived(flows)

    assert flows.post(RELEASE, json=body).status_code == 400
    assert life(flows)["isOnCentralDisk"] is True


@pytest.mark.parametrize(
    "other",
    [
        (path(PID, "reset"), {"why": "again"}),
        (f"{COPIES}/tape/finding", LOST),
    ],
    ids=["reset", "finding"],
)
def test_a_release_and_what_speaks_against_it_never_both_win(
    as_: As, flows: httpx.Client, other: tuple[str, dict[str, Any]]
) -> None:
    archived(flows)

    with ThreadPoolExecutor(2) as pool:
        asked = [(RELEASE, WHY), other]
        answers = list(pool.map(lambda one: as_("flows").post(one[0], json=one[1]).status_code, asked))

    released = life(flows)["isOnCentralDisk"] is False
    assert answers in [[200, 409 if other[0].endswith("reset") else 200], [409, 200]]
    assert released is (answers[0] == 200)


@pytest.mark.parametrize(("verb", "who"), every_pair(RIGHTS))
def test_who_may_release(as_: As, flows: httpx.Client, verb: Verb, who: str) -> None:
    archived(flows)

    answer = verb.tried_by(as_(who))

    assert answer.status_code == verb.expected(who)
