"""What some audiences see, read from the table that has one row per audience of a dataset."""

from typing import Any

from sqlalchemy import Select, Subquery, exists, func, inspect, select, union
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from catalog_api.rules.visibility import pids_of
from catalog_api.search.leading import Leading
from catalog_api.services import listing as lists
from catalog_api.tables import DatasetAccessRow, DatasetRow
from catalog_api.tables.access import EVERYBODY

MOST_INDEX_READS = 100
"""Audiences whose newest datasets are read one after the other; SQLite puts 500 selects together at most."""

_audience, _pid, _created_at = (
    col(DatasetAccessRow.audience),
    col(DatasetAccessRow.pid),
    col(DatasetAccessRow.created_at),
)


def newest(of: list[str] | None, limit: int, *, descends: bool) -> Subquery:
    """Give the first datasets by date with their `created_at` and `pid`: each audience's own first ones, together.

    Args:
        of: Audiences; None for all datasets.
        limit: Datasets at most.
        descends: Begin with the newest, not with the oldest.
    """
    if of is None:
        dated = select(col(DatasetRow.created_at), col(DatasetRow.pid))
        return _first(dated, limit, descends=descends).subquery()
    if len(of) > MOST_INDEX_READS:
        dated = select(_created_at, _pid).where(_audience.in_(of)).distinct()
        return _first(dated, limit, descends=descends).subquery()
    each = (select(_created_at, _pid).where(_audience == one) for one in of)
    parts = [select(_first(dated, limit, descends=descends).subquery()) for dated in each]
    together = union(*parts).subquery()
    return _first(select(together.c.created_at, together.c.pid), limit, descends=descends).subquery()


def pids(of: list[str]) -> Subquery:
    """Give the identifiers of what some audiences see, each once."""
    for_each = pids_of(of)
    return (for_each.distinct() if len(of) > 1 else for_each).subquery()


def by_date(rows: Subquery, *, descends: bool) -> list[Any]:
    """Give the order of rows that have `created_at` and `pid`."""
    return [column.desc() if descends else column.asc() for column in (rows.c.created_at, rows.c.pid)]


def datasets_of(pids: Subquery) -> Select[tuple[DatasetRow]]:
    """Select the datasets of some identifiers, each by its key."""
    joined = Leading(pids, inspect(DatasetRow).selectable, pids.c.pid == col(DatasetRow.pid))
    return select(DatasetRow).select_from(joined)


def count(session: Session, of: list[str] | None) -> int:
    """Count what some audiences see; a dataset with several audiences once."""
    if of is None:
        return lists.count(session, DatasetRow)
    also = aliased(DatasetAccessRow)
    published_too = exists().where(col(also.pid) == _pid, col(also.audience) == EVERYBODY)
    published = select(func.count()).select_from(DatasetAccessRow).where(_audience == EVERYBODY)
    others = select(func.count(_pid.distinct())).where(_audience.in_(of), _audience != EVERYBODY, ~published_too)
    numbers: list[int] = [session.execute(part).scalar_one() for part in (published, others)]
    return sum(numbers)


def are_few(session: Session, of: list[str], most: int) -> bool:
    """Tell whether some audiences see at most so many datasets; stops counting there."""
    some = pids_of(of).limit(most + 1).subquery()
    number: int = session.execute(select(func.count()).select_from(some)).scalar_one()
    return number <= most


def _first(dated: Select[Any], limit: int, *, descends: bool) -> Select[Any]:
    columns = dated.selected_columns
    return dated.order_by(*(one.desc() if descends else one.asc() for one in columns)).limit(limit)
