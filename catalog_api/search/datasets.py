"""Lists, counts and facets of datasets, at the cost of what the caller sees.

Newest-first pages are read from the index that each audience has. Only when the newest datasets do not fill a page is
the whole of what is visible, or of what matches, brought together; whichever of the two is smaller leads.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic.alias_generators import to_camel
from sqlalchemy import CompoundSelect, Select, exists, func, select, union
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from catalog_api.json_type import Json
from catalog_api.rules import visibility
from catalog_api.rules.caller import Caller
from catalog_api.search.metadata_field import MetadataField
from catalog_api.search.related import Related, by_match, by_row
from catalog_api.search.term_list import TermList
from catalog_api.search.text_field import DatasetText
from catalog_api.services import listing as lists
from catalog_api.tables import DatasetAccessRow, DatasetRow
from catalog_api.tables.access import EVERYBODY
from catalog_api.wire.conditions import TEXT, Column, Condition, JsonField, Searchable, condition
from catalog_api.wire.dataset import LIST_FIELDS
from catalog_api.wire.filters import Listing
from catalog_api.wire.lifecycle import COLUMNS
from catalog_api.wire.obsolete import SINGULAR

LOOKED_AT = 1_000
"""Newest datasets in which a page is looked for before everything that matches is brought together."""

FEW = 5_000
"""Datasets that are looked at one by one faster than matches are found among those of others."""

_INDEXED = frozenset({"$text", "_id", "pid", "ownerGroup", "scientificMetadata", *map(to_camel, LIST_FIELDS), *SINGULAR})
_FREE = ("techniques", "relationships", "job_parameters", "archive_return_message", "retrieve_return_message")


def searchable(related: Related) -> dict[str, Searchable]:
    """Give what a filter on datasets can name.

    Args:
        related: How conditions on other tables are to be met.
    """
    known: dict[str, Searchable] = {"_id": Column(col(DatasetRow.pid)), TEXT: DatasetText(related)}
    for name in DatasetRow.model_fields:
        prefix = "datasetlifecycle." if name in COLUMNS else ""
        column = getattr(DatasetRow, name)
        known[prefix + to_camel(name)] = JsonField(column) if name in _FREE else Column(column)
    known |= {to_camel(name): TermList(name, related) for name in LIST_FIELDS}
    known["scientificMetadata"] = MetadataField(related)
    return known | {name: known[plural] for name, plural in SINGULAR.items()}


SEARCHABLE = searchable(by_row)
"""What a filter on datasets can name; for conditions on datasets that something else finds."""

_BY_MATCH = searchable(by_match)


def page(session: Session, caller: Caller, listing: Listing, only: Condition | None = None) -> list[DatasetRow]:
    """Fetch one page of the datasets that the caller sees and that match.

    Args:
        session: Open session.
        caller: Who asks.
        listing: Condition, order and page.
        only: One more condition on datasets.

    Raises:
        RefusedError: The filter or the order names something unknown.
    """
    if not listing.limit:
        return []
    asked = Search(session, caller, listing.where, only)
    order = lists.effective_order(listing, SEARCHABLE)
    if [name for name, _ in order] == ["createdAt"]:
        first = asked.among_newest(listing, descends=order[0][1])
        if first is not None:
            return first
    return asked.page(listing)


def count(session: Session, caller: Caller, where: Mapping[str, Json], only: Condition | None = None) -> int:
    """Count the datasets that the caller sees and that match; invisible ones are never counted.

    Raises:
        RefusedError: The filter names something unknown.
    """
    asked = Search(session, caller, where, only)
    return asked.count_visible() if asked.is_everything else lists.count(session, asked.matching())


def facets(
    session: Session, caller: Caller, where: Mapping[str, Json], names: Iterable[str], only: Condition | None = None
) -> list[dict[str, Json]]:
    """Count the datasets that the caller sees and that match by the values of some fields.

    Raises:
        RefusedError: The filter names something unknown.
    """
    return lists.facets(session, Search(session, caller, where, only).matching(), None, SEARCHABLE, names)


@dataclass(frozen=True)
class Search:
    """One question about datasets.

    Attributes:
        session: Open session.
        caller: Who asks.
        where: Condition of the filter.
        only: One more condition.
    """

    session: Session
    caller: Caller
    where: Mapping[str, Json]
    only: Condition | None = None

    @property
    def is_everything(self) -> bool:
        """Tell whether all that is visible is asked for."""
        return not self.where and self.only is None

    def among_newest(self, listing: Listing, *, descends: bool) -> list[DatasetRow] | None:
        """Fetch a page by reading the newest datasets that are visible, or the oldest; None when they do not fill it."""
        wanted = listing.skip + listing.limit
        looked_at = wanted if self.is_everything else max(LOOKED_AT, 2 * wanted)
        if not self.is_everything and wanted > LOOKED_AT:
            return None
        newest = _newest(visibility.audiences(self.caller), looked_at, descends=descends).subquery()
        order = [by.desc() if descends else by.asc() for by in (newest.c.created_at, newest.c.pid)]
        found = select(DatasetRow).join(newest, newest.c.pid == col(DatasetRow.pid)).where(*self._conditions(SEARCHABLE))
        found = _by_key(found).order_by(*order).limit(listing.limit).offset(listing.skip)
        rows = list(self.session.execute(found).scalars())
        return rows if self.is_everything or len(rows) == listing.limit else None

    def page(self, listing: Listing) -> list[DatasetRow]:
        """Fetch a page by bringing together all that matches, and sorting it."""
        order = lists.ordering(listing, SEARCHABLE, col(DatasetRow.pid))
        pids = self.matching().with_only_columns(col(DatasetRow.pid), maintain_column_froms=True)
        chosen = pids.order_by(*order).limit(listing.limit).offset(listing.skip).subquery()
        found = select(DatasetRow).join(chosen, chosen.c.pid == col(DatasetRow.pid))
        return list(self.session.execute(_by_key(found).order_by(*order)).scalars())

    def count_visible(self) -> int:
        """Count all that is visible; a dataset with several audiences once."""
        of = visibility.audiences(self.caller)
        if of is None:
            return lists.count(self.session, DatasetRow)
        pid, audience = col(DatasetAccessRow.pid), col(DatasetAccessRow.audience)
        published = select(func.count()).select_from(DatasetAccessRow).where(audience == EVERYBODY)
        also = aliased(DatasetAccessRow)
        twice = exists().where(col(also.pid) == pid, col(also.audience) == EVERYBODY)
        others = select(func.count(pid.distinct())).where(audience.in_(of), audience != EVERYBODY, ~twice)
        return sum(self.session.execute(part).scalar_one() for part in (published, others))

    def matching(self) -> Select[tuple[DatasetRow]]:
        """Select what is visible and matches, beginning with whichever of the two is smaller."""
        of = visibility.audiences(self.caller)
        if of is None:
            return select(DatasetRow).where(*self._conditions(_BY_MATCH))
        if self._sees_few(of) or not _narrows(self.where):
            visible = select(col(DatasetAccessRow.pid)).where(col(DatasetAccessRow.audience).in_(of)).distinct().subquery()
            found = select(DatasetRow).join(visible, visible.c.pid == col(DatasetRow.pid))
            return _by_key(found.where(*self._conditions(SEARCHABLE)))
        return select(DatasetRow).where(visibility.readable(self.caller), *self._conditions(_BY_MATCH))

    def _conditions(self, known: Mapping[str, Searchable]) -> list[Condition]:
        return [condition(self.where, known), *([] if self.only is None else [self.only])]

    def _sees_few(self, of: list[str]) -> bool:
        some = select(col(DatasetAccessRow.pid)).where(col(DatasetAccessRow.audience).in_(of)).limit(FEW + 1)
        return self.session.execute(select(func.count()).select_from(some.subquery())).scalar_one() <= FEW


def _newest(of: list[str] | None, limit: int, *, descends: bool) -> Select[Any] | CompoundSelect[Any]:
    """Give the first datasets by date: each audience's own first ones, put together."""
    if of is None:
        table = DatasetRow
        rows = select(col(table.created_at), col(table.pid))
        return _first(rows, limit, descends=descends)
    access = (col(DatasetAccessRow.created_at), col(DatasetAccessRow.pid))
    parts = [_first(select(*access).where(col(DatasetAccessRow.audience) == one), limit, descends=descends) for one in of]
    together = union(*(select(part.subquery()) for part in parts)).subquery()
    return _first(select(together.c.created_at, together.c.pid), limit, descends=descends)


def _first(rows: Select[Any], limit: int, *, descends: bool) -> Select[Any]:
    columns = rows.selected_columns
    return rows.order_by(*(one.desc() if descends else one.asc() for one in columns)).limit(limit)


def _by_key(found: Select[tuple[DatasetRow]]) -> Select[tuple[DatasetRow]]:
    """Tell SQLite to fetch each dataset by its key: without statistics it may prefer to read whole groups."""
    return found.with_hint(DatasetRow, "INDEXED BY sqlite_autoindex_dataset_1", "sqlite")


def _narrows(where: Mapping[str, Json]) -> bool:
    """Tell whether a condition has a part that an index answers."""
    return any(
        name.partition(".")[0] in _INDEXED or (name.removeprefix("$") == "and" and any(map(_narrows, parts)))
        for name, parts in where.items()
    )
