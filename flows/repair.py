"""Repair: make lost and damaged copies anew from what is left, and say aloud what is past help."""

from prefect import flow

from blocks.facility import Facility
from tasks import repairing, reporting_copies
from tasks.mending import BlockRepair
from tasks.outcomes import raise_gravest, settled


@flow(flow_run_name="repair of {facility}", persist_result=True)
def repair(facility: str = "default", pid: str = "", most: int = 100) -> list[BlockRepair]:
    """Give every datablock of archived datasets the verified copies that the policy wants; twice is once.

    A copy is made from verified ones, bit for bit, under the next name; what was there stays. Where no good copy is
    left, one is put together from damaged ones, file by file. Where that cannot be, the dataset says `datasetDamaged`,
    with what is lost and what is left, until a good copy comes back.

    Args:
        facility: Name of the Facility block.
        pid: Only this dataset, and without waiting before damaged copies are read again; empty means all.
        most: How many datablocks to mend at a time; the next repair takes the rest.

    Returns:
        What became of each datablock.
    """
    site = Facility.named(facility)
    short = repairing.short_blocks(site, pid, most)
    states = [repairing.mend(site, block, is_asked_for=bool(pid), return_state=True) for block in short]
    repairs, failed = settled(states)
    statuses = {each: repairing.settle(site, each, repairs) for each in repairing.to_settle(site, pid, short)}
    reporting_copies.report_repair(facility, repairs, statuses, [str(error) for error in failed])
    raise_gravest(failed)
    return repairing.ended(repairs)
