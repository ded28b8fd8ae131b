"""Publish: open the datasets of a job to everybody, with their file lists."""

from prefect import flow

from blocks.facility import Facility
from tasks import for_jobs, publishing, reporting
from tasks.failing import report_job_not_done


@flow(
    flow_run_name="publish for job {job}",
    on_failure=[report_job_not_done],
    on_crashed=[report_job_not_done],
    on_cancellation=[report_job_not_done],
    persist_result=True,
)
def publish(job: str, facility: str = "default") -> None:
    """Publish each dataset of a job; one that cannot be published does not stop the others.

    Args:
        job: The catalog's job that asks.
        facility: Name of the Facility block.
    """
    site = Facility.named(facility)
    parts = for_jobs.take_up(site, job)
    done = [publishing.publish_datasets(site, job, pids) for pids in parts]
    reporting.report_job("published", job, sum(done), sum(map(len, parts)))
