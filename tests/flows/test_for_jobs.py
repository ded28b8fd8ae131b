"""What scientists ask for with a job is what the flows do: its datasets, its files, its folder, and no more."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from emdewar.acquisition.identity import session_pid
from emdewar.errors import RefusedError
from emdewar.lifecycle import ArchiveStatus, JobType
from emdewar.records import Job
from flows.acquire import acquire
from flows.archive import archive
from flows.ingest import ingest
from flows.publish import publish
from flows.reset import reset
from flows.retrieve import retrieve
from tests.flows.scene import Scene

pytestmark = pytest.mark.slow

Write = Callable[[str, bytes], Path]


@pytest.fixture
def two(scene: Scene, write: Write) -> tuple[str, str]:
    """Two datasets that are due for archiving."""
    write("Data/a[1].bin", os.urandom(1000))
    write("Data/b.bin", os.urandom(1000))
    other = scene.session.with_name(f"{scene.session.name}-other")
    other.mkdir()
    (other / "c.bin").write_bytes(os.urandom(1000))
    for session in (scene.session, other):
        ingest(acquire(session.as_posix()))
    return scene.pid, session_pid(scene.facility.pid_prefix, "sim-krios", other.name)


def ask(scene: Scene, kind: str, datasets: dict[str, list[str]], **params: str) -> Job:
    with scene.site.catalog("operator" if kind == "reset" else "scientist") as catalog:
        return catalog.ask_for(kind, datasets, params, owner_group="demo")


def job(scene: Scene, asked: Job) -> Job:
    with scene.site.catalog() as catalog:
        return catalog.job(asked.id)


def status(scene: Scene, pid: str) -> str:
    with scene.site.catalog() as catalog:
        return catalog.dataset(pid).datasetlifecycle.archive_status_message


def test_an_archive_run_ends_only_its_part_of_a_job_of_many_datasets(scene: Scene, two: tuple[str, str]) -> None:
    asked = ask(scene, "archive", {pid: [] for pid in two})

    archive(two[0])
    half = job(scene, asked)
    archive(two[1])

    assert half.status_code == "inProgress"
    assert (job(scene, asked).status_code, status(scene, two[1])) == ("finishedSuccessful", "datasetOnArchiveDisk")
    with scene.site.catalog("scientist") as catalog:
        assert [dataset.status_code for dataset in catalog.job_datasets(asked.id)] == ["finishedSuccessful"] * 2


def test_a_retrieval_brings_back_the_files_of_its_job_below_the_retrieve_folder(
    scene: Scene, two: tuple[str, str]
) -> None:
    archive(two[0])
    asked = ask(scene, "retrieve", {two[0]: ["Data/a[1].bin"]}, destination="for-paper/first")

    folder = retrieve(two[0], job=asked.id)
    again = retrieve(two[0], job=asked.id)

    assert [path.name for path in Path(folder).rglob("*") if path.is_file()] == ["a[1].bin"]
    assert Path(folder).parent == scene.facility.retrieve_folder / "for-paper" / "first"
    assert again == folder
    assert job(scene, asked).status_code == "finishedSuccessful"
    with scene.site.catalog() as catalog:
        assert catalog.find_open_job(JobType.RETRIEVE, two[0]) is None


@pytest.mark.parametrize("destination", ["/etc", "../elsewhere", "a/../../b"])
def test_a_job_cannot_have_files_written_elsewhere(scene: Scene, two: tuple[str, str], destination: str) -> None:
    archive(two[0])
    asked = ask(scene, "retrieve", {two[0]: []}, destination=destination)

    with pytest.raises(RefusedError, match="name a folder below"):
        retrieve(two[0], job=asked.id)

    ended = job(scene, asked)
    assert ended.status_code == "finishedWithDatasetErrors"
    assert "badDestination" in ended.job_result_object["result"][0]["reason"]


def test_a_published_job_opens_its_datasets_with_their_file_lists(scene: Scene, two: tuple[str, str]) -> None:
    asked = ask(scene, "publish", {pid: [] for pid in two})

    publish(asked.id)
    publish(asked.id)

    assert job(scene, asked).status_code == "finishedSuccessful"
    with scene.site.catalog() as catalog:
        assert all(catalog.dataset(pid).is_published for pid in two)


def test_one_dataset_that_cannot_be_reset_does_not_stop_the_other(scene: Scene, two: tuple[str, str]) -> None:
    archive(two[0])
    ask(scene, "archive", {two[1]: []})
    asked = ask(scene, "reset", {pid: [] for pid in two}, reason="the tape was eaten")

    reset(asked.id)

    ended = job(scene, asked)
    results = {entry["pid"]: entry for entry in ended.job_result_object["result"]}
    assert ended.status_code == "finishedWithDatasetErrors"
    assert status(scene, two[0]) == ArchiveStatus.CREATED
    assert "held" in results[two[1]]["reason"]
    with scene.site.catalog() as catalog:
        why = [event.why for event in catalog.history(two[0]) if event.why and "reset" in event.why]
    assert why[0]["reset"]["why"] == "the tape was eaten"
