"""Resetting a dataset: it can be archived again, and its datablocks are forgotten, but never that they were good."""

from sqlalchemy import delete
from sqlmodel import Session, col, select

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request, conflict
from catalog_api.rules import rights
from catalog_api.rules.lifecycle import Change, reset_columns, reset_events
from catalog_api.services import changes, datasets
from catalog_api.services.datablocks import copies_of
from catalog_api.services.datasets import Asked
from catalog_api.services.jobs_claims import check_not_held
from catalog_api.services.lifecycle import make
from catalog_api.tables import DatablockRow, DatasetRow
from catalog_api.wire.written import block_wire

KIND = "reset"
"""Jobs of this kind ask for what is done here, so that their own hold on the dataset is none against it."""


def reset(asked: Asked, pid: str, why: str, flow_run_id: str | None = None) -> DatasetRow:
    """Bring a dataset back to where it can be archived, and forget its datablocks.

    Every datablock and every copy that is forgotten is written into the lifecycle's history first, with where
    it lies and its digests: the bytes on the stores stay where they are. A dataset that is there already stays as it
    is, so that doing it twice is doing it once.

    Args:
        asked: Who asks; all of it is one transaction.
        pid: Which dataset.
        why: The reason, for the history.
        flow_run_id: The flow run that does it, for the history.

    Raises:
        RefusedError: The caller may not, there is no such dataset, no reason is given, a job holds it, or the files
            are not on central disk, so that the copies may be all there is.
    """
    rights.check_reset(asked.caller)
    if not why.strip():
        raise bad_request("why must say for what reason the dataset is reset")
    row = datasets.lock(asked.session, pid)
    _check_safe(asked.session, row)
    columns = reset_columns(row)
    blocks = blocks_with_copies(asked.session, pid)
    if blocks or columns:
        reason = {"reset": {"why": why, "forgotten": blocks}}
        _forget(asked, pid, blocks)
        make(asked.session, asked.caller, row, Change(columns, reset_events(row, columns, reason)), flow_run_id)
    return row


def blocks_with_copies(session: Session, pid: str) -> list[dict[str, Json]]:
    """Write the datablocks of a dataset with their copies, without their files, for the history."""
    mine = select(DatablockRow).where(DatablockRow.dataset_id == pid).order_by(col(DatablockRow.archive_id))
    rows = session.exec(mine).all()
    copies = copies_of(session, rows)
    return [block_wire(row, copies[row.id]) for row in rows]


def _forget(asked: Asked, pid: str, blocks: list[dict[str, Json]]) -> None:
    for block in blocks:
        changes.record(asked.session, asked.caller, "Datablock", block["id"], block, None)
    asked.session.execute(delete(DatablockRow).where(col(DatablockRow.dataset_id) == pid))


def _check_safe(session: Session, row: DatasetRow) -> None:
    check_not_held(session, row.pid, but_by=KIND)
    if not row.is_on_central_disk:
        msg = f"the files of dataset {row.pid} are not on central disk: its archived copies may be all there is"
        raise conflict(f"{msg}; retrieve it first, then reset it", reason="notOnCentralDisk")
