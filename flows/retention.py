"""Retention: let go of what the policy lets go, only against verified copies; by default only say what would go."""

from prefect import flow

from blocks.facility import Facility
from tasks import reporting_copies, retaining
from tasks.outcomes import raise_gravest, settled
from tasks.retaining import Clearing


@flow(flow_run_name="retention of {facility}", persist_result=True)
def retention(facility: str = "default", *, dry_run: bool = True) -> list[Clearing]:
    """Clear the landing zone of archived datasets and the retrieve folder of old files; twice is once.

    The catalog releases a dataset first; it insists on the verified copies. Then files are removed one by one, only
    those that were declared and still have their size and time. Everything else stays and is reported. Copies on the
    stores are never touched.

    Args:
        facility: Name of the Facility block.
        dry_run: Only say what would go.

    Returns:
        What became of each folder.
    """
    site = Facility.named(facility)
    places, old = retaining.landed(site), retaining.retrieved(site)
    due = [place for place in places if place.verdict.may_go]
    states = [retaining.clear_landed(site, place, dry_run=dry_run, return_state=True) for place in due]
    states += [retaining.clear_retrieved(site, place, dry_run=dry_run, return_state=True) for place in old]
    clearings, failed = settled(states)
    waiting = [place for place in places if not place.verdict.may_go]
    reporting_copies.report_retention(facility, clearings, waiting, [str(error) for error in failed], dry_run=dry_run)
    raise_gravest(failed)
    return clearings
