"""Sweep: find what is due."""

from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.exceptions import ObjectNotFound

from blocks.facility import Facility
from emdewar.catalog import Catalog
from emdewar.lifecycle import ArchiveStatus
from emdewar.records import Dataset, LifecycleEvent
from tasks.retrying import CALLS
from tasks.waiting import has_work


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="list what is due")
def due_for_archiving(facility: Facility, most: int) -> list[Dataset]:
    """List datasets of this facility that are complete and that nobody archives yet."""
    with facility.catalog.client() as catalog:
        return _of_facility(facility, catalog, [ArchiveStatus.CREATED], most)


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="list what was left behind")
def left_behind(facility: Facility, most: int) -> list[Dataset]:
    """List datasets that wait for an archive run, or whose run ended without a word: killed, cancelled, forgotten.

    One whose copies are on their way to tape, or back, is left alone until a run can do something for it.
    """
    with facility.catalog.client() as catalog, get_client(sync_client=True) as prefect:
        candidates = _of_facility(facility, catalog, [ArchiveStatus.SCHEDULED, ArchiveStatus.STARTED], most)
        nobodys = [dataset for dataset in candidates if _is_nobodys(prefect, catalog.history(dataset.pid))]
        return [dataset for dataset in nobodys if has_work(facility, catalog.datablocks(dataset.pid))]


def _of_facility(facility: Facility, catalog: Catalog, states: list[ArchiveStatus], most: int) -> list[Dataset]:
    """Pick managed datasets with this facility's prefix: many facilities share one catalog."""
    found = catalog.datasets({"managed": True, "datasetlifecycle.archiveStatusMessage": {"inq": states}}, limit=most)
    return [dataset for dataset in found if dataset.pid.startswith(f"{facility.pid_prefix}/")]


def _is_nobodys(prefect: SyncPrefectClient, history: list[LifecycleEvent]) -> bool:
    """Tell whether every run that had a hand in the archiving is over; one that lives keeps the dataset."""
    runs = {
        event.flow_run_id for event in history if event.to_status in {ArchiveStatus.SCHEDULED, ArchiveStatus.STARTED}
    }
    return all(_is_over(prefect, run) for run in runs if run)


def _is_over(prefect: SyncPrefectClient, run: str) -> bool:
    try:
        state = prefect.read_flow_run(UUID(run)).state
    except (ObjectNotFound, ValueError):  # deleted, or no run of this Prefect
        return True
    return state is None or state.is_final()
