"""Keeps what searches use, in the transaction that changes a dataset."""

from typing import Any

from sqlalchemy import delete, insert
from sqlmodel import Session, SQLModel, col

from catalog_api.search.values import rows_of
from catalog_api.search.words import document
from catalog_api.tables import DatasetAccessRow, DatasetRow, DatasetTextRow, MetadataValueRow
from catalog_api.tables.access import EVERYBODY, MAIL


def index_dataset(session: Session, row: DatasetRow) -> None:
    """Note who sees a dataset, its words and the values of its metadata, in place of what was noted before.

    Args:
        session: The transaction that changed the dataset; the row must have been flushed.
        row: The dataset; its metadata hold their SI values already.
    """
    access = [{"audience": one, "pid": row.pid, "created_at": row.created_at} for one in sorted(_audiences(row))]
    _replace(session, DatasetAccessRow, row.pid, access)
    _replace(session, DatasetTextRow, row.pid, [{"pid": row.pid, "document": document(row)}])
    _replace(session, MetadataValueRow, row.pid, rows_of(row.pid, row.scientific_metadata))


def _audiences(row: DatasetRow) -> set[str]:
    groups = {row.owner_group, *row.access_groups} - {EVERYBODY}
    people = {f"{MAIL}{email.casefold()}" for email in row.shared_with}
    return groups | people | ({EVERYBODY} if row.is_published else set())


def _replace(session: Session, table: type[SQLModel], pid: str, rows: list[dict[str, Any]]) -> None:
    session.execute(delete(table).where(col(table.pid) == pid))  # type: ignore[attr-defined]  # each of them names its dataset
    if rows:
        session.execute(insert(table), rows)
