"""Resetting a dataset lets it be archived again, loses nothing, and forgets no good copy without a word."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.api.bodies import PID, RETRIEVE, As, archived, copy, datablock, dataset, events, life, move, path

WHY = {"why": "the tape was damaged", "flowRunId": "run-9"}
RESET = path(PID, "reset")


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_a_reset_dataset_is_where_archiving_begins(flows: httpx.Client, version: str) -> None:
    archived(flows)

    answer = flows.post(path(PID, "reset", version=version), json=WHY)

    found = flows.get(path()).json()
    assert answer.status_code == 200
    assert answer.json() == found["datasetlifecycle"]
    assert (life(flows)["archiveStatusMessage"], life(flows)["archivable"], life(flows)["retrievable"]) == (
        "datasetCreated",
        True,
        False,
    )
    assert (found["packedSize"], found["numberOfFilesArchived"], found["numberOfFiles"]) == (0, 0, 3)
    assert flows.get(path(PID, "datablocks", version="v3")).json() == []


def test_every_forgotten_copy_is_in_the_history_with_its_place_and_digests(flows: httpx.Client) -> None:
    archived(flows)

    flows.post(RESET, json=WHY).raise_for_status()

    last = events(flows)[-1]
    [block] = last["why"]["reset"]["forgotten"]
    [kept] = block["copies"]
    assert (last["fromStatus"], last["toStatus"]) == ("datasetOnArchiveDisk", "datasetCreated")
    assert (last["who"], last["flowRunId"], last["why"]["reset"]["why"]) == ("flows", "run-9", WHY["why"])
    assert {name: block[name] for name in ("archiveId", "crc64Nvme", "manifestSha256", "packedSize")} == {
        "archiveId": "20.500_abc_0001",
        "crc64Nvme": f"{1:016x}",
        "manifestSha256": f"{1:064x}",
        "packedSize": 10_240,
    }
    assert {name: kept[name] for name in copy()} == copy()


def test_what_was_reset_can_be_archived_again_under_the_same_names(flows: httpx.Client) -> None:
    archived(flows)
    flows.post(RESET, json=WHY).raise_for_status()

    for word in ("scheduledForArchiving", "started"):
        move(flows, word).raise_for_status()
    flows.post(path(PID, "datablocks", version="v3"), json=datablock()).raise_for_status()
    flows.post("/api/v4/datablocks/20.500_abc_0001/copies", json=copy()).raise_for_status()

    assert move(flows, "datasetOnArchiveDisk").status_code == 200


def test_resetting_twice_is_resetting_once(flows: httpx.Client) -> None:
    archived(flows)
    flows.post(RESET, json=WHY).raise_for_status()
    before = events(flows)

    again = flows.post(RESET, json=WHY)

    assert (again.status_code, events(flows)) == (200, before)


@pytest.mark.parametrize("body", [{}, {"why": ""}, {"why": "  "}, {"why": 5}, {"why": "x", "force": True}])
def test_a_reset_needs_a_reason_and_nothing_else(flows: httpx.Client, body: dict[str, object]) -> None:
    archived(flows)

    answer = flows.post(RESET, json=body)

    assert answer.status_code == 400
    assert life(flows)["archiveStatusMessage"] == "datasetOnArchiveDisk"


def test_nothing_is_forgotten_while_the_files_are_elsewhere(flows: httpx.Client) -> None:
    archived(flows)
    flows.patch(path(PID, "datasetlifecycle"), json={"isOnCentralDisk": False}).raise_for_status()

    answer = flows.post(RESET, json=WHY)

    assert (answer.status_code, answer.json()["reason"]) == (409, "notOnCentralDisk")
    assert len(flows.get(path(PID, "datablocks", version="v3")).json()) == 1


def test_what_a_job_holds_is_not_reset(flows: httpx.Client) -> None:
    archived(flows)
    job = flows.post("/api/v4/jobs", json=RETRIEVE).json()["id"]

    answer = flows.post(RESET, json=WHY)

    assert (answer.status_code, answer.json()["reason"]) == (409, "held")
    assert job in answer.json()["message"]


def test_a_dataset_that_is_still_being_acquired_is_not_reset(flows: httpx.Client) -> None:
    begun = {"archiveStatusMessage": "filesNotYetAvailable"}
    flows.post("/api/v4/datasets", json=dataset(datasetlifecycle=begun)).raise_for_status()

    assert flows.post(RESET, json=WHY).status_code == 409


def test_a_dataset_of_others_is_reset_too(as_: As, owner: httpx.Client) -> None:
    free = {"archivable": False, "retrievable": True, "archiveStatusMessage": "datasetOnTape"}
    owner.post("/api/v4/datasets", json=dataset(datasetlifecycle=free)).raise_for_status()

    answer = as_("archiver").post(RESET, json=WHY)

    assert answer.status_code == 200
    assert (answer.json()["archivable"], answer.json()["archiveStatusMessage"]) == (True, "datasetCreated")


def test_an_archiver_still_sets_the_flags_of_datasets_of_others(as_: As, owner: httpx.Client) -> None:
    owner.post("/api/v4/datasets", json=dataset(datasetlifecycle={"archivable": False})).raise_for_status()

    answer = as_("archiver").patch(path(PID, "datasetlifecycle", version="v3"), json={"archivable": True})

    assert (answer.status_code, answer.json()["archivable"]) == (200, True)


def test_of_a_reset_and_a_job_at_the_same_time_one_wins(as_: As, flows: httpx.Client) -> None:
    archived(flows)
    asked = [(RESET, WHY), ("/api/v4/jobs", RETRIEVE)]

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda one: as_("flows").post(one[0], json=one[1]).status_code, asked))

    blocks = len(flows.get(path(PID, "datablocks", version="v3")).json())
    assert (answers, blocks) in [([200, 409], 0), ([409, 201], 1)]


@pytest.mark.parametrize("version", ["v3", "v4"])
@pytest.mark.parametrize("on_disk", [True, False])
def test_the_owner_does_not_say_where_the_files_of_a_managed_dataset_are(
    owner: httpx.Client, flows: httpx.Client, version: str, *, on_disk: bool
) -> None:
    archived(flows)
    flows.patch(path(PID, "datasetlifecycle"), json={"isOnCentralDisk": not on_disk}).raise_for_status()

    answer = owner.patch(path(version=version), json={"datasetlifecycle": {"isOnCentralDisk": on_disk}})

    assert (answer.status_code, life(flows)["isOnCentralDisk"]) == (403, not on_disk)


@pytest.mark.parametrize("who", ["archiver", "admin", "flows"])
def test_who_archives_says_where_the_files_are(as_: As, flows: httpx.Client, who: str) -> None:
    archived(flows)

    answer = as_(who).patch(path(PID, "datasetlifecycle"), json={"isOnCentralDisk": False})

    assert (answer.status_code, answer.json()["isOnCentralDisk"]) == (200, False)


def test_the_owner_of_other_datasets_says_where_their_files_are(owner: httpx.Client) -> None:
    owner.post("/api/v4/datasets", json=dataset()).raise_for_status()

    answer = owner.patch(path(PID, "datasetlifecycle"), json={"isOnCentralDisk": False})

    assert (answer.status_code, answer.json()["isOnCentralDisk"]) == (200, False)
