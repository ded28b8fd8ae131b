"""Which datasets a caller sees, by the table that has one row per audience of a dataset."""

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, true
from sqlalchemy.orm import Mapped
from sqlmodel import col

from catalog_api.json_type import Json
from catalog_api.rules.caller import Caller, Power
from catalog_api.tables import DatasetAccessRow, DatasetRow
from catalog_api.tables.access import EVERYBODY, MAIL

READ_ANY = (Power.ADMIN, Power.FLOW, Power.LIFECYCLE)
"""Who sees every dataset."""


def audiences(caller: Caller) -> list[str] | None:
    """Give the audiences that a caller belongs to; None for those who see everything."""
    return None if caller.can(*READ_ANY) else [EVERYBODY, *_own(caller)]


def visible_pids(caller: Caller) -> Select[tuple[str]] | None:
    """Give the identifiers of what a caller sees, for `IN`, some of them twice; None for those who see everything.

    Lists use this: the database starts from what is visible. For what is found already, `readable` is cheaper.
    """
    of = audiences(caller)
    return None if of is None else pids_of(of)


def readable(caller: Caller, pid: Json = None) -> ColumnElement[bool]:
    """Give the condition that holds for the datasets that a caller sees; for rows that are found by something else.

    Args:
        caller: Who asks.
        pid: Column that names the dataset; `dataset.pid` when not given.
    """
    of = audiences(caller)
    return true() if of is None else _has_audience(of, col(DatasetRow.pid) if pid is None else pid)


def readable_blocks(
    caller: Caller, is_published: Mapped[bool] | ColumnElement[bool], pid: Json = None
) -> ColumnElement[bool]:
    """Give the condition for file lists: SciCat shows those of a published dataset only when published themselves.

    Args:
        caller: Who asks.
        is_published: Tells whether the list itself is open to the caller.
        pid: Column that names the dataset; `dataset.pid` when not given.
    """
    visible = visible_pids(caller)
    if visible is None:
        return true()
    pid = col(DatasetRow.pid) if pid is None else pid
    return and_(pid.in_(visible), or_(is_published, _has_audience(_own(caller), pid)))


def _own(caller: Caller) -> list[str]:
    email = caller.account.email if caller.account else ""
    person = {f"{MAIL}{email.casefold()}"} if email else set()
    return sorted((caller.groups | person) - {EVERYBODY})


def pids_of(of: list[str]) -> Select[tuple[str]]:
    """Give the identifiers of what some audiences see, for each audience."""
    return select(col(DatasetAccessRow.pid)).where(col(DatasetAccessRow.audience).in_(of))


def _has_audience(of: list[str], pid: Json) -> ColumnElement[bool]:
    return exists().where(col(DatasetAccessRow.pid) == pid, col(DatasetAccessRow.audience).in_(of))
