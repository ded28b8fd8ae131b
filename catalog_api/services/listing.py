"""Lists: filtered, sorted, paged and counted in the database."""

from collections.abc import Mapping
from typing import TypeVar

from sqlalchemy import func
from sqlalchemy.sql import Select
from sqlmodel import Session, SQLModel, select

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request
from catalog_api.wire.conditions import Column, Condition, Searchable, lookup
from catalog_api.wire.filters import Listing

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
    order = [_sorted(name, known, descends=descends) for name, descends in listing.order]
    ordered = statement.order_by(*order, last).limit(listing.limit).offset(listing.skip)
    return list(session.execute(ordered).scalars())


def count(session: Session, entity: type[SQLModel], condition: Condition) -> int:
    """Count the rows that a condition holds for."""
    return session.exec(select(func.count()).select_from(entity).where(condition)).one()


def _sorted(name: str, known: Mapping[str, Searchable], *, descends: bool) -> Json:
    searchable = lookup(name, known)
    if not isinstance(searchable, Column):
        raise bad_request(f"a list cannot be sorted by {name}, which is a list itself")
    return searchable.column.desc() if descends else searchable.column.asc()
