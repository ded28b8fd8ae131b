"""Moves of a dataset's lifecycle: checked and made while the dataset is locked, each with its history."""

from datetime import timedelta

from sqlmodel import Session, col, select

from catalog_api.refusals import bad_request
from catalog_api.rules import rights
from catalog_api.rules.archived import check_archived, check_damaged
from catalog_api.rules.caller import Caller
from catalog_api.rules.lifecycle import Change, plan_change, taken_over
from catalog_api.services import changes, datasets
from catalog_api.services.datasets import Asked
from catalog_api.tables import DatasetRow, LifecycleEventRow
from catalog_api.tables.columns import now
from catalog_api.wire.lifecycle import LifecycleIn, lifecycle_wire

COPIES = "copies"
"""Field of those events that are about a copy of a datablock."""

_STEP = timedelta(milliseconds=1)


def move(asked: Asked, pid: str, sent: LifecycleIn) -> DatasetRow:
    """Change a dataset's lifecycle partially, with its history, or refuse.

    Args:
        asked: Who asks; the change and its history are one transaction.
        pid: Which dataset.
        sent: What to set, and the flow run that asks.

    Raises:
        RefusedError: The change is empty, the caller may not, the move is not allowed from where the dataset is, or
            its proof is missing.
    """
    if not sent.named():
        raise bad_request("dataset lifecycle DTO must not be empty")
    session, caller = asked.session, asked.caller
    rights.check_known(caller)
    row = datasets.lock(session, pid)
    rights.check_lifecycle(caller, row.owner_group)
    change = plan_change(row, sent.named())
    if not change.columns and _is_another_run(session, pid, sent.flow_run_id):
        change = taken_over(row, sent.named())
    if change.needs_proof or sent.flow_run_id is not None:
        rights.check_proofs(caller, row)
    if row.managed and change.archives:
        check_archived(session, row, asked.settings.required_copies)
    if row.managed and change.damages:
        check_damaged(session, row)
    make(session, caller, row, change, sent.flow_run_id)
    return row


def make(session: Session, caller: Caller, row: DatasetRow, change: Change, flow_run_id: str | None = None) -> None:
    """Make a change that was checked against a dataset which is locked, and write it to both histories."""
    if not change.columns:
        return
    before = {"datasetlifecycle": lifecycle_wire(row)}
    for name, value in change.columns.items():
        setattr(row, name, value)
    # Two changes in one millisecond are two versions, or optimistic locking would miss the second.
    row.updated_at, row.updated_by = max(now(), row.updated_at + _STEP), caller.name
    for event in change.events:
        event.who, event.flow_run_id = caller.name, flow_run_id
        session.add(event)
    session.flush()
    changes.record(session, caller, "Dataset", row.pid, before, {"datasetlifecycle": lifecycle_wire(row)})


def history(session: Session, caller: Caller, pid: str) -> list[LifecycleEventRow]:
    """Give all changes of a dataset's lifecycle, oldest first.

    Raises:
        RefusedError: There is no such dataset, or it is not the caller's to see.
    """
    datasets.find(session, caller, pid)
    return events(session, pid)


def events(session: Session, pid: str) -> list[LifecycleEventRow]:
    """Give all changes of a dataset's lifecycle, oldest first, whoever asks."""
    statement = select(LifecycleEventRow).where(LifecycleEventRow.pid == pid).order_by(col(LifecycleEventRow.id))
    return list(session.exec(statement))


def _is_another_run(session: Session, pid: str, flow_run_id: str | None) -> bool:
    if flow_run_id is None:
        return False
    # What becomes of copies is noted by other runs, while this one goes on.
    moves = (LifecycleEventRow.pid == pid, LifecycleEventRow.field != COPIES)
    latest = select(LifecycleEventRow.flow_run_id).where(*moves)
    return session.exec(latest.order_by(col(LifecycleEventRow.id).desc()).limit(1)).first() != flow_run_id
