"""Ingest: from files in the landing zone to a dataset that can be found, checked and archived."""

from prefect import flow

from blocks.facility import Facility
from blocks.microscope import Microscope
from tasks import ingesting, reporting
from tasks.failing import report_not_acquired


@flow(flow_run_name="ingest {pid}", on_failure=[report_not_acquired], persist_result=True)
def ingest(pid: str, microscope: str = "default", facility: str = "default") -> str:
    """Read a session's metadata, make its pictures, and declare its files; twice is once.

    Args:
        pid: The dataset that `acquire` announced.
        microscope: Name of the Microscope block.
        facility: Name of the Facility block.

    Returns:
        The dataset's persistent identifier.
    """
    site, scope = Facility.named(facility), Microscope.named(microscope)
    ingesting.check_landed(site, pid)
    findings = ingesting.attach_pictures(site, pid)
    record = ingesting.describe(site, pid, scope, findings)
    ingesting.declare_files(site, pid)
    dataset = ingesting.open_for_archiving(site, pid)
    reporting.report_ingested(dataset, record)
    return pid
