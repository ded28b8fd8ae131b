"""Publishing: datasets, and everything that belongs to them, are opened to everybody in one transaction.

A bare `isPublished` on a dataset leaves its file lists closed, as in SciCat; publishing opens them too.
"""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import func, literal, or_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import load_only
from sqlmodel import Session, col, select

from catalog_api.json_type import Json
from catalog_api.refusals import not_found
from catalog_api.rules import rights
from catalog_api.rules.caller import Caller
from catalog_api.services import changes
from catalog_api.tables import (
    AttachmentAccessRow,
    AttachmentRow,
    AttachmentTargetRow,
    DatablockRow,
    DatasetAccessRow,
    DatasetRow,
    LifecycleEventRow,
    OrigDatablockRow,
)
from catalog_api.tables.access import EVERYBODY
from catalog_api.tables.columns import later_than
from catalog_api.wire.lifecycle import COLUMNS, lifecycle_wire
from emdewar.records import iso_milliseconds

AT_ONCE = 1_000
"""Rows in one statement."""

_LOADED = [getattr(DatasetRow, name) for name in ("pid", "owner_group", "is_published", "updated_at", *COLUMNS)]


def publish_datasets(session: Session, caller: Caller, pids: Iterable[str]) -> None:
    """Open datasets, their file lists, datablocks and attachments; what is open already stays as it is.

    Args:
        session: The transaction: all are opened, or none.
        caller: Who publishes: in the owner group of every dataset, or an admin, or the flows.
        pids: Which datasets.

    Raises:
        RefusedError: One is not there, or not the caller's to publish.
    """
    # One order for everybody: two who publish the same datasets never wait for each other.
    ordered = iter(sorted(set(pids)))
    while some := list(islice(ordered, AT_ONCE)):
        _open_datasets(session, caller, some)
        _open_below(session, caller, some)
        _let_everybody_in(session, some)


def _open_datasets(session: Session, caller: Caller, pids: Sequence[str]) -> None:
    rows = _locked(session, caller, pids)
    before = {row.pid: _shown(row) for row in rows}
    # Only now: what others changed while we waited for the rows was earlier.
    moment = later_than(*(row.updated_at for row in rows))
    closed = or_(col(DatasetRow.is_published).is_(False), col(DatasetRow.published_on).is_(None))
    opened = update(DatasetRow).where(col(DatasetRow.pid).in_(pids), closed)
    values = {
        "is_published": True,
        "published_on": func.coalesce(DatasetRow.published_on, moment),
        "updated_at": moment,
        "updated_by": caller.name,
    }
    session.execute(opened.values(values).execution_options(synchronize_session=False))
    for row in _rows(session, pids):
        changes.record(session, caller, "Dataset", row.pid, before[row.pid], _shown(row))
        if before[row.pid]["datasetlifecycle"]["publishedOn"] is None:
            session.add(
                LifecycleEventRow(
                    pid=row.pid, field="publishedOn", to_status=iso_milliseconds(moment), who=caller.name, when=moment
                )
            )


def _locked(session: Session, caller: Caller, pids: Sequence[str]) -> list[DatasetRow]:
    rows = _rows(session, pids)
    if missing := set(pids) - {row.pid for row in rows}:
        raise not_found("dataset", min(missing))
    for row in rows:
        rights.check_update(caller, row.owner_group)
    return rows


def _rows(session: Session, pids: Sequence[str]) -> list[DatasetRow]:
    wanted = select(DatasetRow).where(col(DatasetRow.pid).in_(pids)).order_by(DatasetRow.pid).with_for_update()
    fresh = wanted.options(load_only(*_LOADED)).execution_options(populate_existing=True)
    return list(session.exec(fresh))


def _shown(row: DatasetRow) -> dict[str, Any]:
    return {"isPublished": row.is_published, "datasetlifecycle": lifecycle_wire(row)}


def _open_below(session: Session, caller: Caller, pids: Sequence[str]) -> None:
    lists = ("OrigDatablock", OrigDatablockRow, OrigDatablockRow.id, col(OrigDatablockRow.dataset_id).in_(pids))
    blocks = ("Datablock", DatablockRow, DatablockRow.id, col(DatablockRow.dataset_id).in_(pids))
    pictures = ("Attachment", AttachmentRow, AttachmentRow.aid, col(AttachmentRow.aid).in_(_attached(pids)))
    for name, table, key, belonging in (lists, blocks, pictures):
        closed = select(col(key), table.updated_at).where(belonging, col(table.is_published).is_(False))
        # The whole answer is read before the next statement: SQLite changes nothing more while a cursor is open.
        found = iter(session.execute(closed.order_by(col(key)).with_for_update()).all())
        while some := list(islice(found, AT_ONCE)):
            moment = later_than(*(updated_at for _, updated_at in some))
            opened = update(table).where(col(key).in_([document_id for document_id, _ in some]))
            opened = opened.values(is_published=True, updated_at=moment, updated_by=caller.name)
            session.execute(opened.execution_options(synchronize_session=False))
            for document_id, _ in some:
                changes.record(session, caller, name, document_id, {"isPublished": False}, {"isPublished": True})


def _let_everybody_in(session: Session, pids: Sequence[str]) -> None:
    datasets = select(literal(EVERYBODY), DatasetRow.pid, DatasetRow.created_at).where(col(DatasetRow.pid).in_(pids))
    pictures = select(literal(EVERYBODY), AttachmentRow.aid).where(col(AttachmentRow.aid).in_(_attached(pids)))
    postgres = session.get_bind().dialect.name == "postgresql"
    for table, columns, rows in (
        (DatasetAccessRow, ["audience", "pid", "created_at"], datasets),
        (AttachmentAccessRow, ["audience", "aid"], pictures),
    ):
        insert = postgresql.insert(table) if postgres else sqlite.insert(table)
        session.execute(insert.from_select(columns, rows).on_conflict_do_nothing())


def _attached(pids: Sequence[str]) -> Json:
    target = AttachmentTargetRow
    return select(target.aid).where(target.target_type == "dataset", col(target.target_id).in_(pids))
