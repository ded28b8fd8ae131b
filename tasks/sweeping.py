"""Sweep: find what is due."""

from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.exceptions import ObjectNotFound

from blocks.facility import Facility
from emdewar.lifecycle import ArchiveStatus
from emdewar.records import Dataset, LifecycleEvent
from tasks.retrying import CALLS


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="list what is due")
def due_for_archiving(facility: Facility, most: int) -> list[Dataset]:
    """List datasets that are complete and that nobody archives yet."""
    with facility.catalog.client() as catalog:
        return catalog.datasets({"datasetlifecycle.archiveStatusMessage": ArchiveStatus.CREATED}, limit=most)


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="list what was left behind")
def left_behind(facility: Facility, most: int) -> list[Dataset]:
    """List datasets that wait for an archive run, or whose run ended without a word: killed, cancelled, forgotten."""
    waiting = {"datasetlifecycle.archiveStatusMessage": {"inq": [ArchiveStatus.SCHEDULED, ArchiveStatus.STARTED]}}
    with facility.catalog.client() as catalog, get_client(sync_client=True) as prefect:
        candidates = catalog.datasets(waiting, limit=most)
        return [dataset for dataset in candidates if _is_nobodys(prefect, catalog.history(dataset.pid))]


def _is_nobodys(prefect: SyncPrefectClient, history: list[LifecycleEvent]) -> bool:
    run = history[-1].flow_run_id if history else None
    if run is None:
        return True
    try:
        state = prefect.read_flow_run(UUID(run)).state
    except ObjectNotFound:
        return True
    return state is None or state.is_final()
