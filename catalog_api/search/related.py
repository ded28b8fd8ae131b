"""Two ways to say that a dataset has a row in another table."""

from abc import ABC, abstractmethod

from sqlalchemy import literal, select
from sqlmodel import col

from catalog_api.json_type import Json
from catalog_api.search.leading import NoIndex
from catalog_api.tables import DatasetRow
from catalog_api.wire.searchable import Condition


class Related(ABC):
    """Says that a dataset has a row in another table."""

    @abstractmethod
    def has(self, pid: Json, *conditions: Condition) -> Condition:
        """Give the condition on datasets.

        Args:
            pid: The other table's column that names the dataset.
            conditions: What holds for its row.
        """

    @abstractmethod
    def compared(self, column: Json) -> Json:
        """Give a column of the other table as the conditions on its row compare it."""


class _ByRow(Related):
    """Looks for the other table's row dataset by dataset: for few datasets, however much else would match."""

    def has(self, pid: Json, *conditions: Condition) -> Condition:
        # With an offset, be it none, PostgreSQL does not turn this into a join that reads every row which matches.
        row = select(literal(1)).where(pid == col(DatasetRow.pid), *conditions).offset(0)
        return row.correlate(DatasetRow).exists()

    def compared(self, column: Json) -> Json:
        # Without statistics the index that finds every row which matches looks as good as the key.
        return NoIndex(column)


class _ByMatch(Related):
    """Finds the other table's rows first: for few matches, however many datasets there are."""

    def has(self, pid: Json, *conditions: Condition) -> Condition:
        return col(DatasetRow.pid).in_(select(pid).where(*conditions).correlate(None))

    def compared(self, column: Json) -> Json:
        return column


BY_ROW, BY_MATCH = _ByRow(), _ByMatch()
