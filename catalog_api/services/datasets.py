"""Datasets: found, locked, listed, counted."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from catalog_api.refusals import forbidden, not_found
from catalog_api.rules import rights
from catalog_api.rules.caller import Caller
from catalog_api.search import datasets as search
from catalog_api.settings import Settings
from catalog_api.tables import DatasetRow
from catalog_api.wire.filters import Listing
from catalog_api.wire.precondition import check_unmodified


@dataclass(frozen=True)
class Asked:
    """Who asks for a change, in which transaction, and what the site has decided."""

    session: Session
    caller: Caller
    settings: Settings


def visible(caller: Caller) -> SelectOfScalar[DatasetRow]:
    """Select the datasets that a caller may see."""
    return select(DatasetRow).where(rights.readable(caller))


def find(session: Session, caller: Caller, pid: str) -> DatasetRow:
    """Find a dataset that the caller may see.

    Raises:
        RefusedError: There is none (`notFound`), or it is not the caller's to see (`forbidden`).
    """
    row = find_visible(session, caller, pid)
    if row is not None:
        return row
    if session.exec(select(DatasetRow.pid).where(DatasetRow.pid == pid)).first() is None:
        raise not_found("dataset with pid", pid)
    raise forbidden("Forbidden resource")


def find_visible(session: Session, caller: Caller, pid: str) -> DatasetRow | None:
    """Give a dataset that the caller may see; None when it is not there for the caller."""
    mine = visible(caller).where(col(DatasetRow.pid) == pid)
    return session.exec(mine.execution_options(populate_existing=True)).one_or_none()


def find_many(session: Session, caller: Caller, listing: Listing) -> list[DatasetRow]:
    """List the datasets that the caller may see and that match.

    Raises:
        RefusedError: The filter names something unknown.
    """
    return search.page(session, caller, listing)


def lock(session: Session, pid: str) -> DatasetRow:
    """Take a dataset for a change, and keep others from changing it until the transaction ends.

    Raises:
        RefusedError: There is none.
    """
    row = session.get(DatasetRow, pid, with_for_update=True, populate_existing=True)
    if row is None:
        raise not_found("dataset with pid", pid)
    return row


def lock_own(session: Session, caller: Caller, pid: str, seen: datetime | None = None) -> DatasetRow:
    """Take a dataset that the caller may change.

    Args:
        session: The transaction.
        caller: Who asks.
        pid: Which dataset.
        seen: The version that the caller has seen, where it says so.

    Raises:
        RefusedError: There is none, it belongs to others, or it was changed since `seen`.
    """
    rights.check_known(caller)
    row = lock(session, pid)
    rights.check_update(caller, row.owner_group)
    check_unmodified(row.updated_at, seen)
    return row
