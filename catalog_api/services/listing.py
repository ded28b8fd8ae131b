"""Lists: filtered, sorted, paged, counted and grouped in the database."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

import orjson
from sqlalchemy import ColumnElement, func
from sqlalchemy.sql import Select
from sqlmodel import Session, SQLModel, select

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request
from catalog_api.wire.conditions import Condition, Searchable, lookup
from catalog_api.wire.filters import Listing, Order
from catalog_api.wire.searchable import AS_JSON, DAY
from catalog_api.wire.shape import plain
from emdewar.errors import RefusedError

Row = TypeVar("Row", bound=SQLModel)


def page(
    session: Session, statement: Select[tuple[Row]], listing: Listing, known: Mapping[str, Searchable], last: Json
) -> list[Row]:
    """Fetch one page of a list.

    Args:
        session: Open session.
        statement: The rows, already filtered.
        listing: Order and page.
        known: What the order may name.
        last: Unique column that settles ties, so that no row is on two pages.

    Raises:
        RefusedError: The order names what cannot be sorted by.
    """
    ordered = statement.order_by(*ordering(listing, known, last)).limit(listing.limit).offset(listing.skip)
    return list(session.execute(ordered).scalars())


def count(session: Session, rows: type[SQLModel] | Select[Any], condition: Condition | None = None) -> int:
    """Count the rows that a condition holds for.

    Args:
        session: Open session.
        rows: A table, or a select of its rows.
        condition: Which of them; all when not given.
    """
    counted = _narrowed(rows, condition).with_only_columns(func.count(), maintain_column_froms=True)
    number: int = session.execute(counted).scalar_one()
    return number


def facets(
    session: Session,
    rows: type[SQLModel] | Select[Any],
    condition: Condition | None,
    known: Mapping[str, Searchable],
    names: Iterable[str],
) -> list[dict[str, Json]]:
    """Count rows by the values of some fields, in the shape of SciCat's `fullfacet`; unknown fields are passed over.

    Args:
        session: Open session.
        rows: A table, or a select of its rows.
        condition: Which of them; all when not given.
        known: What can be counted by.
        names: Fields to count by; `datasetlifecycle.x` is answered as `x`.
    """
    chosen, dialect = _narrowed(rows, condition), session.get_bind().dialect.name
    found: dict[str, Json] = {}
    for name in names:
        searchable = _countable(name, known)
        if searchable is not None:
            found[name.removeprefix("datasetlifecycle.")] = _facet(session, searchable.facet(chosen, dialect))
    total = count(session, chosen)
    return [{**found, "all": [{"totalSets": total}] if total else []}]


def ordering(listing: Listing, known: Mapping[str, Searchable], last: Json) -> list[ColumnElement[Any]]:
    """Give what a list is sorted by; ties are settled in the direction of the last term, which an index can follow.

    Raises:
        RefusedError: The order names what cannot be sorted by.
    """
    order = effective_order(listing, known)
    descends = order[-1][1] if order else False
    terms = [_term(lookup(name, known), name, down) for name, down in order]
    return [*terms, last.desc() if descends else last.asc()]


def effective_order(listing: Listing, known: Mapping[str, Searchable]) -> Order:
    """Give the order that was asked for, or else the default one as far as it applies."""
    return listing.order or tuple((name, descends) for name, descends in listing.default_order if name in known)


def _facet(session: Session, statement: Select[Any]) -> list[dict[str, Json]]:
    value = next(iter(statement.selected_columns))
    rows = session.execute(statement.order_by(value.desc()))
    read = _READERS.get(str(value.key), plain)
    return [{"_id": read(value), "count": number} for value, number in rows]


def _countable(name: str, known: Mapping[str, Searchable]) -> Json:
    with suppress(RefusedError):
        searchable = lookup(name, known)
        return searchable if hasattr(searchable, "facet") else None
    return None


def _day(value: str | None) -> Json:
    """Write a day as MongoDB groups it."""
    if value is None:
        return {"year": None, "month": None, "day": None}
    return dict(zip(("year", "month", "day"), map(int, value.split("-")), strict=True))


_READERS: Mapping[str, Callable[[Json], Json]] = {DAY: _day, AS_JSON: orjson.loads}


def _term(searchable: Searchable, name: str, descends: bool) -> ColumnElement[Any]:  # noqa: FBT001 (from a list of pairs)
    if not hasattr(searchable, "sorting"):
        raise bad_request(f"a list cannot be sorted by {name}, which is a list itself")
    value: ColumnElement[Any] = searchable.sorting()
    # Nothing comes before everything else, as in MongoDB; where nothing cannot be, an index must still fit.
    if getattr(getattr(searchable, "column", None), "nullable", True):
        return value.desc().nulls_last() if descends else value.asc().nulls_first()
    return value.desc() if descends else value.asc()


def _narrowed(rows: type[SQLModel] | Select[Any], condition: Condition | None) -> Select[Any]:
    chosen = rows if isinstance(rows, Select) else select(rows)
    return chosen if condition is None else chosen.where(condition)
