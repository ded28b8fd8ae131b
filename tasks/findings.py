"""Findings about copies: told to the catalog, which no longer counts them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar, cast

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from prefect.states import Completed

from emdewar.catalog import Catalog
from emdewar.errors import IntegrityError, RefusedError
from emdewar.lifecycle import CopyStatus
from emdewar.records import CopyOnStore
from tasks import starting
from tasks.bad_copies import OBJECT_MISSING
from tasks.retrying import CALLS

Result = TypeVar("Result")

FOUND_DAMAGE: Final = "FoundDamage"
"""State of a sweep that found copies which are not what they should be; an automation may wait for it."""


@dataclass(frozen=True)
class Finding:
    """A copy that is not what the catalog says.

    Attributes:
        pid: The dataset.
        store: Name of the store.
        location: Name of the object.
        status: Damaged or lost.
        why: For people.
    """

    pid: str
    store: str
    location: str
    status: CopyStatus
    why: str


def report_found(catalog: Catalog, copy: CopyOnStore, error: IntegrityError, began: datetime) -> Finding | None:
    """Tell the catalog what is wrong with a copy; None where the copy was replaced or reset in the meantime."""
    status = CopyStatus.LOST if error.reason == OBJECT_MISSING else CopyStatus.DAMAGED
    told, run = error.return_message(), flow_run.id
    get_run_logger().error("%s on store %s is %s: %s", copy.location, copy.store, status, error)
    try:
        catalog.report_copy(copy.archive_id, copy.store, status, told, run, location=copy.location, checked_at=began)
    except RefusedError as refused:
        get_run_logger().warning("the finding is outdated: %s", refused)
        return None
    return Finding(copy.pid, copy.store, copy.location, status, str(error))


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="start the repair")
def start_repair_of(findings: Sequence[Finding]) -> None:
    """Start one repair for all that a sweep found; nothing where it found nothing."""
    if not findings:
        return
    pids = {finding.pid for finding in findings}
    starting.start_repair(pids.pop() if len(pids) == 1 else "", f"found by {flow_run.id}")


def found_damage(result: Result, findings: Sequence[Finding]) -> Result:
    """Give what a sweep ends with: its result, in a state that says so when copies are not what they should be."""
    if not findings:
        return result
    said = f"{len(findings)} copies are damaged or lost, first {findings[0].location} on {findings[0].store}"
    # Prefect takes the state and gives its data to whoever called the flow.
    return cast("Result", Completed(name=FOUND_DAMAGE, message=said, data=result))
