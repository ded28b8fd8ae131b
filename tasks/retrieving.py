"""Retrieve: bring files back from good copies, compare every byte, and only then say so."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final, cast

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from prefect.states import Completed
from pydantic import BaseModel

from blocks.facility import Facility
from emdewar.catalog import Catalog
from emdewar.errors import BUSY, IntegrityError, RefusedError, UnavailableError
from emdewar.lifecycle import JobStatus, RetrieveStatus
from emdewar.recall import NO_GOOD_COPY, RECALL_FAILED, Asked, Waiting, progress_message
from emdewar.records import DataFile, LifecyclePatch
from tasks import destinations
from tasks.block_restore import BlockRestore, Outcome
from tasks.links import links_to
from tasks.ordering import WAITING, Order, kept
from tasks.recalling import Plan
from tasks.retrying import CALLS, TRANSFERS
from tasks.selecting import are_there

WAITS_FOR_RECALL: Final = "WaitingForRecall"
"""State of a run that has restored what is online and leaves the rest to the recall sweep."""

WAITS_FOR_ANOTHER: Final = "WaitingForAnotherRun"
"""State of a run that leaves the work to another one, which does the same."""


class End(BaseModel, frozen=True):
    """How a run ends.

    Attributes:
        destination: Where the files are, or will be.
        files: How many were asked for and are there.
        state: Name of the run's state, where it is not all over.
        message: What it says then.
    """

    destination: str
    files: int = 0
    state: str = ""
    message: str = ""

    def as_result(self) -> str:
        """Give the run its state; who calls the flow gets the destination, which is the state's data."""
        state: State[str] = Completed(name=self.state or None, message=self.message or None, data=self.destination)
        return cast("str", state)


@task(
    **TRANSFERS,
    cache_policy=NO_CACHE,
    task_run_name="restore {plan.wanted.files} files of datablock {plan.wanted.number}",
)
def restore(facility: Facility, pid: str, plan: Plan, order: Order) -> Outcome:
    """Restore the wanted files of one datablock by range reads, each hashed before it becomes visible.

    A copy that is found damaged or lost is reported, and the next one is used. Without a good one, what is left of the
    files is taken from the damaged ones.
    """
    with facility.catalog.client() as catalog:
        try:
            outcome = BlockRestore(facility, catalog, pid, plan, order).run()
        except UnavailableError as error:
            if error.reason != BUSY or order.before is None:
                raise
            return Outcome(archive_id=plan.wanted.archive_id, is_busy=True)
    if outcome.is_back:
        _release(facility, [asked for asked in order.progress.asked if asked.archive_id == outcome.archive_id])
    return outcome


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="record what is back")
def finish(facility: Facility, pid: str, order: Order, plans: list[Plan], outcomes: list[Outcome]) -> End:
    """Say that the files are back, or how many are and what is waited for.

    Raises:
        IntegrityError: No copy of some of the files can be read; the others are back.
        UnavailableError: Copies that may be good cannot be read; the other files are back.
    """
    back = {plan.wanted.archive_id for plan in plans if plan.is_back}
    back |= {outcome.archive_id for outcome in outcomes if outcome.is_back}
    asked = [plan.asked for plan in plans if plan.asked] + [outcome.asked for outcome in outcomes if outcome.asked]
    with facility.catalog.client() as catalog:
        if order.before and any(outcome.is_busy for outcome in outcomes):
            return _leave(catalog, pid, order, order.before)
        if asked:
            left = {"datablocks": len(plans), "back": tuple(sorted(back)), "asked": tuple(asked)}
            return _wait(catalog, pid, order, order.progress.model_copy(update=left))
        _release(facility, order.progress.asked)
        _check_all(order, outcomes, sum(plan.wanted.files for plan in plans))
        return _end(facility, catalog, pid, order)


def _leave(catalog: Catalog, pid: str, order: Order, other: Waiting) -> End:
    """Leave the rest to the run that writes the same files at this moment: it has said that it is at work."""
    try:
        catalog.report_job(order.job, "Bringing files back.", kept(other), pid=pid)
    except RefusedError as error:
        get_run_logger().info("that run has brought them back by now: %s", error)
    message = f"Flow run {other.run} brings these files back, for job {order.job}."
    return End(destination=order.destination, state=WAITS_FOR_ANOTHER, message=message)


def _wait(catalog: Catalog, pid: str, order: Order, left: Waiting) -> End:
    """Leave the rest to the recall sweep: nothing of this run has to live for it."""
    message = progress_message(len(left.back), left.datablocks, None)
    ended = left.model_copy(update={"is_working": False, "broken_off": 0})
    catalog.report_job(order.job, message, kept(ended), pid=pid)
    catalog.report_job(order.job, message)
    return End(destination=order.destination, state=WAITS_FOR_RECALL, message=message)


def _check_all(order: Order, outcomes: Sequence[Outcome], files: int) -> None:
    """Say loudly what could not be brought back."""
    if out_of_reach := [location for outcome in outcomes for location in outcome.out_of_reach]:
        msg = (
            f"{len(out_of_reach)} copies cannot be read now, first {out_of_reach[0]}: have their stores looked after, "
            f"then retrieve again; the other files are in {order.destination}"
        )
        raise UnavailableError(msg, reason=RECALL_FAILED)
    if lost := [path for outcome in outcomes for path in outcome.lost]:
        msg = f"no copy has {len(lost)} of {files} files, first {lost[0]!r}; the others are in {order.destination}"
        raise IntegrityError(msg, reason=NO_GOOD_COPY, paths=lost)


def _end(facility: Facility, catalog: Catalog, pid: str, order: Order) -> End:
    """Say that the files are back, with links where links were asked for."""
    files = _files(catalog, pid, order)
    with destinations.opened(facility, order.destination) as destination:
        if not are_there(destination, files):
            msg = f"files that were brought back to {order.destination} have left it since: retrieve them again"
            raise UnavailableError(msg, reason="filesGone")
    result: dict[str, Any] = {"destination": order.destination, "files": len(files)}
    patch = LifecyclePatch(
        retrieve_status_message=RetrieveStatus.RETRIEVED,
        retrieve_integrity_check=True,
        retrieve_return_message={"retrieved": result},
        flow_run_id=flow_run.id,
    )
    links = links_to(facility, order.destination, files) if order.has_links else {}
    catalog.move(pid, patch)
    said = f"{len(files)} files are back in {order.destination}."
    catalog.report_job(order.job, said, {WAITING: None})
    catalog.end_in_job(order.job, pid, JobStatus.SUCCESSFUL, said, result | links)
    return End(destination=order.destination, files=len(files))


def _files(catalog: Catalog, pid: str, order: Order) -> list[DataFile]:
    return [file for file in catalog.files(pid) if order.wants(file)]


def _release(facility: Facility, asked: Sequence[Asked]) -> None:
    """Tell the stores that recalled copies may go; they go by themselves later where this cannot be said."""
    stores = facility.stores()
    places: defaultdict[str, list[str]] = defaultdict(list)
    for entry in asked:
        places[entry.store].append(entry.location)
    for name, locations in places.items():
        if name in stores:
            try:
                stores[name].release(locations)
            except UnavailableError as error:
                get_run_logger().warning("%d recalled copies stay online until they expire: %s", len(locations), error)
