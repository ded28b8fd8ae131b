"""Lifecycles follow the published tables, partially, one winner at a time, and with a history."""

from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any

import httpx
import pytest

from catalog_api.database import Database
from catalog_api.json_type import Json
from catalog_api.tables import DatasetRow
from emdewar.lifecycle import ARCHIVABLE, ARCHIVE_MOVES, RETRIEVE_MOVES, ArchiveStatus, RetrieveStatus
from tests.api.bodies import PID, As, archived, dataset, events, life, move, path

LIFE = path(PID, "datasetlifecycle")


def put_in_state(database: Database, flows: httpx.Client, **columns: Json) -> None:
    """Set a state directly, as only the database itself can."""
    flows.post("/api/v4/datasets", json=dataset())
    with database.writing() as session:
        row = session.get_one(DatasetRow, PID)
        for name, value in columns.items():
            setattr(row, name, value)


@pytest.mark.parametrize(("current", "wanted"), list(product(ArchiveStatus, repeat=2)))
def test_archive_moves_are_exactly_those_of_the_table(
    database: Database, flows: httpx.Client, current: ArchiveStatus, wanted: ArchiveStatus
) -> None:
    put_in_state(database, flows, archive_status_message=current.value, archivable=current in ARCHIVABLE)
    unproved = wanted in {ArchiveStatus.ON_ARCHIVE_DISK, ArchiveStatus.DAMAGED} and current is not wanted

    answer = move(flows, wanted.value)

    allowed = (wanted is current or wanted in ARCHIVE_MOVES[current]) and not unproved
    assert answer.status_code == (200 if allowed else 409)
    assert life(flows)["archiveStatusMessage"] == (wanted if allowed else current)
    assert life(flows)["archivable"] is ((wanted if allowed else current) in ARCHIVABLE)


@pytest.mark.parametrize(("current", "wanted"), list(product(RetrieveStatus, repeat=2)))
def test_retrieve_moves_are_exactly_those_of_the_table(
    database: Database, flows: httpx.Client, current: RetrieveStatus, wanted: RetrieveStatus
) -> None:
    on_disk = {"archive_status_message": "datasetOnArchiveDisk", "retrievable": True, "archivable": False}
    put_in_state(database, flows, retrieve_status_message=current.value, **on_disk)
    proof = {"retrieveIntegrityCheck": True} if wanted is RetrieveStatus.RETRIEVED else {}

    answer = flows.patch(LIFE, json={"retrieveStatusMessage": wanted.value} | proof)

    allowed = wanted is current or wanted in RETRIEVE_MOVES[current]
    assert answer.status_code == (200 if allowed else 409)
    assert life(flows)["retrieveStatusMessage"] == (wanted if allowed else current)


def test_a_refusal_names_the_allowed_moves(flows: httpx.Client) -> None:
    flows.post("/api/v4/datasets", json=dataset())

    answer = move(flows, "started")

    assert "filesNotYetAvailable, scheduledForArchiving" in answer.json()["message"]


@pytest.mark.parametrize("proof", [{}, {"retrieveIntegrityCheck": False}])
def test_nothing_is_retrieved_without_verified_bytes(flows: httpx.Client, proof: dict[str, bool]) -> None:
    archived(flows)
    flows.patch(LIFE, json={"retrieveStatusMessage": "started"})

    answer = flows.patch(LIFE, json={"retrieveStatusMessage": "datasetRetrieved"} | proof)

    assert answer.status_code == 409
    assert life(flows)["retrieveStatusMessage"] == "started"


def test_nothing_is_retrieved_that_is_not_archived(flows: httpx.Client) -> None:
    flows.post("/api/v4/datasets", json=dataset())

    answer = flows.patch(LIFE, json={"retrieveStatusMessage": "started"})

    assert answer.status_code == 409


def test_a_patch_changes_nothing_that_it_does_not_name(flows: httpx.Client) -> None:
    flows.post("/api/v4/datasets", json=dataset())
    before = life(flows)

    answer = flows.patch(LIFE, json={"storageLocation": "hall 3"})

    assert answer.json() == before | {"storageLocation": "hall 3"}


def test_a_nested_patch_merges_too(flows: httpx.Client) -> None:
    archived(flows)
    before = life(flows)

    flows.patch(path(version="v3"), json={"datasetlifecycle": {"isOnCentralDisk": False}})

    assert life(flows) == before | {"isOnCentralDisk": False}


def test_archivable_follows_from_the_state_and_cannot_be_set(flows: httpx.Client) -> None:
    flows.post("/api/v4/datasets", json=dataset())

    answers = [flows.patch(LIFE, json=body) for body in ({"archivable": False}, {"retrievable": True})]

    assert [answer.status_code for answer in answers] == [409, 409]


def test_foreign_words_are_accepted_on_datasets_of_others(owner: httpx.Client) -> None:
    owner.post("/api/v4/datasets", json=dataset())

    answer = owner.patch(LIFE, json={"archiveStatusMessage": "datasetOnTape", "retrievable": True})

    assert answer.status_code == 200
    assert answer.json()["archiveStatusMessage"] == "datasetOnTape"


def test_foreign_words_are_refused_on_datasets_of_the_flows(flows: httpx.Client) -> None:
    flows.post("/api/v4/datasets", json=dataset())

    answer = move(flows, "datasetOnTape")

    assert answer.status_code == 409


def test_every_change_is_in_the_history_with_who_and_why(flows: httpx.Client) -> None:
    flows.post("/api/v4/datasets", json=dataset())
    why = {"missingFilesError": {"number_of_missing_files": 1}}

    move(flows, "scheduledForArchiving", flowRunId="run-1")
    move(flows, "missingFilesError", archiveReturnMessage=why, flowRunId="run-1")

    last = events(flows)[-1]
    assert [event["toStatus"] for event in events(flows)] == [
        "datasetCreated",
        "scheduledForArchiving",
        "missingFilesError",
    ]
    assert (last["fromStatus"], last["who"], last["why"], last["flowRunId"]) == (
        "scheduledForArchiving",
        "flows",
        why,
        "run-1",
    )


def test_the_same_state_again_is_an_event_only_with_a_new_reason(flows: httpx.Client) -> None:
    flows.post("/api/v4/datasets", json=dataset())

    move(flows, "datasetCreated")
    move(flows, "datasetCreated", archiveReturnMessage={"waiting": {}})
    move(flows, "datasetCreated", archiveReturnMessage={"waiting": {}})

    assert [event["why"] for event in events(flows)] == [None, {"waiting": {}}]


def test_a_run_that_goes_on_where_another_was_left_is_in_the_history(flows: httpx.Client) -> None:
    flows.post("/api/v4/datasets", json=dataset())

    for run in ("run-1", "run-1", "run-2"):
        move(flows, "datasetCreated", flowRunId=run)

    assert [event["flowRunId"] for event in events(flows)] == [None, "run-1", "run-2"]
    assert {event["toStatus"] for event in events(flows)} == {"datasetCreated"}


def test_of_two_moves_at_the_same_time_exactly_one_wins(as_: As, flows: httpx.Client) -> None:
    flows.post("/api/v4/datasets", json=dataset())
    move(flows, "scheduledForArchiving")
    words = ["started", "datasetCreated"] * 4

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda word: (word, move(as_("flows"), word).status_code), words))

    winner = life(flows)["archiveStatusMessage"]
    assert {word for word, status in answers if status == 200} == {winner}
    assert len(events(flows)) == 3


@pytest.mark.parametrize("body", [{}, {"id": PID}])
def test_an_empty_patch_is_refused(flows: httpx.Client, body: dict[str, str]) -> None:
    flows.post("/api/v4/datasets", json=dataset())

    answer = flows.patch(LIFE, json=body)

    assert answer.status_code == 400
    assert answer.json()["message"] == "dataset lifecycle DTO must not be empty"


@pytest.mark.parametrize("life", [{"archiveStatusMessage": "started"}, {"retrievable": True}, {"archivable": False}])
def test_a_managed_dataset_begins_at_the_beginning(flows: httpx.Client, life: dict[str, Any]) -> None:
    answer = flows.post("/api/v4/datasets", json=dataset(datasetlifecycle=life))

    assert answer.status_code == 400
