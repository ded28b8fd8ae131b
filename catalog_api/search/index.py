"""Keeps what searches use, in the transaction that changes a dataset."""

from collections.abc import Set as AbstractSet
from typing import Any

from sqlalchemy import Table, delete, insert
from sqlmodel import Session, SQLModel, col

from catalog_api.json_type import Json
from catalog_api.search.values import rows_of
from catalog_api.search.words import document
from catalog_api.tables import DatasetAccessRow, DatasetRow, DatasetTermRow, DatasetTextRow, MetadataValueRow
from catalog_api.tables.access import EVERYBODY, MAIL

KEY_FIELD = "metadata_keys"
"""Field of the table of terms that holds the first keys of the metadata, each with the name that people read."""

SEPARATOR = "\x1f"
"""Between a key and its name."""

LONGEST_KEY = 500
"""Bytes of a key and its name; a database cannot index everything."""

_DECIDE_WHO_SEES = frozenset({"owner_group", "access_groups", "shared_with", "is_published"})
_NO_WORDS = _DECIDE_WHO_SEES - {"owner_group"}


def index_dataset(session: Session, row: DatasetRow, changed: AbstractSet[str] | None = None) -> None:
    """Note who sees a dataset, its words and the values of its metadata, in place of what was noted before.

    Args:
        session: The transaction that changed the dataset; the row must have been flushed.
        row: The dataset; its metadata hold their SI values already.
        changed: The columns that have changed since it was noted last; None for a new dataset.
    """
    is_new, names = changed is None, changed or frozenset()
    if is_new or names & _DECIDE_WHO_SEES:
        access = [{"audience": one, "pid": row.pid, "created_at": row.created_at} for one in sorted(_audiences(row))]
        _replace(session, DatasetAccessRow, row.pid, access, is_new=is_new)
    if is_new or names - _NO_WORDS:
        _replace(session, DatasetTextRow, row.pid, [{"pid": row.pid, "document": document(row)}], is_new=is_new)
    if is_new or "scientific_metadata" in names:
        values = rows_of(row.pid, row.scientific_metadata)
        _replace(session, MetadataValueRow, row.pid, values, is_new=is_new)
        _replace_keys(session, row, is_new=is_new)


def _audiences(row: DatasetRow) -> set[str]:
    groups = {row.owner_group, *row.access_groups} - {EVERYBODY}
    people = {f"{MAIL}{email.casefold()}" for email in row.shared_with}
    return groups | people | ({EVERYBODY} if row.is_published else set())


def _replace(session: Session, table: type[SQLModel], pid: str, rows: list[dict[str, Any]], *, is_new: bool) -> None:
    of_all: Table = table.__table__  # type: ignore[attr-defined]
    if not is_new:
        session.execute(delete(of_all).where(of_all.c.pid == pid))
    if rows:
        # As one statement: through the mapped class there would be one for each set of values that are not null.
        session.execute(insert(of_all), rows)


def _replace_keys(session: Session, row: DatasetRow, *, is_new: bool) -> None:
    if not is_new:
        mine = (col(DatasetTermRow.pid) == row.pid, col(DatasetTermRow.field) == KEY_FIELD)
        session.execute(delete(DatasetTermRow).where(*mine))
    terms = sorted({f"{key}{SEPARATOR}{_readable_name(value)}" for key, value in row.scientific_metadata.items()})
    rows = [{"pid": row.pid, "field": KEY_FIELD, "value": term} for term in terms if len(term.encode()) <= LONGEST_KEY]
    if rows:
        session.execute(insert(DatasetTermRow), rows)


def _readable_name(value: Json) -> str:
    name = value.get("human_name") if isinstance(value, dict) else None
    return name if isinstance(name, str) else ""
