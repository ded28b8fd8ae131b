"""Reset: bring the datasets of a job back to where they can be archived again."""

from prefect import flow

from blocks.facility import Facility
from tasks import for_jobs, reporting, resetting
from tasks.failing import report_job_not_done


@flow(
    flow_run_name="reset for job {job}",
    on_failure=[report_job_not_done],
    on_crashed=[report_job_not_done],
    on_cancellation=[report_job_not_done],
    persist_result=True,
)
def reset(job: str, facility: str = "default") -> None:
    """Reset each dataset of a job, with the job's reason; one that cannot be reset does not stop the others.

    Args:
        job: The catalog's job that asks.
        facility: Name of the Facility block.
    """
    site = Facility.named(facility)
    parts = for_jobs.take_up(site, job)
    done = [resetting.reset_datasets(site, job, pids) for pids in parts]
    reporting.report_job("reset", job, sum(done), sum(map(len, parts)))
