"""Reset: datasets are brought back to where they can be archived again."""

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from blocks.facility import Facility
from tasks.for_jobs import end_each
from tasks.retrying import CALLS


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="reset datasets")
def reset_datasets(facility: Facility, job: str, pids: list[str]) -> int:
    """Reset some datasets of a job, each with its outcome; gives how many went well."""
    with facility.catalog.client() as catalog:
        why = str(catalog.job(job).job_params.get("reason") or f"asked for by job {job}")
        return end_each(catalog, job, pids, lambda pid: catalog.reset(pid, why, flow_run.id))
