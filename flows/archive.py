"""Archive: pack a dataset into datablocks, prove every copy, and only then call it archived."""

from prefect import flow
from prefect.client.schemas.objects import State

from blocks.facility import Facility
from emdewar.errors import DewarError
from tasks import archiving, planning, reporting, writing
from tasks.failing import report_not_archived
from tasks.outcomes import settled


@flow(flow_run_name="archive {pid}", on_failure=[report_not_archived], persist_result=True)
def archive(pid: str, facility: str = "default", *, dry_run: bool = False) -> str:
    """Write a dataset's datablocks to the stores of the policy, read each copy back, and record the proof.

    A run that follows a killed or failed one joins its job and does only what is missing. A run whose copies are not on
    tape yet ends as `WaitingForTape`; the archive sweep takes the dataset up again when they are.

    Args:
        pid: The dataset.
        facility: Name of the Facility block.
        dry_run: Only say what would happen to the dataset; nothing is changed.

    Returns:
        The report.
    """
    site = Facility.named(facility)
    if dry_run:
        return planning.report_plan(pid, planning.preview(site, pid))
    job = archiving.begin(site, pid)
    states: list[State[archiving.CopyOutcome]] = []
    failed: list[DewarError] = []
    recalled: list[archiving.CopyOutcome] = []
    for block in archiving.plan(site, pid):
        written = writing.write(site, pid, block)
        failed += written.failed.values()
        recalled += archiving.recalled(block, written)
        placed, rest = written.locations.items(), archiving.rest(site, written)
        states += [archiving.verify(site, pid, block, *place, return_state=True) for place in placed]
        states += [archiving.copy_over(site, pid, block, name, return_state=True) for name in rest]
    copies, unproven = settled(states)
    done = archiving.finish(site, pid, job, [*recalled, *copies], [*failed, *unproven])
    return archiving.ended(done, reporting.report_archived(pid, done))
