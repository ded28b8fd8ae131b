"""No dataset is archived without its proof, whoever asks and in whatever way."""

from typing import Any

import httpx
import pytest

from tests.api.bodies import PID, As, archived, copy, data_file, datablock, dataset, declare, life, move, path, started

COPIES = "/api/v4/datablocks/20.500_abc_0001/copies"
WAY_TO = {"scheduledForArchiving": ["scheduledForArchiving"], "started": ["scheduledForArchiving", "started"]}
ARCHIVED = {"archiveStatusMessage": "datasetOnArchiveDisk"}


def test_a_dataset_with_a_verified_copy_of_every_datablock_is_archived(flows: httpx.Client) -> None:
    archived(flows)

    found = flows.get(path()).json()

    assert found["datasetlifecycle"]["archiveStatusMessage"] == "datasetOnArchiveDisk"
    assert found["datasetlifecycle"]["retrievable"] is True
    assert found["datasetlifecycle"]["archivable"] is False
    assert (found["packedSize"], found["numberOfFilesArchived"]) == (10_240, 3)


@pytest.mark.parametrize(
    ("blocks", "copied", "missing"),
    [
        pytest.param([], False, "no datablock", id="no-datablock"),
        pytest.param([datablock()], False, "fewer than 1 store", id="no-copy"),
        pytest.param([datablock(1, 2)], True, "1 datablock(s) that call themselves 2", id="one-of-two"),
        pytest.param([datablock(files=range(2))], True, "3 files of 3003 bytes", id="a-file-less"),
        pytest.param([datablock(files=range(4))], True, "4 of 4006 bytes", id="a-file-more"),
    ],
)
def test_an_incomplete_archive_is_refused_with_what_is_missing(
    flows: httpx.Client, blocks: list[dict[str, Any]], missing: str, *, copied: bool
) -> None:
    started(flows)
    for block in blocks:
        flows.post(path(PID, "datablocks", version="v3"), json=block)
        if copied:
            flows.post(COPIES, json=copy(numberOfFiles=block["numberOfFiles"]))

    answer = move(flows, "datasetOnArchiveDisk")

    assert answer.status_code == 409
    assert missing in answer.json()["message"]
    assert life(flows)["archiveStatusMessage"] == "started"


@pytest.mark.parametrize("changed", [{"chk": "f" * 64}, {"path": "movies/other.eer"}, {"size": 1003}])
def test_one_archived_file_that_differs_from_the_declared_one_is_refused(
    flows: httpx.Client, changed: dict[str, Any]
) -> None:
    started(flows)
    files = [data_file(0), data_file(1), data_file(2) | changed]
    flows.post(path(PID, "datablocks", version="v3"), json=datablock(dataFileList=files))
    flows.post(COPIES, json=copy())

    answer = move(flows, "datasetOnArchiveDisk")

    assert answer.status_code == 409
    assert life(flows)["archiveStatusMessage"] == "started"


@pytest.mark.parametrize("state", ["filesNotYetAvailable", "datasetCreated", "scheduledForArchiving", "started"])
@pytest.mark.parametrize("who", ["flows", "admin", "owner", "archiver"])
@pytest.mark.parametrize("way", ["lifecycle", "nested", "merge-patch", "v3"])
def test_no_patch_from_anywhere_makes_a_managed_dataset_archived(
    as_: As, flows: httpx.Client, state: str, who: str, way: str
) -> None:
    first = state if state == "filesNotYetAvailable" else "datasetCreated"
    flows.post("/api/v4/datasets", json=dataset(datasetlifecycle={"archiveStatusMessage": first}))
    for word in WAY_TO.get(state, []):
        assert move(flows, word).status_code == 200

    answer = _patch(as_(who), way)

    assert answer.status_code in {403, 409}
    assert life(flows)["archiveStatusMessage"] == state
    assert life(flows)["retrievable"] is False


def test_an_archived_dataset_stays_archived(flows: httpx.Client) -> None:
    archived(flows)

    answers = [move(flows, word) for word in ("datasetCreated", "started", "scheduleArchiveJobFailed")]

    assert [answer.status_code for answer in answers] == [409] * 3


@pytest.mark.parametrize(
    "changed", [{"size": 1}, {"crc64Nvme": "f" * 16}, {"manifestSha256": "f" * 64}, {"numberOfFiles": 2}]
)
def test_a_copy_that_differs_from_its_datablock_is_never_recorded(flows: httpx.Client, changed: dict[str, Any]) -> None:
    started(flows)
    flows.post(path(PID, "datablocks", version="v3"), json=datablock())

    answer = flows.post(COPIES, json=copy() | changed)

    assert answer.status_code == 409
    assert answer.json()["reason"] == "checksumMismatch"
    assert flows.get("/api/v4/datablocks/20.500_abc_0001").json()["copies"] == []


def test_the_same_copy_again_is_the_one_on_record(flows: httpx.Client) -> None:
    archived(flows)

    answer = flows.post(COPIES, json=copy(readFrom="cache-dropped"))

    assert answer.status_code == 200
    assert answer.json()["readFrom"] == "device"


def test_a_datablock_that_lists_only_some_of_its_files_gets_no_copy(flows: httpx.Client) -> None:
    started(flows)
    flows.post(path(PID, "datablocks", version="v3"), json=datablock(dataFileList=[data_file(0)]))

    before = flows.post(COPIES, json=copy())
    flows.post("/api/v4/datablocks/20.500_abc_0001/files", json={"first": 1, "dataFileList": _files(1, 2)})
    after = flows.post(COPIES, json=copy())

    assert (before.status_code, after.status_code) == (409, 201)


def test_only_archivers_record_datablocks_and_copies_of_managed_datasets(
    flows: httpx.Client, owner: httpx.Client
) -> None:
    started(flows)
    flows.post(path(PID, "datablocks", version="v3"), json=datablock())

    answers = [owner.post(path(PID, "datablocks", version="v3"), json=datablock(2)), owner.post(COPIES, json=copy())]

    assert [answer.status_code for answer in answers] == [403, 403]


def test_a_second_datablock_of_the_same_name_is_refused(flows: httpx.Client) -> None:
    started(flows)

    answers = [flows.post(path(PID, "datablocks", version="v3"), json=datablock()) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 409]
    assert flows.get(path()).json()["packedSize"] == 10_240


@pytest.mark.parametrize("state", ["scheduled", "started", "archived"])
def test_no_files_are_declared_once_archiving_has_begun(flows: httpx.Client, state: str) -> None:
    archived(flows) if state == "archived" else started(flows)
    if state == "scheduled":
        move(flows, "scheduleArchiveJobFailed")
        move(flows, "scheduledForArchiving")

    answer = declare(flows, range(3, 4))

    assert answer.status_code == 409
    assert flows.get(path()).json()["numberOfFiles"] == 3


def _patch(client: httpx.Client, way: str) -> httpx.Response:
    nested = {"datasetlifecycle": ARCHIVED | {"retrievable": True}}
    if way == "lifecycle":
        return client.patch(path(PID, "datasetlifecycle"), json=ARCHIVED)
    if way == "merge-patch":
        return client.patch(path(), json=nested, headers={"content-type": "application/merge-patch+json"})
    return client.patch(path(version="v3" if way == "v3" else "v4"), json=nested)


def _files(*numbers: int) -> list[dict[str, Any]]:
    return [data_file(n, offset=4096 * (n + 1)) for n in numbers]


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("scheduledForArchiving", "datasetCreated"),
        ("scheduledForArchiving", "started"),
        ("started", "scheduleArchiveJobFailed"),
        ("started", "missingFilesError"),
    ],
)
def test_only_archivers_say_what_comes_of_an_archiving_that_is_under_way(
    as_: As, flows: httpx.Client, state: str, word: str
) -> None:
    flows.post("/api/v4/datasets", json=dataset()).raise_for_status()
    for step in WAY_TO[state]:
        move(flows, step).raise_for_status()

    answers = [move(as_(who), word).status_code for who in ("owner", "archiver")]

    assert answers == [403, 200]


@pytest.mark.parametrize("who", ["owner", "flows", "admin"])
def test_only_flows_and_admins_say_that_a_managed_dataset_lies_elsewhere(
    as_: As, flows: httpx.Client, who: str
) -> None:
    flows.post("/api/v4/datasets", json=dataset()).raise_for_status()

    answer = as_(who).patch(path(), json={"sourceFolder": "/data/elsewhere"})

    folder = flows.get(path()).json()["sourceFolder"]
    assert (answer.status_code, folder) == ((403, "/data/p1/grid4") if who == "owner" else (200, "/data/elsewhere"))


def test_the_owner_still_changes_what_else_a_managed_dataset_says(owner: httpx.Client, flows: httpx.Client) -> None:
    flows.post("/api/v4/datasets", json=dataset()).raise_for_status()

    answer = owner.patch(path(), json={"sourceFolder": "/data/p1/grid4", "description": "good ice"})

    assert (answer.status_code, answer.json()["description"]) == (200, "good ice")
