"""Start a stage as a flow run of its own; the same start twice is the same run."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.exceptions import ObjectNotFound
from prefect.logging import get_run_logger
from prefect.runtime import flow_run

from emdewar.records import Dataset, iso_milliseconds
from tasks.retrying import CALLS

WAITS: Final = "WaitingFor"
"""How the state of a run begins that has ended well, and leaves something that must come first."""


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
    return _start("archive/dataset", parameters, key=f"archive:{dataset.pid}:{state}", goes_on_after_waiting=True)


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="start retrieve of {parameters[pid]}")
def start_retrieve(job: str, parameters: dict[str, Any], after: str) -> str:
    """Start the next run of a retrieval, once per run before it; gives the flow run's id.

    Args:
        job: The job that it works for.
        parameters: What the run before it was started with.
        after: The run before it.
    """
    return _start("retrieve/dataset", parameters, key=f"retrieve:{job}:{parameters.get('pid')}:{after}")


def start_repair(pid: str, finding: str) -> None:
    """Start the repair of a dataset, once per finding; where that cannot be, the sweeps do it later.

    Args:
        pid: The dataset.
        finding: What was found, in a word that is the same for the same finding.
    """
    parameters = {"pid": pid, "facility": (flow_run.parameters or {}).get("facility", "default")}
    try:
        _start("repair/datablocks", parameters, key=f"repair:{finding}")
    except ObjectNotFound:
        get_run_logger().warning("there is no deployment repair/datablocks: the copy waits for a repair")


def is_over(run: str) -> bool:
    """Tell whether a flow run has ended; one that Prefect does not know, or not any more, has."""
    with get_client(sync_client=True) as client:
        try:
            state = client.read_flow_run(UUID(run)).state
        except (ObjectNotFound, ValueError):
            return True
    return state is None or state.is_final()


def _start(deployment: str, parameters: Mapping[str, Any], *, key: str, goes_on_after_waiting: bool = False) -> str:
    with get_client(sync_client=True) as client:
        found = client.read_deployment_by_name(deployment)
        run = client.create_flow_run_from_deployment(found.id, parameters=dict(parameters), idempotency_key=key)
        while run.state and _must_go_on(run.state, goes_on_after_waiting=goes_on_after_waiting):
            # That run ended without a word to the catalog: the key of the next one is its id.
            key = f"{key}:{run.id}"
            run = client.create_flow_run_from_deployment(found.id, parameters=dict(parameters), idempotency_key=key)
        return str(run.id)


def _must_go_on(state: State[Any], *, goes_on_after_waiting: bool) -> bool:
    if not state.is_completed():
        return state.is_final()
    return goes_on_after_waiting and state.name is not None and state.name.startswith(WAITS)
