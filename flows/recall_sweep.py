"""Recall sweep: look for what retrievals wait for, and go on with those for which something has come."""

from datetime import timedelta

from prefect import flow

from blocks.facility import Facility
from emdewar.recall import Patience
from tasks import recall_watching, starting


@flow(flow_run_name="recall sweep of {facility}", persist_result=True)
def recall_sweep(  # noqa: PLR0913, PLR0917 - what a site may choose
    facility: str = "default",
    most: int = 1000,
    ask_again_after_min: float = 10,
    overdue_after_h: float = 24,
    give_up_after_h: float = 168,
    silent_after_min: float = 15,
) -> list[str]:
    """Ask each store once for all that is waited for, tell who waits, and start runs for what has come; twice is once.

    What a tape library forgot or failed to bring is asked for again, three times in all. What it never brings is
    reported loudly, then given up: another copy is used, or the retrieval ends with the reason.

    Args:
        facility: Name of the Facility block.
        most: How many jobs to look at.
        ask_again_after_min: When a recall that the store does not know of any more is asked for again, in minutes.
        overdue_after_h: When a recall that is still pending is reported loudly, in hours.
        give_up_after_h: When a recall that is still pending is given up, in hours.
        silent_after_min: When a run that says nothing any more is taken for dead, in minutes.

    Returns:
        The ids of the flow runs.
    """
    site = Facility.named(facility)
    patience = Patience(
        ask_again_after=timedelta(minutes=ask_again_after_min),
        overdue_after=timedelta(hours=overdue_after_h),
        give_up_after=timedelta(hours=give_up_after_h),
        silent_after=timedelta(minutes=silent_after_min),
    )
    found = recall_watching.settle(site, recall_watching.waited_for(site, facility, most), patience)
    runs = [starting.start_retrieve(r.job, r.waiting.parameters, r.waiting.run) for r in found if r.is_due]
    recall_watching.tell(site, found)
    return runs
