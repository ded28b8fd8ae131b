"""Publish: datasets are opened to everybody, with their file lists."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from blocks.facility import Facility
from tasks.for_jobs import end_each
from tasks.retrying import CALLS


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="open datasets to everybody")
def publish_datasets(facility: Facility, job: str, pids: list[str]) -> int:
    """Publish some datasets of a job, each with its outcome; gives how many went well."""
    with facility.catalog.client() as catalog:
        return end_each(catalog, job, pids, catalog.publish)
