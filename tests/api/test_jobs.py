"""Jobs: one open job per dataset and kind, whoever asks and however many at a time."""

import json
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event, insert

from catalog_api.database import Database
from catalog_api.tables import DatasetRow, JobRow
from emdewar.lifecycle import JOB_MOVES, JobStatus
from tests.api.bodies import ARCHIVE, PID, RETRIEVE, As, archived, dataset, events, life, move

JOBS = "/api/v4/jobs"


@pytest.fixture
def with_dataset(flows: httpx.Client) -> httpx.Client:
    """The flows' account, with a dataset registered."""
    flows.post("/api/v4/datasets", json=dataset())
    return flows


def finish(flows: httpx.Client, job: str, word: str = "finishedSuccessful") -> None:
    for status in ("inProgress", word):
        assert flows.patch(f"{JOBS}/{job}", json={"statusCode": status}).status_code == 200


def test_an_archive_job_schedules_its_dataset_in_the_same_breath(with_dataset: httpx.Client) -> None:
    answer = with_dataset.post(JOBS, json=ARCHIVE)

    assert (answer.status_code, answer.json()["statusCode"]) == (201, "jobSubmitted")
    assert life(with_dataset)["archiveStatusMessage"] == "scheduledForArchiving"
    assert events(with_dataset)[-1]["toStatus"] == "scheduledForArchiving"


@pytest.mark.parametrize("second", ["flows", "owner", "admin"])
def test_the_second_caller_joins_the_first(as_: As, with_dataset: httpx.Client, second: str) -> None:
    first = with_dataset.post(JOBS, json=ARCHIVE)

    joined = as_(second).post(JOBS, json=ARCHIVE | {"ownerGroup": "p1"})

    assert joined.status_code == 200
    assert joined.json()["id"] == first.json()["id"]


def test_a_reader_is_told_that_others_hold_the_dataset(as_: As, flows: httpx.Client) -> None:
    archived(flows).post(JOBS, json=RETRIEVE)

    answer = as_("member").post(JOBS, json=RETRIEVE | {"ownerGroup": "p2"})

    assert answer.status_code == 409
    assert PID in answer.json()["message"]


def test_two_jobs_at_the_same_time_become_one(as_: As, with_dataset: httpx.Client) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: as_("flows").post(JOBS, json=ARCHIVE), range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(with_dataset.get(JOBS).json()) == 1


def test_a_job_that_overlaps_another_is_refused_and_claims_nothing(with_dataset: httpx.Client) -> None:
    with_dataset.post("/api/v4/datasets", json=dataset("20.500/def"))
    with_dataset.post(JOBS, json=ARCHIVE)

    answer = with_dataset.post(JOBS, json=job(PID, "20.500/def"))

    assert answer.status_code == 409
    assert life(with_dataset, "20.500/def")["archiveStatusMessage"] == "datasetCreated"
    assert with_dataset.post(JOBS, json=job("20.500/def")).status_code == 201


def test_one_dataset_that_cannot_be_archived_leaves_the_others_alone(with_dataset: httpx.Client) -> None:
    late = dataset("20.500/late", datasetlifecycle={"archiveStatusMessage": "filesNotYetAvailable"})
    with_dataset.post("/api/v4/datasets", json=late)

    answer = with_dataset.post(JOBS, json=job(PID, "20.500/late"))

    assert answer.status_code == 409
    assert "20.500/late" in answer.json()["message"]
    assert life(with_dataset)["archiveStatusMessage"] == "datasetCreated"
    assert with_dataset.get(JOBS).json() == []


@pytest.mark.parametrize("word", ["finishedSuccessful", "finishedUnsuccessful", "finishedWithDatasetErrors"])
def test_a_finished_job_lets_go(with_dataset: httpx.Client, word: str) -> None:
    first = with_dataset.post(JOBS, json=ARCHIVE).json()["id"]
    move(with_dataset, "scheduleArchiveJobFailed")
    finish(with_dataset, first, word)

    again = with_dataset.post(JOBS, json=ARCHIVE)

    assert again.status_code == 201
    assert again.json()["id"] != first


def test_only_an_archived_dataset_is_retrieved(with_dataset: httpx.Client) -> None:
    answer = with_dataset.post(JOBS, json=RETRIEVE)

    assert answer.status_code == 409
    assert with_dataset.get(JOBS).json() == []


@pytest.mark.parametrize(("current", "wanted"), list(product(JobStatus, repeat=2)))
def test_job_moves_are_exactly_those_of_the_table(
    database: Database, with_dataset: httpx.Client, current: JobStatus, wanted: JobStatus
) -> None:
    job_id = with_dataset.post(JOBS, json=ARCHIVE).json()["id"]
    with database.writing() as session:
        session.get_one(JobRow, job_id).status_code = current.value

    answer = with_dataset.patch(f"{JOBS}/{job_id}", json={"statusCode": wanted.value})

    assert answer.status_code == (200 if wanted is current or wanted in JOB_MOVES[current] else 409)


@pytest.mark.parametrize("who", ["owner", "member", "stranger", "nobody"])
def test_only_archivers_report_on_jobs(as_: As, with_dataset: httpx.Client, who: str) -> None:
    job_id = with_dataset.post(JOBS, json=ARCHIVE).json()["id"]

    answer = as_(who).patch(f"{JOBS}/{job_id}", json={"statusCode": "inProgress"})

    assert answer.status_code == 403
    assert with_dataset.get(f"{JOBS}/{job_id}").json()["statusCode"] == "jobSubmitted"


@pytest.mark.parametrize(
    ("who", "group"), [("member", "p2"), ("stranger", "p9"), ("nobody", None), ("archiver", "archivers")]
)
def test_only_the_owner_asks_to_archive(as_: As, with_dataset: httpx.Client, who: str, group: str | None) -> None:
    answer = as_(who).post(JOBS, json=ARCHIVE | ({"ownerGroup": group} if group else {}))

    assert answer.status_code == 403
    assert life(with_dataset)["archiveStatusMessage"] == "datasetCreated"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"type": "explode", "jobParams": {"datasetList": [{"pid": PID}]}}, 400),
        ({"type": "archive", "jobParams": {}}, 422),
        ({"type": "archive", "jobParams": {"datasetList": []}}, 422),
        ({"type": "archive", "jobParams": {"datasetList": [5]}}, 422),
        ({"type": "archive", "jobParams": {"datasetList": [{"pid": "none"}]}}, 422),
        ({"type": "archive"}, 400),
    ],
)
def test_a_job_that_makes_no_sense_is_refused(with_dataset: httpx.Client, body: dict[str, Any], status: int) -> None:
    assert with_dataset.post(JOBS, json=body).status_code == status


def test_an_unknown_job_is_a_bad_request_as_in_scicat(flows: httpx.Client) -> None:
    answer = flows.get(f"{JOBS}/none")

    assert answer.status_code == 400
    assert "Invalid job id" in answer.json()["message"]


def test_v3_clients_open_read_and_finish_jobs(with_dataset: httpx.Client) -> None:
    body = {"type": "archive", "datasetList": [{"pid": PID, "files": []}], "jobStatusMessage": "jobSubmitted"}
    made = with_dataset.post("/api/v3/Jobs", json=body | {"jobParams": {"tapeCopies": "one"}, "executionTime": None})
    job_id = made.json()["id"]

    with_dataset.patch(f"/api/v3/jobs/{job_id}", json={"jobStatusMessage": "inProgress"})

    found = with_dataset.get(f"/api/v3/jobs/{job_id}").json()
    assert (made.status_code, found["jobStatusMessage"]) == (201, "inProgress")
    assert (found["datasetList"][0]["pid"], found["jobParams"]["tapeCopies"]) == (PID, "one")


def test_jobs_are_found_by_dataset_and_state(with_dataset: httpx.Client) -> None:
    with_dataset.post(JOBS, json=ARCHIVE)
    wheres = [{"jobParams.datasetList.pid": PID, "statusCode": "jobSubmitted"}, {"jobParams.datasetList.pid": "other"}]

    found = [with_dataset.get(JOBS, params={"filter": json.dumps({"where": where})}).json() for where in wheres]

    assert [len(jobs) for jobs in found] == [1, 0]


def job(*pids: str) -> dict[str, Any]:
    return {"type": "archive", "jobParams": {"datasetList": [{"pid": pid, "files": []} for pid in pids]}}


def end(flows: httpx.Client, job: str, pid: str, word: str) -> httpx.Response:
    return flows.post(f"{JOBS}/{job}/datasets", json={"pid": pid, "statusCode": word, "result": {"why": word}})


@pytest.mark.parametrize(
    ("first", "second", "whole"),
    [
        ("finishedSuccessful", "finishedSuccessful", "finishedSuccessful"),
        ("finishedWithDatasetErrors", "finishedSuccessful", "finishedWithDatasetErrors"),
        ("finishedSuccessful", "finishedWithDatasetErrors", "finishedWithDatasetErrors"),
    ],
)
def test_a_job_ends_with_its_last_dataset_and_one_bad_one_does_not_stop_the_other(
    with_dataset: httpx.Client, first: str, second: str, whole: str
) -> None:
    other = f"{PID}-b"
    with_dataset.post("/api/v4/datasets", json=dataset(other))
    both = {"datasetList": [{"pid": PID, "files": []}, {"pid": other, "files": []}]}
    job = with_dataset.post(JOBS, json={"type": "archive", "jobParams": both}).json()["id"]

    half = end(with_dataset, job, PID, first).json()["statusCode"]
    again = end(with_dataset, job, PID, "finishedSuccessful").json()["statusCode"]
    done = end(with_dataset, job, other, second).json()

    assert (half, again, done["statusCode"]) == ("inProgress", "inProgress", whole)
    assert [entry["pid"] for entry in done["jobResultObject"]["result"]] == [PID, other]


def test_a_dataset_that_ended_can_be_claimed_while_the_others_go_on(with_dataset: httpx.Client) -> None:
    other = f"{PID}-b"
    with_dataset.post("/api/v4/datasets", json=dataset(other))
    both = {"datasetList": [{"pid": PID, "files": []}, {"pid": other, "files": []}]}
    job = with_dataset.post(JOBS, json={"type": "archive", "jobParams": both}).json()["id"]
    move(with_dataset, "scheduleArchiveJobFailed")
    end(with_dataset, job, PID, "finishedWithDatasetErrors")

    assert with_dataset.post(JOBS, json=ARCHIVE).status_code == 201


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 200),
        ({"datasetList": [{"pid": PID, "files": ["movies/movie_000001.eer"]}]}, 409),
        ({"destination": "elsewhere"}, 409),
        ({"patterns": []}, 200),
        ({"patterns": ["*.eer"]}, 409),
    ],
    ids=["the same", "other files", "another folder", "no patterns", "patterns"],
)
def test_only_who_wants_the_same_joins_a_retrieval(
    flows: httpx.Client, owner: httpx.Client, body: dict[str, Any], status: int
) -> None:
    wanted = {"datasetList": [{"pid": PID, "files": []}]}
    archived(flows)
    owner.post(JOBS, json=RETRIEVE | {"ownerGroup": "p1"})

    answer = owner.post(JOBS, json={"type": "retrieve", "ownerGroup": "p1", "jobParams": wanted | body})

    assert answer.status_code == status


def test_a_job_may_name_thousands_of_datasets(database: Database, flows: httpx.Client, owner: httpx.Client) -> None:
    flows.post("/api/v4/datasets", json=dataset())
    pids = [f"{PID}-{number:04}" for number in range(5000)]
    with database.writing() as session:
        one = session.get_one(DatasetRow, PID).model_dump(exclude={"pid"})
        session.execute(insert(DatasetRow), [{"pid": pid, **one} for pid in pids])

    made = owner.post(JOBS, json=job(*pids) | {"ownerGroup": "p1"})

    assert made.status_code == 201
    assert {life(flows, pid)["archiveStatusMessage"] for pid in (pids[0], pids[-1])} == {"scheduledForArchiving"}
    listed = owner.get(f"{JOBS}/{made.json()['id']}/datasets", params={"skip": 4990, "limit": 100}).json()
    assert [entry["pid"] for entry in listed] == pids[4990:]


def test_what_came_of_each_dataset_is_listed_while_others_go_on(with_dataset: httpx.Client) -> None:
    other = f"{PID}-b"
    with_dataset.post("/api/v4/datasets", json=dataset(other))
    job_id = with_dataset.post(JOBS, json=job(PID, other)).json()["id"]
    end(with_dataset, job_id, PID, "finishedWithDatasetErrors")

    listed = with_dataset.get(f"{JOBS}/{job_id}/datasets").json()

    assert listed == [
        {"pid": PID, "statusCode": "finishedWithDatasetErrors", "result": {"why": "finishedWithDatasetErrors"}},
        {"pid": other},
    ]


def test_a_dataset_that_the_job_does_not_name_cannot_end_in_it(with_dataset: httpx.Client) -> None:
    job_id = with_dataset.post(JOBS, json=ARCHIVE).json()["id"]

    assert end(with_dataset, job_id, "20.500/other", "finishedSuccessful").status_code == 404


def test_a_deleted_job_gives_its_datasets_back(as_: As, with_dataset: httpx.Client) -> None:
    job_id = with_dataset.post(JOBS, json=ARCHIVE).json()["id"]

    answer = as_("janitor").delete(f"{JOBS}/{job_id}")

    assert (answer.status_code, with_dataset.get(f"{JOBS}/{job_id}").status_code) == (200, 400)
    assert life(with_dataset)["archiveStatusMessage"] == "datasetCreated"
    assert with_dataset.post(JOBS, json=ARCHIVE).status_code == 201


def test_a_job_that_somebody_works_on_is_not_deleted(as_: As, with_dataset: httpx.Client) -> None:
    job_id = with_dataset.post(JOBS, json=ARCHIVE).json()["id"]
    with_dataset.patch(f"{JOBS}/{job_id}", json={"statusCode": "inProgress"})

    answer = as_("janitor").delete(f"{JOBS}/{job_id}")

    assert (answer.status_code, with_dataset.get(f"{JOBS}/{job_id}").status_code) == (409, 200)


def test_the_scheduling_is_in_the_history_of_all_documents(as_: As, with_dataset: httpx.Client) -> None:
    with_dataset.post(JOBS, json=ARCHIVE)

    where = json.dumps({"subsystem": "Dataset", "documentId": PID})
    latest = as_("auditor").get("/api/v3/history", params={"filter": where}).json()["items"][0]

    assert latest["before"]["datasetlifecycle"]["archiveStatusMessage"] == "datasetCreated"
    assert latest["after"]["datasetlifecycle"]["archiveStatusMessage"] == "scheduledForArchiving"
    assert latest["after"]["datasetlifecycle"]["archivable"] is False


def test_a_deleted_job_locks_its_datasets_in_one_order_before_it_moves_them(
    app: FastAPI, as_: As, with_dataset: httpx.Client
) -> None:
    with_dataset.post("/api/v4/datasets", json=dataset("20.500/aaa")).raise_for_status()
    made = with_dataset.post(JOBS, json=job(PID, "20.500/aaa")).json()["id"]
    asked: list[str] = []
    engine = app.state.site.database.engine
    event.listen(engine, "before_cursor_execute", lambda *call: asked.append(" ".join(call[2].split())))

    as_("janitor").delete(f"{JOBS}/{made}").raise_for_status()

    [locked] = [place for place, text in enumerate(asked) if text.startswith("SELECT dataset.pid FROM dataset WHERE")]
    [moved] = [place for place, text in enumerate(asked) if text.startswith("UPDATE dataset SET")]
    assert "ORDER BY dataset.pid" in asked[locked]
    assert locked < moved
