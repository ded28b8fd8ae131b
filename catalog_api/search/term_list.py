"""Lists of words of a dataset, as filters name them: keywords, access groups, proposals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, false, func, select, true
from sqlmodel import col

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request
from catalog_api.search.related import Related
from catalog_api.tables import DatasetRow, DatasetTermRow
from catalog_api.wire.by_database import ByCodePoint
from catalog_api.wire.patterns import Pattern
from catalog_api.wire.searchable import RANGE, Condition, Searchable, no_such_property


@dataclass(frozen=True)
class TermList:
    """One of a dataset's lists of words.

    Attributes:
        field: Name of the list in the table of terms.
        related: How to look for rows of that table.
    """

    field: str
    related: Related

    def is_among(self, values: list[Json]) -> Condition:
        """Find what has one of some words."""
        if not all(isinstance(value, str | None) for value in values):
            raise bad_request("a list of words is searched for words")
        words = [value for value in values if value is not None]
        return self._has(self._word().in_(words)) if words else false()

    def is_within(self, bounds: Mapping[str, Json]) -> Condition:
        """Find what has words within bounds."""
        if not all(isinstance(bound, str) for bound in bounds.values()):
            raise bad_request("a list of words is searched for words")
        word = ByCodePoint(self._word())
        return and_(true(), *(self._has(RANGE[name](word, bound)) for name, bound in bounds.items()))

    def exists(self) -> Condition:
        """Find everything: a list is always there, though it may be empty."""
        return true()

    def matches(self, pattern: Pattern) -> Condition:
        """Find what has a word in which a pattern is found."""
        return self._has(pattern.matches(self._word()))

    def below(self, path: str) -> Searchable:
        """Refuse: a word has no inside."""
        raise no_such_property(path)

    def facet(self, chosen: Select[Any], dialect: str) -> Select[Any]:  # noqa: ARG002 (the same on both)
        """Count datasets by word."""
        value = col(DatasetTermRow.value)
        # As a table of its own: conditions on other lists are about the same table, and would be taken for this one.
        of = chosen.with_only_columns(col(DatasetRow.pid), maintain_column_froms=True).subquery()
        mine = and_(col(DatasetTermRow.field) == self.field, col(DatasetTermRow.pid) == of.c.pid)
        return select(value, func.count()).join(of, mine).group_by(value)

    def _has(self, condition: Condition) -> Condition:
        return self.related.has(col(DatasetTermRow.pid), col(DatasetTermRow.field) == self.field, condition)

    def _word(self) -> Json:
        return self.related.compared(col(DatasetTermRow.value))
