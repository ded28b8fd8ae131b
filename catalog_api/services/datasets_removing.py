"""Deleting datasets, with everything that belongs to them; what they were stays in the history."""

from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from catalog_api.json_type import Json
from catalog_api.refusals import conflict
from catalog_api.rules import rights
from catalog_api.rules.lifecycle import FILES_MAY_CHANGE
from catalog_api.services import attachments, changes, dataset_blocks, datasets, lifecycle, proposals
from catalog_api.services.datasets import Asked
from catalog_api.services.reset import blocks_with_copies
from catalog_api.tables import (
    DatasetRow,
    DatasetTermRow,
    JobClaimRow,
    JobDatasetRow,
    LifecycleEventRow,
    OrigDatablockRow,
)
from catalog_api.wire.dataset import dataset_wire
from catalog_api.wire.shape import wire


def remove(asked: Asked, pid: str) -> dict[str, Json]:
    """Delete a dataset with its file lists, datablocks, attachments and all that searches use.

    Returns:
        The dataset as it was.

    Raises:
        RefusedError: The caller may not, there is no such dataset, a job holds it, or its files are archived, or being
            archived.
    """
    rights.check_delete(asked.caller)
    session = asked.session
    row = datasets.lock(session, pid)
    _check_free(session, row)
    before = dataset_wire(row)
    changes.record(session, asked.caller, "Dataset", pid, before | _what_goes_with(session, pid), None)
    dataset_blocks.forget(session, pid)
    attachments.forget(session, asked.caller, pid)
    proposals.count_datasets(session, before=row.proposal_ids)
    # The tables that searches use go with the dataset by themselves; jobs keep its identifier in their parameters.
    for table in (DatasetTermRow, LifecycleEventRow, JobDatasetRow):
        session.execute(delete(table).where(col(table.pid) == pid))
    session.delete(row)
    session.flush()
    return before


def _check_free(session: Session, row: DatasetRow) -> None:
    claim = session.exec(select(JobClaimRow).where(JobClaimRow.pid == row.pid)).first()
    if claim is not None:
        msg = f"an open {claim.kind} job ({claim.job_id}) holds dataset {row.pid}; wait for it, or end it first"
        raise conflict(msg, reason="held")
    if row.managed and row.archive_status_message not in FILES_MAY_CHANGE:
        msg = f"dataset {row.pid} is {row.archive_status_message!r}: deleting it would lose what is archived"
        raise conflict(f"{msg}; reset it first, with the reason", reason="archived")


def _what_goes_with(session: Session, pid: str) -> dict[str, Json]:
    lists = select(func.count()).select_from(OrigDatablockRow).where(OrigDatablockRow.dataset_id == pid)
    return {
        "numberOfOrigDatablocks": session.exec(lists).one(),
        "datablocks": blocks_with_copies(session, pid),
        "lifecycleEvents": [wire(event, without={"id"}) for event in lifecycle.events(session, pid)],
    }
