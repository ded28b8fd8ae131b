"""An open job says how far it is, without a change of its status."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.api.bodies import ARCHIVE, PID, As, dataset
from tests.api.rights_matrix import ROLES

JOBS = "/api/v4/jobs"
TOLD: dict[str, Any] = {"message": "12 of 40 datablocks are back", "result": {"waiting": {PID: {"back": 12}}}}


@pytest.fixture
def job(flows: httpx.Client) -> str:
    """An open job."""
    flows.post("/api/v4/datasets", json=dataset()).raise_for_status()
    identifier: str = flows.post(JOBS, json=ARCHIVE).raise_for_status().json()["id"]
    return identifier


def test_a_job_says_how_far_it_is_and_stays_as_open_as_it_was(flows: httpx.Client, job: str) -> None:
    answer = flows.post(f"{JOBS}/{job}/progress", json=TOLD)

    found = flows.get(f"{JOBS}/{job}").json()
    assert (answer.status_code, answer.json()) == (200, found)
    assert (found["statusCode"], found["statusMessage"]) == ("jobSubmitted", TOLD["message"])
    assert found["jobResultObject"] == TOLD["result"]


def test_what_there_is_so_far_is_merged_key_by_key(flows: httpx.Client, job: str) -> None:
    for waiting in ({"a": {"back": 1}}, {"b": {"back": 2}}, {"a": None}):
        flows.post(f"{JOBS}/{job}/progress", json={"message": "on", "result": {"waiting": waiting}}).raise_for_status()

    assert flows.get(f"{JOBS}/{job}").json()["jobResultObject"] == {"waiting": {"b": {"back": 2}}}


def test_many_runs_of_one_job_report_at_once_and_nothing_is_lost(as_: As, flows: httpx.Client, job: str) -> None:
    def report(number: int) -> int:
        told = {"message": "on", "result": {"waiting": {str(number): {}}}}
        return as_("flows").post(f"{JOBS}/{job}/progress", json=told).status_code

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(report, range(10)))

    assert answers == [200] * 10
    assert len(flows.get(f"{JOBS}/{job}").json()["jobResultObject"]["waiting"]) == 10


def test_progress_is_no_part_of_the_history_and_the_same_again_changes_nothing(flows: httpx.Client, job: str) -> None:
    events = flows.get(f"{JOBS}/{job}/status-events").json()
    first = flows.post(f"{JOBS}/{job}/progress", json=TOLD).json()

    second = flows.post(f"{JOBS}/{job}/progress", json=TOLD).json()

    assert second == first
    assert flows.get(f"{JOBS}/{job}/status-events").json() == events


def test_one_dataset_of_a_job_says_how_far_it_is(flows: httpx.Client, job: str) -> None:
    flows.post(f"{JOBS}/{job}/progress", json=TOLD | {"pid": PID}).raise_for_status()

    assert flows.get(f"{JOBS}/{job}/datasets").json() == [
        {"pid": PID, "statusMessage": TOLD["message"], "result": TOLD["result"]}
    ]


def test_the_end_of_a_dataset_leaves_what_else_a_job_says(flows: httpx.Client, job: str) -> None:
    flows.post(f"{JOBS}/{job}/progress", json=TOLD).raise_for_status()

    ended = flows.post(f"{JOBS}/{job}/datasets", json={"pid": PID, "statusCode": "finishedSuccessful"}).json()

    assert ended["jobResultObject"] == TOLD["result"] | {"result": [{"pid": PID, "statusCode": "finishedSuccessful"}]}


@pytest.mark.parametrize("of", [{}, {"pid": PID}], ids=["job", "dataset"])
def test_a_job_that_has_ended_says_no_more(flows: httpx.Client, job: str, of: dict[str, Any]) -> None:
    flows.post(f"{JOBS}/{job}/datasets", json={"pid": PID, "statusCode": "finishedSuccessful"}).raise_for_status()

    answer = flows.post(f"{JOBS}/{job}/progress", json=TOLD | of)

    assert answer.status_code == 409
    assert flows.get(f"{JOBS}/{job}").json()["statusMessage"] == "finishedSuccessful"


def test_a_job_says_nothing_of_datasets_that_are_not_its_own(flows: httpx.Client, job: str) -> None:
    assert flows.post(f"{JOBS}/{job}/progress", json=TOLD | {"pid": "20.500/other"}).status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize("who", ROLES)
def test_archivers_and_admins_say_how_far_a_job_is(as_: As, job: str, who: str) -> None:
    answer = as_(who).post(f"{JOBS}/{job}/progress", json=TOLD)

    assert answer.status_code == (200 if who in {"admin", "archiver", "flows"} else 403)
