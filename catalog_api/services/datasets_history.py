"""What was changed of datasets, as the v3 dialect tells it inside each of them."""

from collections.abc import Iterable

from sqlmodel import Session, col, select

from catalog_api.json_type import Json
from catalog_api.tables import ChangeRecordRow
from catalog_api.wire.obsolete import history_wire

MOST_CHANGES = 1_000
"""Changes that one answer tells; the whole history has a route of its own."""


def histories(session: Session, pids: Iterable[str]) -> dict[str, list[dict[str, Json]]]:
    """Give the changes of some datasets, oldest first, for each of them; how it began is no change."""
    told: dict[str, list[ChangeRecordRow]] = {pid: [] for pid in pids}
    mine = (
        col(ChangeRecordRow.subsystem) == "Dataset",
        col(ChangeRecordRow.document_id).in_(told),
        col(ChangeRecordRow.operation) == "update",
    )
    found = select(ChangeRecordRow).where(*mine).order_by(col(ChangeRecordRow.id).desc()).limit(MOST_CHANGES)
    for record in reversed(session.exec(found).all()):
        told[record.document_id].append(record)
    return {pid: history_wire(records) for pid, records in told.items()}
