"""Retrieve: bring a dataset, or some of its files, back to disk, proven byte by byte."""

from prefect import flow

from blocks.facility import Facility
from tasks import reporting, retrieving
from tasks.failing import report_not_retrieved


@flow(
    flow_run_name="retrieve {pid}",
    on_failure=[report_not_retrieved],
    on_crashed=[report_not_retrieved],
    on_cancellation=[report_not_retrieved],
    persist_result=True,
)
def retrieve(
    pid: str, patterns: list[str] | None = None, destination: str = "", facility: str = "default", job: str = ""
) -> str:
    """Restore files from verified copies; "retrieved" is said only when every byte was compared.

    Args:
        pid: The dataset.
        patterns: Shell patterns of the wanted paths, e.g. `*/Data/*_fractions.tiff`; none means all files.
        destination: Folder to restore into; none means the facility's retrieve folder.
        facility: Name of the Facility block.
        job: The catalog's job that asks; it says which files, and which folder below the retrieve folder.

    Returns:
        The folder that the files are in.
    """
    site = Facility.named(facility)
    order = retrieving.begin(site, pid, patterns or [], destination, job)
    files = [retrieving.restore(site, pid, block, order) for block in retrieving.select(site, pid, order)]
    retrieving.finish(site, pid, order, sum(files))
    reporting.report_retrieved(pid, order.destination, sum(files))
    return order.destination
