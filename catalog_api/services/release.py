"""Releasing a dataset: its files may go from central disk, for enough good copies are on record."""

from sqlalchemy import func
from sqlmodel import Session, col, select

from catalog_api.refusals import bad_request, conflict
from catalog_api.rules import rights
from catalog_api.rules.archived import check_archived
from catalog_api.rules.lifecycle import released
from catalog_api.services import datasets
from catalog_api.services.datasets import Asked
from catalog_api.services.jobs_claims import check_not_held
from catalog_api.services.lifecycle import make
from catalog_api.tables import CopyRow, DatablockRow, DatasetRow
from catalog_api.wire.release import ReleaseIn
from emdewar.lifecycle import ArchiveStatus, CopyStatus

KIND = "release"
"""Jobs of this kind ask for what is done here, so that their own hold on the dataset is none against it."""


def release(asked: Asked, pid: str, sent: ReleaseIn) -> DatasetRow:
    """Say that the files of an archived dataset may go from central disk, and write it to the history.

    Everything is proved anew each time, also when the dataset was released before: who goes on deleting after an
    interruption learns whether the copies are still good. A dataset that is released cannot be reset.

    Raises:
        RefusedError: The caller may not, there is no such dataset, no reason is given, a job holds it, it is not
            archived, or a datablock has too few good copies.
    """
    rights.check_release(asked.caller)
    if not sent.why.strip():
        raise bad_request("why must say for what reason the dataset is released")
    row = datasets.lock(asked.session, pid)
    check_not_held(asked.session, pid, but_by=KIND)
    required = max(sent.required_copies or 0, asked.settings.required_copies)
    if not row.managed or row.archive_status_message != ArchiveStatus.ON_ARCHIVE_DISK:
        msg = f"dataset {pid} is {row.archive_status_message!r} and not archived by the flows; its files must stay"
        raise conflict(msg, reason="notVerified")
    check_archived(asked.session, row, required, "released")
    why = {"release": {"why": sent.why, "requiredCopies": required, "copies": _copies(asked.session, pid)}}
    make(asked.session, asked.caller, row, released(row, why), sent.flow_run_id)
    return row


def _copies(session: Session, pid: str) -> dict[str, int]:
    """Count the good copies of a dataset's blocks on each store."""
    blocks = select(DatablockRow.id).where(DatablockRow.dataset_id == pid)
    good = (col(CopyRow.datablock_id).in_(blocks), CopyRow.status == CopyStatus.VERIFIED.value)
    counted = select(CopyRow.store, func.count()).where(*good).group_by(CopyRow.store).order_by(CopyRow.store)
    return dict(session.exec(counted).all())
