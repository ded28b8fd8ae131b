"""Start a stage as a flow run of its own; the same start twice is the same run."""

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.runtime import flow_run

from emdewar.records import Dataset, iso_milliseconds
from tasks.retrying import CALLS


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="start the ingest")
def start_ingest(pid: str, microscope: str, facility: str) -> str:
    """Start the ingest of what this run acquired; gives the flow run's id."""
    parameters = {"pid": pid, "microscope": microscope, "facility": facility}
    return _start("ingest/session", parameters, key=f"ingest:{pid}:{flow_run.id}")


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="start archive of {dataset.dataset_name}")
def start_archive(dataset: Dataset, facility: str) -> str:
    """Start the archiving of a dataset, once per state of the dataset; gives the flow run's id."""
    state = iso_milliseconds(dataset.updated_at) if dataset.updated_at else "new"
    parameters = {"pid": dataset.pid, "facility": facility}
    return _start("archive/dataset", parameters, key=f"archive:{dataset.pid}:{state}")


def _start(deployment: str, parameters: dict[str, Any], *, key: str) -> str:
    with get_client(sync_client=True) as client:
        found = client.read_deployment_by_name(deployment)
        run = client.create_flow_run_from_deployment(found.id, parameters=parameters, idempotency_key=key)
        while run.state and run.state.is_final() and not run.state.is_completed():
            # That run ended without a word to the catalog: the key of the next one is its id.
            key = f"{key}:{run.id}"
            run = client.create_flow_run_from_deployment(found.id, parameters=parameters, idempotency_key=key)
        return str(run.id)
