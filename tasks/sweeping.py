"""Sweep: find what is due, and start a flow run for each; a run that was started already is not started again."""

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.deployments import run_deployment

from blocks.facility import Facility
from emdewar.lifecycle import ArchiveStatus
from emdewar.records import Dataset, iso_milliseconds
from tasks.retrying import CALLS


@task(**CALLS, cache_policy=NO_CACHE)
def due_for_archiving(facility: Facility, most: int) -> list[Dataset]:
    """List datasets that are complete and that nobody archives yet."""
    with facility.catalog.client() as catalog:
        return catalog.datasets({"datasetlifecycle.archiveStatusMessage": ArchiveStatus.CREATED}, limit=most)


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="start {deployment} of {dataset.dataset_name}")
def start(deployment: str, dataset: Dataset, parameters: dict[str, str]) -> str:
    """Start a deployment for a dataset, once per state of the dataset; gives the flow run's id."""
    state = iso_milliseconds(dataset.updated_at) if dataset.updated_at else "new"
    run = run_deployment(
        deployment,
        parameters=parameters,
        timeout=0,
        idempotency_key=f"{deployment}:{dataset.pid}:{state}",
        as_subflow=False,
    )
    return str(run.id)
