"""Two ways to say that a dataset has a row in another table."""

from typing import Protocol

from sqlalchemy import literal, select
from sqlmodel import col

from catalog_api.json_type import Json
from catalog_api.tables import DatasetRow
from catalog_api.wire.searchable import Condition


class Related(Protocol):
    """Says that a dataset has a row in another table."""

    def __call__(self, pid: Json, *conditions: Condition) -> Condition:
        """Give the condition on datasets.

        Args:
            pid: The other table's column that names the dataset.
            conditions: What holds for its row.
        """


def by_row(pid: Json, *conditions: Condition) -> Condition:
    """Look for the other table's row dataset by dataset: for few datasets, however much else would match."""
    # Without statistics SQLite may prefer the index that finds all rows which match, once for every dataset.
    by_key = f"INDEXED BY sqlite_autoindex_{pid.table.name}_1"
    row = select(literal(1)).where(pid == col(DatasetRow.pid), *conditions)
    return row.with_hint(pid.table, by_key, "sqlite").exists()


def by_match(pid: Json, *conditions: Condition) -> Condition:
    """Find the other table's rows first: for few matches, however many datasets there are."""
    return col(DatasetRow.pid).in_(select(pid).where(*conditions))
