"""Retrieve: bring a dataset, or some of its files, back to disk, proven byte by byte."""

from prefect import flow

from blocks.facility import Facility
from tasks import reporting, retrieving
from tasks.failing import report_not_retrieved


@flow(flow_run_name="retrieve {pid}", on_failure=[report_not_retrieved], persist_result=True)
def retrieve(pid: str, patterns: list[str] | None = None, destination: str = "", facility: str = "default") -> str:
    """Restore files from verified copies; "retrieved" is said only when every byte was compared.

    Args:
        pid: The dataset.
        patterns: Shell patterns of the wanted paths, e.g. `*/Data/*_fractions.tiff`; none means all files.
        destination: Folder to restore into; none means the facility's retrieve folder.
        facility: Name of the Facility block.

    Returns:
        The folder that the files are in.
    """
    site, wanted = Facility.named(facility), patterns or []
    target = destination or site.retrieve_target(pid).as_posix()
    job = retrieving.begin(site, pid, wanted, target)
    files = [retrieving.restore(site, pid, block, wanted, target) for block in retrieving.select(site, pid, wanted)]
    retrieving.finish(site, pid, job, target, sum(files))
    reporting.report_retrieved(pid, target, sum(files))
    return target
