"""Fixity: read what was archived again, before somebody needs it, and have repaired what does not match."""

from prefect import flow

from blocks.facility import Facility
from tasks import reporting_copies, rereading
from tasks.findings import found_damage, start_repair_of
from tasks.outcomes import raise_gravest, settled
from tasks.rereading import Reading


@flow(flow_run_name="fixity of {facility}", persist_result=True)
def fixity(facility: str = "default", store: str = "", budget_bytes: int | None = None) -> list[Reading]:
    """Read verified copies back again, those that were not read for longest first; twice at once is harmless.

    What matches gets a new date. What does not is told to the catalog, no longer counts, and a repair is started. What
    is on tape only is asked for now and read by a later sweep. What cannot be read now stops no other copy, and is
    reported.

    Args:
        facility: Name of the Facility block.
        store: Only this store; empty means all whose rule has a budget.
        budget_bytes: Bytes to read on each store; none means a quarter of the bytes per day of its rule, as the
            schedule starts four sweeps a day.

    Returns:
        What was read, part by part.
    """
    site = Facility.named(facility)
    due = [rereading.choose(site, name, budget_bytes) for name in rereading.stores_to_read(site, store)]
    states = [
        rereading.reread(site, each.store, part, number, return_state=True)
        for each in due
        for number, part in enumerate(each.parts, start=1)
    ]
    readings, failed = settled(states)
    findings = [finding for reading in readings for finding in reading.findings]
    unread = [why for reading in readings for why in reading.unread]
    reporting_copies.report_fixity(facility, due, readings, [*unread, *(str(error) for error in failed)])
    start_repair_of(findings)
    raise_gravest(failed)
    return found_damage(readings, findings)
