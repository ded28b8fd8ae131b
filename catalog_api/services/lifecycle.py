"""Moves of a dataset's lifecycle: checked, then set in one statement that only holds if nobody was faster."""

from typing import Any, cast

from sqlalchemy import CursorResult, update
from sqlmodel import Session, col, select

from catalog_api.rules import rights
from catalog_api.rules.archived import check_archived
from catalog_api.rules.caller import Caller
from catalog_api.rules.lifecycle import Change, plan_change, taken_over
from catalog_api.services import datasets
from catalog_api.tables import DatasetRow, LifecycleEventRow
from catalog_api.tables.columns import now
from catalog_api.wire.lifecycle import LifecycleIn
from emdewar.errors import UnavailableError

ATTEMPTS = 5


def move(
    session: Session,
    caller: Caller,
    pid: str,
    sent: LifecycleIn,
    *,
    required_copies: int,
) -> DatasetRow:
    """Change a dataset's lifecycle partially, with its history, or refuse.

    Args:
        session: Open session; the change and its history are one transaction.
        caller: Who asks.
        pid: Which dataset.
        sent: What to set, and the flow run that asks.
        required_copies: Stores that every datablock of an archived dataset lies on.

    Raises:
        RefusedError: The caller may not, the move is not allowed from where the dataset is, or its proof is missing.
        UnavailableError: Others kept changing the dataset at the same time.
    """
    for _ in range(ATTEMPTS):
        row = datasets.find(session, caller, pid)
        rights.check_lifecycle(caller, row.owner_group)
        change = plan_change(row, sent.named())
        if not change.columns and _is_another_run(session, pid, sent.flow_run_id):
            change = taken_over(row, sent.named())
        if change.needs_proof or sent.flow_run_id is not None:
            rights.check_proofs(caller, row)
        if row.managed and change.archives:
            check_archived(session, row, required_copies)
        if set_if_unchanged(session, caller, row, change, sent.flow_run_id):
            return datasets.find(session, caller, pid)
    raise UnavailableError(f"dataset {pid} is being changed by others all the time; try again")


def set_if_unchanged(
    session: Session, caller: Caller, row: DatasetRow, change: Change, flow_run_id: str | None = None
) -> bool:
    """Make a change if the dataset is still where the change was checked against; tell whether it was.

    Compare and set are one UPDATE, so that of two callers exactly one wins, on every database.
    """
    if not change.columns:
        return True
    seen = {name: getattr(row, name) for name in ("archive_status_message", "retrieve_status_message", "archivable")}
    still_there = [col(getattr(DatasetRow, name)) == value for name, value in seen.items()]
    statement = (
        update(DatasetRow)
        .where(col(DatasetRow.pid) == row.pid, *still_there)
        .values(**change.columns, updated_at=now(), updated_by=caller.name)
        .execution_options(synchronize_session=False)
    )
    result = cast("CursorResult[Any]", session.execute(statement))
    if result.rowcount != 1:
        return False
    for event in change.events:
        event.who, event.flow_run_id = caller.name, flow_run_id
        session.add(event)
    return True


def history(session: Session, caller: Caller, pid: str) -> list[LifecycleEventRow]:
    """Give all changes of a dataset's lifecycle, oldest first.

    Raises:
        RefusedError: There is no such dataset, or it is not the caller's to see.
    """
    datasets.find(session, caller, pid)
    statement = select(LifecycleEventRow).where(LifecycleEventRow.pid == pid).order_by(col(LifecycleEventRow.id))
    return list(session.exec(statement))


def _is_another_run(session: Session, pid: str, flow_run_id: str | None) -> bool:
    if flow_run_id is None:
        return False
    latest = select(LifecycleEventRow.flow_run_id).where(LifecycleEventRow.pid == pid)
    return session.exec(latest.order_by(col(LifecycleEventRow.id).desc()).limit(1)).first() != flow_run_id
