"""Retrieve: bring a dataset, or some of its files, back to disk, proven byte by byte."""

from prefect import flow

from blocks.facility import Facility
from tasks import ordering, recalling, reporting, retrieving, selecting
from tasks.failing import report_not_retrieved


@flow(
    flow_run_name="retrieve {pid}",
    on_failure=[report_not_retrieved],
    on_cancellation=[report_not_retrieved],
    persist_result=True,
)
def retrieve(
    pid: str, patterns: list[str] | None = None, destination: str = "", facility: str = "default", job: str = ""
) -> str:
    """Restore files from verified copies; "retrieved" is said only when every byte was compared.

    What is on tape is asked for, and this run ends as `WaitingForRecall` when it has restored the rest; the recall
    sweep starts the next run when something has come. A run that is killed is followed by another one.

    Args:
        pid: The dataset.
        patterns: Shell patterns of the wanted paths, e.g. `*/Data/*_fractions.tiff`; none means all files.
        destination: Folder to restore into, `s3://bucket/folder`, or `links`; none means the facility's retrieve
            folder.
        facility: Name of the Facility block.
        job: The catalog's job that asks; it says which files, and which folder below the retrieve folder.

    Returns:
        The place that the files are in, or will be.
    """
    site = Facility.named(facility)
    order = ordering.begin(site, pid, patterns or [], destination, job)
    plans = recalling.plan(site, pid, selecting.select(site, pid, order), order)
    outcomes = [retrieving.restore(site, pid, plan, order) for plan in plans if plan.is_due]
    end = retrieving.finish(site, pid, order, plans, outcomes)
    if not end.state:
        reporting.report_retrieved(pid, end.destination, end.files)
    return end.as_result()
