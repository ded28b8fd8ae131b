"""Sweep: find what is due."""

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.exceptions import ObjectNotFound

from blocks.facility import Facility
from emdewar.catalog import Catalog
from emdewar.lifecycle import ArchiveStatus, JobType
from emdewar.records import Dataset, LifecycleEvent
from tasks.archiving import ARCHIVED
from tasks.retrying import CALLS
from tasks.waiting import has_work

_BY_A_RUN: Final = frozenset({ArchiveStatus.SCHEDULED, ArchiveStatus.STARTED, ArchiveStatus.ON_ARCHIVE_DISK})


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="list what is due")
def due_for_archiving(facility: Facility, most: int) -> list[Dataset]:
    """List datasets of this facility that are complete and that nobody archives yet."""
    with facility.catalog.client() as catalog:
        return _of_facility(facility, catalog, [ArchiveStatus.CREATED], most)


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="list what was left behind")
def left_behind(facility: Facility, most: int) -> list[Dataset]:
    """List datasets that wait for an archive run, or whose run ended without a word: killed, cancelled, forgotten.

    One whose copies are on their way to tape, or back, is left alone until a run can do something for it. One that was
    archived by a run that did not come to end its job needs a run that does.
    """
    with facility.catalog.client() as catalog, get_client(sync_client=True) as prefect:
        candidates = _of_facility(facility, catalog, [ArchiveStatus.SCHEDULED, ArchiveStatus.STARTED], most)
        nobodys = [dataset for dataset in candidates if _is_nobodys(prefect, catalog.history(dataset.pid))]
        due = [dataset for dataset in nobodys if has_work(facility, catalog.datablocks(dataset.pid))]
        held = [dataset for dataset in _held(facility, catalog, most) if _is_archived(dataset)]
        return [*due, *(dataset for dataset in held if _is_nobodys(prefect, catalog.history(dataset.pid)))]


def _held(facility: Facility, catalog: Catalog, most: int) -> Iterator[Dataset]:
    """Give this facility's datasets that archive jobs hold."""
    for job in catalog.open_jobs(JobType.ARCHIVE, most):
        for held in catalog.job_datasets(job.id):
            if held.status_code is None and held.pid.startswith(f"{facility.pid_prefix}/"):
                yield catalog.dataset(held.pid)


def _is_archived(dataset: Dataset) -> bool:
    return dataset.datasetlifecycle.archive_status_message in ARCHIVED


def _of_facility(facility: Facility, catalog: Catalog, states: list[ArchiveStatus], most: int) -> list[Dataset]:
    """Pick managed datasets with this facility's prefix: many facilities share one catalog."""
    found = catalog.datasets({"managed": True, "datasetlifecycle.archiveStatusMessage": {"inq": states}}, limit=most)
    return [dataset for dataset in found if dataset.pid.startswith(f"{facility.pid_prefix}/")]


def _is_nobodys(prefect: SyncPrefectClient, history: list[LifecycleEvent]) -> bool:
    """Tell whether every run that had a hand in the archiving is over; one that lives keeps the dataset."""
    runs = {event.flow_run_id for event in history if event.to_status in _BY_A_RUN}
    return all(_is_over(prefect, run) for run in runs if run)


def _is_over(prefect: SyncPrefectClient, run: str) -> bool:
    try:
        state = prefect.read_flow_run(UUID(run)).state
    except (ObjectNotFound, ValueError):  # deleted, or no run of this Prefect
        return True
    return state is None or state.is_final()
