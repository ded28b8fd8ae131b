"""What waits in the database, counted for operators."""

from sqlalchemy import func
from sqlmodel import Session, col, select

from catalog_api.tables import DatasetRow, OutboxRow
from catalog_api.tables.columns import now
from emdewar.lifecycle import ArchiveStatus

FOREIGN = "other"
"""Stands for all words of foreign archivers: there is no end to them."""

_OURS = frozenset(status.value for status in ArchiveStatus)


def count(session: Session) -> dict[str, dict[str, float]]:
    """Count what waits for a flow run, and datasets by the state of their archiving."""
    waiting, oldest = session.exec(
        select(func.count(), func.min(col(OutboxRow.created_at))).where(col(OutboxRow.delivered_at).is_(None))
    ).one()
    status = col(DatasetRow.archive_status_message)
    datasets: dict[str, float] = {}
    for word, number in session.exec(select(status, func.count()).group_by(status)):
        known = word if word in _OURS else FOREIGN
        datasets[known] = datasets.get(known, 0) + number
    age_s = max(0.0, (now() - oldest).total_seconds()) if oldest else 0.0
    return {"outbox_waiting": {"": waiting}, "outbox_oldest_seconds": {"": age_s}, "datasets": datasets}
