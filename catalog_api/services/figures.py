"""What waits in the database, counted for operators."""

from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from catalog_api.services import copies_listing
from catalog_api.tables import DatasetRow, OutboxRow
from catalog_api.tables.columns import now
from emdewar.lifecycle import ArchiveStatus, CopyStatus

FOREIGN = "other"
"""Stands for all words of foreign archivers: there is no end to them."""

_OURS = frozenset(status.value for status in ArchiveStatus)


Figures = dict[str, dict[tuple[str, ...], float]]


def count(session: Session) -> Figures:
    """Count what waits for a flow run, datasets by the state of their archiving, and copies by store and status."""
    return {**_outbox(session), "datasets": _datasets(session), **_copies(session)}


def _outbox(session: Session) -> Figures:
    waiting, oldest = session.exec(
        select(func.count(), func.min(col(OutboxRow.created_at))).where(col(OutboxRow.delivered_at).is_(None))
    ).one()
    return {"outbox_waiting": {(): waiting}, "outbox_oldest_seconds": {(): _age_s(oldest) if oldest else 0.0}}


def _datasets(session: Session) -> dict[tuple[str, ...], float]:
    status = col(DatasetRow.archive_status_message)
    found: dict[tuple[str, ...], float] = {}
    for word, number in session.exec(select(status, func.count()).group_by(status)):
        known = (word if word in _OURS else FOREIGN,)
        found[known] = found.get(known, 0) + number
    return found


def _copies(session: Session) -> Figures:
    rows = copies_listing.counted(session)
    return {
        "copies": {(store, status): copies for store, status, copies, _, _ in rows},
        "copies_bytes": {(store, status): size for store, status, _, size, _ in rows},
        "copies_oldest_seconds": {
            (store,): _age_s(oldest) for store, status, _, _, oldest in rows if status == CopyStatus.VERIFIED
        },
    }


def _age_s(moment: datetime) -> float:
    return max(0.0, (now() - moment).total_seconds())
