"""Doing what a job asks for, dataset by dataset: one bad dataset never stops the others."""

from collections.abc import Callable, Iterator
from itertools import islice

from prefect import task
from prefect.cache_policies import NO_CACHE

from blocks.facility import Facility
from emdewar.catalog import Catalog
from emdewar.errors import IntegrityError, RefusedError
from emdewar.lifecycle import OPEN_JOB, JobStatus
from tasks.retrying import CALLS

DATASETS_AT_ONCE = 100
"""Datasets of one task run: thousands of task runs overflow the server's queue."""


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="take up the job")
def take_up(facility: Facility, job: str) -> list[list[str]]:
    """Say that the job is being worked on; gives the datasets that are left of it, some at a time."""
    with facility.catalog.client() as catalog:
        if catalog.job(job).status_code not in OPEN_JOB:
            return []
        catalog.move_job(job, JobStatus.IN_PROGRESS, "A flow run works on it.")
        left = (dataset.pid for dataset in catalog.job_datasets(job) if dataset.status_code is None)
        return list(_in_parts(left))


def end_each(catalog: Catalog, job: str, pids: list[str], act: Callable[[str], None]) -> int:
    """Act on datasets, and end the job for each with how it went; gives how many went well.

    Raises:
        UnavailableError: The catalog cannot be reached; doing all of it again does no harm.
    """
    done = 0
    for pid in pids:
        try:
            act(pid)
        except (RefusedError, IntegrityError) as error:
            result = {"reason": error.return_message()}
            catalog.end_in_job(job, pid, JobStatus.DATASET_ERRORS, str(error), result)
        else:
            catalog.end_in_job(job, pid, JobStatus.SUCCESSFUL, "Done.")
            done += 1
    return done


def _in_parts(pids: Iterator[str]) -> Iterator[list[str]]:
    while part := list(islice(pids, DATASETS_AT_ONCE)):
        yield part
