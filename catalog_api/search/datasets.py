"""Lists, counts and facets of datasets, at the cost of what the caller sees.

Newest-first pages are read from the index that each audience has. Only when the newest datasets do not fill a page is
the whole of what is visible, or of what matches, brought together; whichever of the two is smaller leads.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlmodel import Session, col

from catalog_api.json_type import Json
from catalog_api.rules import visibility
from catalog_api.rules.caller import Caller
from catalog_api.search import visible
from catalog_api.search.dataset_fields import FOR_MATCHES, narrows
from catalog_api.search.dataset_fields import FOR_ROWS as SEARCHABLE
from catalog_api.services import listing as lists
from catalog_api.tables import DatasetRow
from catalog_api.wire.conditions import Condition, Searchable, condition
from catalog_api.wire.filters import Listing

__all__ = ["SEARCHABLE", "Search", "count", "facets", "newest_pids", "page"]

LOOKED_AT = 1_000
"""Newest datasets in which a page is looked for before everything that matches is brought together."""

MOST_LOOKED_AT = 5_000
"""Newest datasets that are looked at when the first ones nearly filled the page."""

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
    return Search(session, caller, listing.where, only).page(listing)


def count(session: Session, caller: Caller, where: Mapping[str, Json], only: Condition | None = None) -> int:
    """Count the datasets that the caller sees and that match; invisible ones are never counted.

    Raises:
        RefusedError: The filter names something unknown.
    """
    return Search(session, caller, where, only).count()


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
        return select(visible.newest(asked.audiences, limit, descends=True).c.pid)
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
        few: Datasets up to which what is visible leads, and not what matches.
        looked_at: Newest datasets in which a page is looked for first.
    """

    session: Session
    caller: Caller
    where: Mapping[str, Json]
    only: Condition | None = None
    few: int = FEW
    looked_at: int = LOOKED_AT

    @property
    def audiences(self) -> list[str] | None:
        """Give the audiences that the caller belongs to; None for those who see everything."""
        return visibility.audiences(self.caller)

    @property
    def is_everything(self) -> bool:
        """Tell whether all that is visible is asked for."""
        return not self.where and self.only is None

    def page(self, listing: Listing) -> list[DatasetRow]:
        """Fetch a page.

        Raises:
            RefusedError: The filter or the order names something unknown.
        """
        if not listing.limit:
            return []
        order = lists.effective_order(listing, SEARCHABLE)
        if [name for name, _ in order] != ["createdAt"]:
            return self._sorted(listing)
        descends = order[0][1]
        first = self._among_newest(listing, descends=descends)
        return self._newest_of_all(listing, descends=descends) if first is None else first

    def count(self) -> int:
        """Count what is visible and matches.

        Raises:
            RefusedError: The filter names something unknown.
        """
        if self.is_everything:
            return visible.count(self.session, self.audiences)
        return lists.count(self.session, self.matching())

    def matching(self) -> Select[tuple[DatasetRow]]:
        """Select what is visible and matches, beginning with whichever of the two is smaller.

        Raises:
            RefusedError: The filter names something unknown.
        """
        of = self.audiences
        if of is None:
            return select(DatasetRow).where(*self._conditions(FOR_MATCHES))
        if not narrows(self.where) or visible.are_few(self.session, of, self.few):
            seen = visible.pids(of)
            return visible.datasets_of(seen).where(*self._conditions(SEARCHABLE))
        return select(DatasetRow).where(visibility.readable(self.caller), *self._conditions(FOR_MATCHES))

    def _among_newest(self, listing: Listing, *, descends: bool) -> list[DatasetRow] | None:
        """Fetch a page by reading the newest datasets that are visible; None when they do not fill it."""
        wanted = listing.skip + listing.limit
        if self.is_everything:
            return self._in_newest(wanted, listing, descends=descends)
        looked_at = self.looked_at
        while wanted <= looked_at <= MOST_LOOKED_AT:
            rows = self._in_newest(looked_at, listing, descends=descends)
            if len(rows) == listing.limit:
                return rows
            # As often as it matched so far, twice what is needed would fill the page; nothing found says nothing.
            looked_at = 2 * looked_at * wanted // (listing.skip + len(rows)) if rows else MOST_LOOKED_AT + 1
        return None

    def _in_newest(self, looked_at: int, listing: Listing, *, descends: bool) -> list[DatasetRow]:
        newest = visible.newest(self.audiences, looked_at, descends=descends)
        found = visible.datasets_of(newest).where(*self._conditions(SEARCHABLE))
        ordered = found.order_by(*visible.by_date(newest, descends=descends)).limit(listing.limit).offset(listing.skip)
        return list(self.session.execute(ordered).scalars())

    def _newest_of_all(self, listing: Listing, *, descends: bool) -> list[DatasetRow]:
        """Fetch a page by date when what matches is rare: an index by date would be read to its end."""
        dated = (col(DatasetRow.created_at), col(DatasetRow.pid))
        matching = self.matching().with_only_columns(*dated, maintain_column_froms=True)
        # As a table of its own, or PostgreSQL would read that index after all.
        apart = select(matching.cte("matched").prefix_with("MATERIALIZED")).subquery()
        found = select(apart).order_by(*visible.by_date(apart, descends=descends))
        chosen = found.limit(listing.limit).offset(listing.skip).subquery()
        rows = visible.datasets_of(chosen).order_by(*visible.by_date(chosen, descends=descends))
        return list(self.session.execute(rows).scalars())

    def _sorted(self, listing: Listing) -> list[DatasetRow]:
        """Fetch a page by bringing together all that matches, and sorting it."""
        order = lists.ordering(listing, SEARCHABLE, col(DatasetRow.pid))
        pids = self.matching().with_only_columns(col(DatasetRow.pid), maintain_column_froms=True)
        chosen = pids.order_by(*order).limit(listing.limit).offset(listing.skip).subquery()
        return list(self.session.execute(visible.datasets_of(chosen).order_by(*order)).scalars())

    def _conditions(self, known: Mapping[str, Searchable]) -> list[Condition]:
        return [condition(self.where, known), *([] if self.only is None else [self.only])]
