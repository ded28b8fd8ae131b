"""Files come back from the copy that is nearest, whole or not at all; what is on tape is asked for, not waited for."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from prefect import flow
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName

from blocks.facility import Facility
from emdewar.datablock.destination import DestinationFolder
from emdewar.errors import BUSY, IntegrityError, UnavailableError
from emdewar.lifecycle import CopyStatus
from emdewar.stores.store import Locality
from tasks import ordering
from tests.flows.asking import ask, back, go_on, until_online
from tests.flows.kept import DISK, TAPE, Kept, keep
from tests.flows.scene import Scene

pytestmark = pytest.mark.slow

Keep = Callable[..., Kept]


@pytest.fixture
def kept(scene: Scene, tmp_path: Path) -> Keep:
    """Archive a dataset on a disk and on tape."""
    return partial(keep, scene, tmp_path)


def test_what_is_online_comes_back_at_once_although_tape_comes_first(kept: Keep, tmp_path: Path) -> None:
    dataset = kept({1: [DISK, TAPE]})

    ask(dataset, tmp_path / "back")

    assert back(tmp_path / "back") == dataset.contents
    assert dataset.locality(TAPE) == {Locality.OFFLINE}
    assert dataset.lifecycle().retrieve_status_message == "datasetRetrieved"


def test_a_retrieval_from_tape_waits_without_a_run_and_is_finished_by_the_sweep(kept: Keep, tmp_path: Path) -> None:
    dataset = kept({1: [TAPE], 2: [DISK], 3: [TAPE]})

    state = ask(dataset, tmp_path / "back")
    job, halfway = dataset.open_job(), back(tmp_path / "back")
    until_online(dataset)
    started = go_on(dataset)

    assert state == "WaitingForRecall"
    assert job is not None
    assert job.status_message == "1 of 3 datablocks are back; no estimate yet."
    assert list(halfway) == ["Data/2.bin"]
    assert len(started) == 1
    assert back(tmp_path / "back") == dataset.contents
    assert dataset.job(job.id).status_code == "finishedSuccessful"
    assert dataset.lifecycle().retrieve_status_message == "datasetRetrieved"
    assert dataset.locality(TAPE) == {Locality.OFFLINE}


def test_nothing_is_asked_of_the_tape_for_files_that_are_back(kept: Keep, tmp_path: Path) -> None:
    dataset = kept({1: [TAPE], 2: [TAPE]}, mount_s=3600)
    (tmp_path / "back" / "Data").mkdir(parents=True)
    (tmp_path / "back" / "Data" / "1.bin").write_bytes(dataset.contents["Data/1.bin"])

    ask(dataset, tmp_path / "back")

    store = dataset.facility.store(TAPE)
    where = [store.availability([copy.location])[copy.location].locality for copy in dataset.copies(TAPE)]
    assert where == [Locality.OFFLINE, Locality.RECALLING]


def test_a_damaged_copy_is_reported_and_the_next_one_used(kept: Keep, tmp_path: Path) -> None:
    dataset = kept({1: [DISK, TAPE]})
    dataset.flip(DISK, "Data/1.bin")

    ask(dataset, tmp_path / "back")
    before = back(tmp_path / "back")
    until_online(dataset)
    go_on(dataset)

    assert before == {}
    assert back(tmp_path / "back") == dataset.contents
    assert [copy.status for copy in dataset.copies(DISK)] == [CopyStatus.DAMAGED]
    assert repairs(dataset) == 1


def test_a_lost_copy_is_reported_and_the_next_one_used(kept: Keep, tmp_path: Path) -> None:
    dataset = kept({1: [DISK, TAPE], 2: [DISK]})
    dataset.tar(DISK).unlink()

    ask(dataset, tmp_path / "back")
    until_online(dataset)
    go_on(dataset)

    assert back(tmp_path / "back") == dataset.contents
    assert [copy.status for copy in dataset.copies(DISK)] == [CopyStatus.LOST, CopyStatus.VERIFIED]


@pytest.mark.parametrize("others", [(), ("another_0001.tar",)], ids=["empty", "another mount"])
def test_a_folder_without_its_mount_has_lost_nothing(kept: Keep, tmp_path: Path, others: tuple[str, ...]) -> None:
    dataset = kept({1: [DISK]})
    (tmp_path / "disk").rename(tmp_path / "unmounted")
    (tmp_path / "disk").mkdir()
    for name in others:
        (tmp_path / "disk" / name).write_bytes(b"of another facility")

    state = ask(dataset, tmp_path / "back")
    shutil.rmtree(tmp_path / "disk")
    (tmp_path / "unmounted").rename(tmp_path / "disk")
    go_on(dataset)

    assert state == "WaitingForRecall"
    assert [copy.status for copy in dataset.copies(DISK)] == [CopyStatus.VERIFIED]
    assert back(tmp_path / "back") == dataset.contents


def test_what_two_damaged_copies_have_together_comes_back_and_what_none_has_is_named(
    kept: Keep, tmp_path: Path
) -> None:
    dataset = kept({1: [DISK, TAPE]}, files_per_block=3)
    for store, files in {DISK: ["1", "2"], TAPE: ["1", "3"]}.items():
        for file in files:
            dataset.flip(store, f"Data/{file}.bin")

    ask(dataset, tmp_path / "back")
    until_online(dataset)
    with pytest.raises(IntegrityError, match="no copy has 1 of 3 files") as caught:
        go_on(dataset)

    left = {path: content for path, content in dataset.contents.items() if path != "Data/1.bin"}
    assert caught.value.paths == ("Data/1.bin",)
    assert back(tmp_path / "back") == left
    assert "noGoodCopy" in (dataset.lifecycle().retrieve_return_message or {})
    assert dataset.open_job() is None


def test_a_second_caller_joins_the_first(kept: Keep, tmp_path: Path) -> None:
    dataset = kept({1: [TAPE]}, mount_s=3600)

    ask(dataset, tmp_path / "back")
    first = dataset.open_job()
    state = ask(dataset, tmp_path / "back")

    assert state == "WaitingForRecall"
    assert first is not None
    assert dataset.open_job() == first


@pytest.mark.parametrize("other", ["folder", "files"])
def test_other_wishes_for_a_dataset_that_is_being_retrieved_are_told_of_it(
    kept: Keep, tmp_path: Path, other: str
) -> None:
    dataset = kept({1: [TAPE]}, mount_s=3600)
    ask(dataset, tmp_path / "back")

    with pytest.raises(UnavailableError, match="with other files or another destination") as caught:
        ask(dataset, tmp_path / ("other" if other == "folder" else "back"), *(["*1*"] if other == "files" else []))

    assert caught.value.reason == BUSY
    assert dataset.lifecycle().retrieve_status_message == "started"


def test_files_that_left_the_destination_while_others_were_waited_for_are_brought_back_again(
    kept: Keep, tmp_path: Path
) -> None:
    dataset = kept({1: [TAPE], 2: [DISK]})
    ask(dataset, tmp_path / "back")
    (tmp_path / "back" / "Data" / "2.bin").unlink()
    until_online(dataset)

    go_on(dataset)

    assert back(tmp_path / "back") == dataset.contents


def test_a_run_leaves_the_work_to_one_that_writes_the_same_files(kept: Keep, tmp_path: Path) -> None:
    dataset = kept({1: [DISK]})
    (file,) = dataset.files()
    states: list[str | None] = []

    @flow(persist_result=False)
    def begins_and_looks_on(pid: str) -> None:
        ordering.begin(Facility.named(dataset.name), pid, [], str(tmp_path / "back"), "")
        with DestinationFolder(tmp_path / "back") as folder, folder.create(file):
            states.append(ask(dataset, tmp_path / "back"))

    begins_and_looks_on(dataset.pid)
    is_open = dataset.open_job() is not None
    state = ask(dataset, tmp_path / "back")

    assert (states, is_open) == (["WaitingForAnotherRun"], True)
    assert state == "Completed"
    assert back(tmp_path / "back") == dataset.contents


def repairs(kept: Kept) -> int:
    """Count the repairs that were started."""
    named = DeploymentFilter(name=DeploymentFilterName(any_=["datablocks"]))
    with kept.scene.site.prefect() as client:
        return sum(run.parameters.get("pid") == kept.pid for run in client.read_flow_runs(deployment_filter=named))
