"""Lists, counts and facets of datasets, at the cost of what the caller sees.

Newest-first pages are read from the index that each audience has. Only when the newest datasets do not fill a page is
the whole of what is visible, or of what matches, brought together; whichever of the two is smaller leads.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CompoundSelect, Select, Subquery, exists, func, inspect, select, union
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from catalog_api.json_type import Json
from catalog_api.rules import visibility
from catalog_api.rules.caller import Caller
from catalog_api.search.dataset_fields import FOR_MATCHES, narrows
from catalog_api.search.dataset_fields import FOR_ROWS as SEARCHABLE
from catalog_api.search.leading import Leading
from catalog_api.services import listing as lists
from catalog_api.tables import DatasetAccessRow, DatasetRow
from catalog_api.tables.access import EVERYBODY
from catalog_api.wire.conditions import Condition, Searchable, condition
from catalog_api.wire.filters import Listing

__all__ = ["SEARCHABLE", "count", "facets", "newest_pids", "page"]

LOOKED_AT = 1_000
"""Newest datasets in which a page is looked for before everything that matches is brought together."""

FEW = 5_000
"""Datasets that are looked at one by one faster than matches are found among those of others."""


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
    if [name for name, _ in order] != ["createdAt"]:
        return asked.page(listing)
    descends = order[0][1]
    first = asked.among_newest(listing, descends=descends)
    return asked.newest_of_all(listing, descends=descends) if first is None else first


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


def newest_pids(session: Session, caller: Caller, where: Mapping[str, Json], limit: int) -> Select[tuple[str]]:
    """Select the identifiers of the newest datasets that the caller sees and that match.

    Raises:
        RefusedError: The filter names something unknown.
    """
    asked = Search(session, caller, where)
    if asked.is_everything:
        newest = _newest(visibility.audiences(caller), limit, descends=True).subquery()
        return select(newest.c.pid)
    pids = asked.matching().with_only_columns(col(DatasetRow.pid), maintain_column_froms=True)
    return pids.order_by(col(DatasetRow.created_at).desc()).limit(limit)


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
        """Fetch a page by reading the newest datasets that are visible; None when they do not fill it.

        Args:
            listing: The page.
            descends: Read from the newest, not from the oldest.
        """
        wanted = listing.skip + listing.limit
        looked_at = wanted if self.is_everything else max(LOOKED_AT, 2 * wanted)
        if not self.is_everything and wanted > LOOKED_AT:
            return None
        newest = _newest(visibility.audiences(self.caller), looked_at, descends=descends).subquery()
        order = [by.desc() if descends else by.asc() for by in (newest.c.created_at, newest.c.pid)]
        found = _of(newest).where(*self._conditions(SEARCHABLE)).order_by(*order)
        rows = list(self.session.execute(found.limit(listing.limit).offset(listing.skip)).scalars())
        return rows if self.is_everything or len(rows) == listing.limit else None

    def page(self, listing: Listing) -> list[DatasetRow]:
        """Fetch a page by bringing together all that matches, and sorting it."""
        order = lists.ordering(listing, SEARCHABLE, col(DatasetRow.pid))
        pids = self.matching().with_only_columns(col(DatasetRow.pid), maintain_column_froms=True)
        chosen = pids.order_by(*order).limit(listing.limit).offset(listing.skip).subquery()
        return list(self.session.execute(_of(chosen).order_by(*order)).scalars())

    def newest_of_all(self, listing: Listing, *, descends: bool) -> list[DatasetRow]:
        """Fetch a page by date when what matches is rare: an index by date would be read to its end."""
        dated = (col(DatasetRow.created_at), col(DatasetRow.pid))
        all_matching = self.matching().with_only_columns(*dated, maintain_column_froms=True)
        matched = all_matching.cte("matched").prefix_with("MATERIALIZED")
        columns = (matched.c.created_at, matched.c.pid)
        order = [one.desc() if descends else one.asc() for one in columns]
        chosen = select(*columns).order_by(*order).limit(listing.limit).offset(listing.skip).subquery()
        order = [one.desc() if descends else one.asc() for one in (chosen.c.created_at, chosen.c.pid)]
        return list(self.session.execute(_of(chosen).order_by(*order)).scalars())

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
        numbers: list[int] = [self.session.execute(part).scalar_one() for part in (published, others)]
        return sum(numbers)

    def matching(self) -> Select[tuple[DatasetRow]]:
        """Select what is visible and matches, beginning with whichever of the two is smaller."""
        of = visibility.audiences(self.caller)
        if of is None:
            return select(DatasetRow).where(*self._conditions(FOR_MATCHES))
        if self._sees_few(of) or not narrows(self.where):
            visible = visibility.pids_of(of).distinct().subquery()
            return _of(visible).where(*self._conditions(SEARCHABLE))
        return select(DatasetRow).where(visibility.readable(self.caller), *self._conditions(FOR_MATCHES))

    def _conditions(self, known: Mapping[str, Searchable]) -> list[Condition]:
        return [condition(self.where, known), *([] if self.only is None else [self.only])]

    def _sees_few(self, of: list[str]) -> bool:
        some = visibility.pids_of(of).limit(FEW + 1).subquery()
        number: int = self.session.execute(select(func.count()).select_from(some)).scalar_one()
        return number <= FEW


def _newest(of: list[str] | None, limit: int, *, descends: bool) -> Select[Any] | CompoundSelect[Any]:
    """Give the first datasets by date: each audience's own first ones, put together."""
    if of is None:
        table = DatasetRow
        rows = select(col(table.created_at), col(table.pid))
        return _first(rows, limit, descends=descends)
    access = (col(DatasetAccessRow.created_at), col(DatasetAccessRow.pid))
    parts = [
        _first(select(*access).where(col(DatasetAccessRow.audience) == one), limit, descends=descends) for one in of
    ]
    together = union(*(select(part.subquery()) for part in parts)).subquery()
    return _first(select(together.c.created_at, together.c.pid), limit, descends=descends)


def _first(rows: Select[Any], limit: int, *, descends: bool) -> Select[Any]:
    columns = rows.selected_columns
    return rows.order_by(*(one.desc() if descends else one.asc() for one in columns)).limit(limit)


def _of(pids: Subquery) -> Select[tuple[DatasetRow]]:
    """Select the datasets of some identifiers, each by its key."""
    joined = Leading(pids, inspect(DatasetRow).selectable, pids.c.pid == col(DatasetRow.pid))
    return select(DatasetRow).select_from(joined)
