"""Acquire: from a folder at the microscope to the landing zone, every file with its checksum."""

from prefect import flow

from blocks.facility import Facility
from blocks.microscope import Microscope
from tasks import acquiring, reporting, starting
from tasks.failing import report_not_acquired


@flow(flow_run_name="acquire {session}", on_failure=[report_not_acquired], persist_result=True)
def acquire(
    session: str, microscope: str = "default", facility: str = "default", *, accept_incomplete: bool = False
) -> str:
    """Bring a session over as soon as its microscope is done with it, then start its ingest.

    Args:
        session: Folder of the session, in the microscope's drop folder. It is only read.
        microscope: Name of the Microscope block.
        facility: Name of the Facility block.
        accept_incomplete: Go on although files are empty or cut short; they are named in the catalog.

    Returns:
        The dataset's persistent identifier.
    """
    site, scope = Facility.named(facility), Microscope.named(microscope)
    found = acquiring.find(session, scope)
    dataset = acquiring.announce(site, scope, found)
    incomplete = acquiring.wait_until_settled(found, scope, accept_incomplete=accept_incomplete)
    chunks = acquiring.plan_transfer(site, dataset.pid, found)
    sizes = [
        acquiring.bring_over(site, dataset.pid, found, chunk, number=number, of=len(chunks))
        for number, chunk in enumerate(chunks, start=1)
    ]
    gone = acquiring.confirm(site, dataset.pid, found)
    acquiring.note_incomplete(site, dataset.pid, incomplete)
    starting.start_ingest(dataset.pid, microscope, facility)
    reporting.report_acquired(dataset, sum(map(len, chunks)), sum(sizes), incomplete, gone)
    return dataset.pid
