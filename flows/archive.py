"""Archive: pack a dataset into datablocks, prove every copy, and only then call it archived."""

from prefect import flow

from blocks.facility import Facility
from tasks import archiving, reporting
from tasks.failing import report_not_archived


@flow(flow_run_name="archive {pid}", on_failure=[report_not_archived], persist_result=True)
def archive(pid: str, facility: str = "default") -> None:
    """Write a dataset's datablocks to every store of the facility, read each copy back, and record the proof.

    A run that follows a killed one joins its job and leaves out the datablocks that are proven already.

    Args:
        pid: The dataset.
        facility: Name of the Facility block.
    """
    site = Facility.named(facility)
    job = archiving.begin(site, pid)
    for block in archiving.plan(site, pid):
        archiving.write(site, pid, block)
        for store in site.archives:
            archiving.verify(site, pid, block, store)
    blocks = archiving.finish(site, pid, job)
    reporting.report_archived(pid, blocks)
