"""Which keys the scientific metadata of visible datasets have, and how many datasets have each."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Integer, Select, String, distinct, func, literal, select
from sqlmodel import Session, col

from catalog_api.json_type import Json
from catalog_api.rules import visibility
from catalog_api.rules.caller import Caller
from catalog_api.search import datasets
from catalog_api.search.index import KEY_FIELD, SEPARATOR
from catalog_api.search.si import SHAPES
from catalog_api.services import listing as lists
from catalog_api.tables import DatasetAccessRow, DatasetTermRow, MetadataValueRow
from catalog_api.tables.access import EVERYBODY, MAIL
from catalog_api.wire.by_database import ByDatabase
from catalog_api.wire.conditions import Column, Condition, Membership, Searchable, condition
from catalog_api.wire.filters import Listing

NEWEST = 5_000
"""Datasets whose keys are listed: the newest that match."""

SOURCE = "Dataset"


def dotted_keys(session: Session, caller: Caller, where: Mapping[str, Json], part: str = "") -> list[str]:
    """Give the keys of the metadata of what a caller sees, joined by dots and sorted; a quantity is one key.

    Args:
        session: Open session.
        caller: Who asks.
        where: Which datasets.
        part: What the keys must contain, in any case.

    Raises:
        RefusedError: The condition names something unknown.
    """
    newest = datasets.newest_pids(session, caller, where, NEWEST).subquery()
    found = select(distinct(col(MetadataValueRow.path))).where(col(MetadataValueRow.pid).in_(select(newest.c.pid)))
    keys = whole_quantities(session.execute(found).scalars())
    return sorted(key for key in keys if part.casefold() in key.casefold())


def whole_quantities(paths: Iterable[str]) -> set[str]:
    """Put the value and the unit of a quantity together as one key."""
    known = set(paths)
    for value, unit in SHAPES:
        above = {path.removesuffix(f".{unit}") for path in known if path.endswith(f".{unit}")}
        whole = {path for path in above if f"{path}.{value}" in known}
        known = (known | whole) - {f"{path}.{part}" for path in whole for part in (value, unit)}
    return known


def entries(session: Session, caller: Caller, listing: Listing) -> list[dict[str, Json]]:
    """List the first keys of the metadata of what a caller sees: who has them, and in how many datasets.

    Raises:
        RefusedError: The filter or the order names something unknown.
    """
    visible = visibility.visible_pids(caller)
    counted = _counted(visible).subquery()
    known: dict[str, Searchable] = {
        "key": Column(counted.c.key),
        "humanReadableName": Column(counted.c.name),
        "sourceType": Column(counted.c.source),
        "usageCount": Column(counted.c.uses),
        "isPublished": Column(counted.c.published),
        "userGroups": Membership(lambda groups: _used_by(groups, counted.c.term, visible)),
    }
    found = select(counted).where(condition(listing.where, known))
    ordered = found.order_by(*lists.ordering(listing, known, counted.c.term)).limit(listing.limit).offset(listing.skip)
    rows = session.execute(ordered).all()
    groups = _groups(session, [row.term for row in rows], visible)
    return [listing.project(_entry(row, groups.get(row.term, {}))) for row in rows]


def _counted(visible: Select[tuple[str]] | None) -> Select[Any]:
    term, opened = col(DatasetTermRow.value), col(DatasetAccessRow.pid)
    open_to_all = (opened == col(DatasetTermRow.pid)) & (col(DatasetAccessRow.audience) == EVERYBODY)
    each: Select[Any] = select(
        term.label("term"), func.count().label("uses"), (func.count(opened) > 0).label("published")
    )
    each = each.outerjoin(DatasetAccessRow, open_to_all).where(_of_visible(visible)).group_by(term)
    counted = each.subquery()
    marked = func.instr(counted.c.term, SEPARATOR, type_=Integer())
    key = ByDatabase(func.substr(counted.c.term, 1, marked - 1, type_=String()), _part(counted.c.term, 1))
    name = ByDatabase(func.substr(counted.c.term, marked + 1, type_=String()), _part(counted.c.term, 2))
    return select(counted, key.label("key"), name.label("name"), literal(SOURCE, String).label("source"))


def _part(term: Json, number: int) -> Json:
    return func.split_part(term, SEPARATOR, number, type_=String())


def _of_visible(visible: Select[tuple[str]] | None) -> Condition:
    mine: Condition = col(DatasetTermRow.field) == KEY_FIELD
    return mine if visible is None else mine & col(DatasetTermRow.pid).in_(visible)


def _used_by(groups: Sequence[str], term: Json, visible: Select[tuple[str]] | None) -> Condition:
    used = select(col(DatasetTermRow.value)).join(
        DatasetAccessRow, col(DatasetAccessRow.pid) == col(DatasetTermRow.pid)
    )
    of_groups = col(DatasetAccessRow.audience).in_([group for group in groups if group != EVERYBODY])
    condition: Condition = term.in_(used.where(_of_visible(visible), of_groups))
    return condition


def _groups(session: Session, terms: list[str], visible: Select[tuple[str]] | None) -> dict[str, dict[str, int]]:
    """Count the datasets that have a key by the groups that they belong to, or are shared with."""
    term, audience = col(DatasetTermRow.value), col(DatasetAccessRow.audience)
    mine = col(DatasetAccessRow.pid) == col(DatasetTermRow.pid)
    found = select(term, audience, func.count()).join(DatasetAccessRow, mine)
    found = found.where(_of_visible(visible), term.in_(terms), audience != EVERYBODY, ~audience.startswith(MAIL))
    counts: dict[str, dict[str, int]] = {}
    for key, group, uses in session.execute(found.group_by(term, audience).order_by(term, audience)):
        counts.setdefault(key, {})[group] = uses
    return counts


def _entry(row: Json, groups: Mapping[str, int]) -> dict[str, Json]:
    key = str(uuid5(NAMESPACE_URL, f"{SOURCE}{SEPARATOR}{row.term}"))
    return {
        "_id": key,
        "id": key,
        "key": row.key,
        "humanReadableName": row.name,
        "sourceType": SOURCE,
        "userGroups": list(groups),
        "userGroupCounts": dict(groups),
        "isPublished": bool(row.published),
        "usageCount": row.uses,
    }
