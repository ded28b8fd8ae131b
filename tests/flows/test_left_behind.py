"""What a run left behind is taken up by the next sweep; what a live run holds is left to it."""

import os
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from prefect import flow
from prefect.states import Crashed

from blocks.facility import Facility
from emdewar.acquisition.journal import Journal
from emdewar.errors import BUSY, UnavailableError
from emdewar.lifecycle import ArchiveStatus, JobType
from flows.acquire import acquire
from flows.archive import archive
from flows.archive_sweep import archive_sweep
from flows.ingest import ingest
from tasks import archiving, ingesting, writing
from tests.flows.scene import Scene

pytestmark = pytest.mark.slow


class PowerCutError(Exception):
    """The run ends here without a word to the catalog."""


@flow(persist_result=False)
def claim_and_end(pid: str) -> None:
    """Claim a dataset as the archive flow does, and end."""
    archiving.begin(Facility.named("default"), pid)
    raise PowerCutError


@flow(persist_result=False)
def archive_and_end(pid: str) -> None:
    """Archive a dataset as the archive flow does, and end before its job does."""
    facility = Facility.named("default")
    archiving.begin(facility, pid)
    for block in archiving.plan(facility, pid):
        written = writing.write(facility, pid, block)
        for store, location in written.locations.items():
            archiving.verify(facility, pid, block, store, location)
    archiving.finish(facility, pid, "")
    raise PowerCutError


@pytest.fixture
def ingested(scene: Scene, write: Callable[[str, bytes], Path]) -> Scene:
    """A dataset that is due for archiving."""
    write("Data/a.bin", os.urandom(100_000))
    ingest(acquire(scene.session.as_posix()))
    return scene


def test_a_dataset_whose_run_ended_half_way_is_started_again_once(ingested: Scene) -> None:
    with pytest.raises(PowerCutError):
        claim_and_end(ingested.pid)

    first, second = (ingested.runs_among(archive_sweep(most=1000)) for _ in range(2))

    assert len(first) == 1
    assert first == second
    assert ingested.dataset().datasetlifecycle.archive_status_message == ArchiveStatus.STARTED


def test_a_job_whose_dataset_was_archived_by_a_run_that_was_killed_is_ended_by_the_next(ingested: Scene) -> None:
    with pytest.raises(PowerCutError):
        archive_and_end(ingested.pid)

    started = ingested.runs_among(archive_sweep(most=1000))
    archive(ingested.pid)
    again = ingested.runs_among(archive_sweep(most=1000))

    with ingested.site.catalog() as catalog:
        left = catalog.find_open_job(JobType.ARCHIVE, ingested.pid)
    assert ingested.dataset().datasetlifecycle.archive_status_message == ArchiveStatus.ON_ARCHIVE_DISK
    assert len(started) == 1
    assert left is None
    assert again == []


def test_a_run_that_is_cut_off_again_is_started_again_too(ingested: Scene) -> None:
    with pytest.raises(PowerCutError):
        claim_and_end(ingested.pid)
    first = ingested.runs_among(archive_sweep(most=1000))
    with pytest.raises(PowerCutError):
        claim_and_end(ingested.pid)

    second = ingested.runs_among(archive_sweep(most=1000))

    assert len(second) == 1
    assert first != second


def test_a_run_that_ended_before_it_did_anything_is_started_again(ingested: Scene) -> None:
    (first,) = ingested.runs_among(archive_sweep(most=1000))
    with ingested.site.prefect() as client:
        client.set_flow_run_state(UUID(first), Crashed(), force=True)

    (second,) = ingested.runs_among(archive_sweep(most=1000))

    assert second != first


def test_a_dataset_that_a_live_run_holds_is_left_to_it(ingested: Scene) -> None:
    started: list[list[str]] = []

    @flow(persist_result=False)
    def holds_and_looks_on(pid: str) -> None:
        archiving.begin(Facility.named("default"), pid)
        started.append(archive_sweep(most=1000))

    holds_and_looks_on(ingested.pid)

    assert ingested.runs_among(started[0]) == []


def test_a_job_left_open_by_a_killed_run_is_closed_by_the_next(ingested: Scene) -> None:
    with pytest.raises(PowerCutError):
        claim_and_end(ingested.pid)
    with ingested.site.catalog() as catalog:
        job = catalog.find_open_job(JobType.ARCHIVE, ingested.pid)
    assert job is not None

    archive(ingested.pid)
    archive(ingested.pid)

    with ingested.site.catalog() as catalog:
        assert catalog.find_open_job(JobType.ARCHIVE, ingested.pid) is None


def test_the_run_that_goes_on_finishes_with_the_same_job(ingested: Scene) -> None:
    with pytest.raises(PowerCutError):
        claim_and_end(ingested.pid)
    with ingested.site.catalog() as catalog:
        job = catalog.find_open_job(JobType.ARCHIVE, ingested.pid)

    archive(ingested.pid)

    assert job is not None
    with ingested.site.catalog() as catalog:
        assert catalog.job(job.id).status_code == "finishedSuccessful"
    assert ingested.dataset().datasetlifecycle.archive_status_message == ArchiveStatus.ON_ARCHIVE_DISK


def test_a_session_that_a_live_run_brings_over_is_not_called_failed(
    scene: Scene, write: Callable[[str, bytes], Path]
) -> None:
    write("Data/a.bin", os.urandom(1000))
    held = Journal(scene.facility.landing_folder(scene.pid) / "acquired.jsonl").held()

    with held, pytest.raises(UnavailableError) as caught:
        acquire(scene.session.as_posix())

    assert caught.value.reason == BUSY
    assert not scene.dataset().datasetlifecycle.archive_return_message


def test_a_file_list_begun_by_a_killed_ingest_gives_way_to_the_whole_one(
    scene: Scene, write: Callable[[str, bytes], Path]
) -> None:
    write("Data/a.bin", b"1")
    acquire(scene.session.as_posix())
    ingesting.declare_files.fn(scene.facility, scene.pid)
    write("Data/late.bin", b"2")
    acquire(scene.session.as_posix())

    ingest(scene.pid)

    with scene.site.catalog() as catalog:
        assert [file.path for file in catalog.files(scene.pid)] == ["Data/a.bin", "Data/late.bin"]
