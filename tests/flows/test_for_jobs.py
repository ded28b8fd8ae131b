"""What scientists ask for with a job is what the flows do: its datasets, its files, its folder, and no more."""

import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import FlowRun
from prefect.states import Crashed

from emdewar.errors import RefusedError
from emdewar.lifecycle import ArchiveStatus, JobStatus, JobType
from emdewar.records import DataFile, DatasetDraft, Job
from flows.archive import archive
from flows.publish import publish
from flows.reset import reset
from flows.retrieve import retrieve
from tasks.failing import report_job_not_done
from tests.flows.scene import Scene

pytestmark = pytest.mark.slow


@pytest.fixture
def two(scene: Scene) -> tuple[str, str]:
    """Two datasets that are due for archiving."""
    return put(scene, "one", ["Data/a[1].bin", "Data/b.bin"]), put(scene, "other", ["c.bin"])


def put(scene: Scene, name: str, files: list[str]) -> str:
    """Register a dataset whose files lie in the landing zone, as an ingest leaves it."""
    pid = f"{scene.pid}-{name}"
    folder = scene.facility.landing_folder(pid) / "data"
    draft = DatasetDraft(
        pid=pid,
        dataset_name=name,
        type="raw",
        owner="Demo Owner",
        owner_group="demo",
        contact_email="a@example.org",
        source_folder=folder.as_posix(),
        creation_time=datetime.now(UTC),
    )
    with scene.site.catalog() as catalog:
        catalog.register_dataset(draft)
        catalog.declare_files(pid, [_written(folder, path) for path in files])
    return pid


def _written(folder: Path, name: str) -> DataFile:
    path, content = folder / name, os.urandom(1000)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    modified = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=path.stat().st_mtime_ns // 1000)
    return DataFile(path=name, size=len(content), time=modified, chk=hashlib.sha256(content).hexdigest())


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


def test_a_job_that_fails_ends_with_the_reason(scene: Scene, two: tuple[str, str]) -> None:
    archive(two[0])
    asked = ask(scene, "retrieve", {two[0]: []}, destination="/etc")

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


def test_a_run_that_is_killed_ends_its_job_for_what_it_had_not_come_to(scene: Scene, two: tuple[str, str]) -> None:
    asked = ask(scene, "publish", {pid: [] for pid in two})
    with scene.site.catalog() as catalog:
        catalog.end_in_job(asked.id, two[0], JobStatus.SUCCESSFUL)

    run = FlowRun(flow_id=uuid4(), parameters={"job": asked.id})
    report_job_not_done(publish, run, Crashed(message="status code -9"))

    ended = job(scene, asked)
    outcomes = {entry["pid"]: entry["statusCode"] for entry in ended.job_result_object["result"]}
    assert outcomes == {two[0]: "finishedSuccessful", two[1]: "finishedWithDatasetErrors"}
    assert "status code -9" in str(ended.job_result_object)
