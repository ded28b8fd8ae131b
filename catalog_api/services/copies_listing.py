"""Questions about the copies of a whole facility, each answered from an index, however many there are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, literal, select, tuple_, union_all
from sqlmodel import Session, col

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request
from catalog_api.tables import CopyRow, DatablockRow, DatasetRow
from catalog_api.tables.columns import UtcMoment
from catalog_api.wire.moments import in_utc
from catalog_api.wire.shape import plain
from catalog_api.wire.written import copy_wire
from emdewar.lifecycle import RETRIEVABLE, CopyStatus

_ARCHIVED = sorted(status.value for status in RETRIEVABLE)


@dataclass(frozen=True)
class Oldest:
    """Which copies are asked for.

    Attributes:
        store: Where they are.
        statuses: What is known of them.
        verified_before: When they were last found good, at most.
        after: Cursor of the last one of the page before; empty for the first page.
        limit: How many at most.
    """

    store: str
    statuses: Sequence[str]
    verified_before: datetime | None
    after: str
    limit: int


def oldest(session: Session, wanted: Oldest) -> list[dict[str, Json]]:
    """Give copies on a store with what they are copies of, those that were not verified for longest first.

    Raises:
        RefusedError: The cursor is none.
    """
    # For one status the index has them in order: each is read by itself, as far as the page goes.
    parts = [_oldest_of(status, wanted).subquery() for status in wanted.statuses]
    place: Any = union_all(*(select(part) for part in parts)).subquery()
    whole = select(CopyRow, col(DatablockRow.dataset_id), col(DatablockRow.archive_id))
    whole = whole.join(
        place, (col(CopyRow.datablock_id) == place.c.datablock_id) & (col(CopyRow.store) == wanted.store)
    )
    whole = whole.join(DatablockRow, col(CopyRow.datablock_id) == col(DatablockRow.id))
    ordered = whole.order_by(place.c.verified_at, place.c.datablock_id).limit(wanted.limit)
    return [
        {"pid": pid, "archiveId": archive_id, **copy_wire(copy), "cursor": _cursor(copy)}
        for copy, pid, archive_id in session.execute(ordered)
    ]


def summary(session: Session) -> list[dict[str, Json]]:
    """Count the copies on each store, by status."""
    found: dict[str, dict[str, Json]] = {}
    for store, status, copies, size, oldest_at in counted(session):
        nothing: dict[str, Json] = {"store": store, "copies": 0, "size": 0, "byStatus": {}, "oldestVerifiedAt": None}
        of = found.setdefault(store, nothing)
        of["copies"] += copies
        of["size"] += size
        of["byStatus"][status] = {"copies": copies, "size": size}
        if status == CopyStatus.VERIFIED:
            of["oldestVerifiedAt"] = plain(oldest_at)
    return list(found.values())


def counted(session: Session) -> list[tuple[str, str, int, int, datetime]]:
    """Give (store, status, copies, bytes, oldest verification) of each store and status that there is, sorted."""
    by = (col(CopyRow.store), col(CopyRow.status))
    figures = (func.count(), func.sum(col(CopyRow.size)), func.min(col(CopyRow.verified_at)))
    rows = session.execute(select(*by, *figures).group_by(*by).order_by(*by))
    return [(store, status, copies, int(size), at) for store, status, copies, size, at in rows]


def short(session: Session, stores: Iterable[str], after: str, limit: int) -> list[dict[str, Json]]:
    """Give datablocks of archived and damaged datasets that lack a good copy on one of some stores, by archive id.

    A facility knows few sets of stores: those that are not enough are found first, each by one look at the index, and
    then their blocks. So it costs as much as there are such blocks, and not as much as there are copies.
    """
    wanted = set(stores)
    lacking = [held for held in session.execute(_held_sets()).scalars() if not wanted <= set(_names(held))]
    if not lacking:
        return []
    parts = [_blocks_with(held, after, limit).subquery() for held in lacking]
    found: Any = union_all(*(select(part) for part in parts)).subquery()
    rows = session.execute(select(found).order_by(found.c.archive_id).limit(limit))
    return [
        {
            "pid": row.dataset_id,
            "archiveId": row.archive_id,
            "number": row.number,
            "verifiedOn": _names(row.verified_on),
        }
        for row in rows
    ]


def _oldest_of(status: str, wanted: Oldest) -> Select[Any]:
    place = (col(CopyRow.verified_at), col(CopyRow.datablock_id))
    found = select(*place).where(col(CopyRow.store) == wanted.store, col(CopyRow.status) == status)
    if wanted.verified_before is not None:
        found = found.where(place[0] < wanted.verified_before)
    if wanted.after:
        verified_at, datablock_id = _read_cursor(wanted.after)
        found = found.where(tuple_(*place) > tuple_(literal(verified_at, UtcMoment), literal(datablock_id)))
    return found.order_by(*place).limit(wanted.limit)


def _held_sets() -> Select[Any]:
    """Select the sets of stores that datablocks have, from one to the next in the index."""
    held = col(DatablockRow.verified_on)
    sets: Any = select(func.min(held).label("held")).cte("sets", recursive=True)
    following = select(func.min(held)).where(held > sets.c.held).correlate(sets).scalar_subquery()
    sets = sets.union_all(select(following).where(sets.c.held.is_not(None)))
    return select(sets.c.held).where(sets.c.held.is_not(None))


def _blocks_with(held: str, after: str, limit: int) -> Select[Any]:
    names = ("archive_id", "dataset_id", "number", "verified_on")
    status, archive_id = col(DatasetRow.archive_status_message), col(DatablockRow.archive_id)
    blocks = select(*(getattr(DatablockRow, name) for name in names)).join(
        DatasetRow, col(DatasetRow.pid) == col(DatablockRow.dataset_id)
    )
    found = blocks.where(col(DatablockRow.verified_on) == held, archive_id > after, status.in_(_ARCHIVED))
    return found.order_by(archive_id).limit(limit)


def _names(held: str) -> list[str]:
    return held.split(",") if held else []


def _cursor(copy: CopyRow) -> str:
    return f"{plain(copy.verified_at)},{copy.datablock_id}"


def _read_cursor(text: str) -> tuple[datetime, str]:
    moment, _, datablock_id = text.partition(",")
    try:
        return in_utc(datetime.fromisoformat(moment)), datablock_id
    except ValueError as error:
        raise bad_request(f"after must be the cursor of a copy, not {text!r}") from error
