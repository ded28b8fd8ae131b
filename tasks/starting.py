"""Start the next stage as a flow run of its own; the same start twice is the same run."""

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.deployments import run_deployment
from prefect.runtime import flow_run

from tasks.retrying import CALLS


@task(**CALLS, cache_policy=NO_CACHE)
def start_ingest(pid: str, microscope: str, facility: str) -> str:
    """Start the ingest of what this run acquired; gives the flow run's id."""
    run = run_deployment(
        "ingest/session",
        parameters={"pid": pid, "microscope": microscope, "facility": facility},
        timeout=0,
        idempotency_key=f"ingest:{pid}:{flow_run.id}",
        as_subflow=False,
    )
    return str(run.id)
