"""Rights on published data, as SciCat gives them, and the states in which it can be changed.

| who | read | create | change, publish, register | amend | delete |
|---|---|---|---|---|---|
| anybody | public, registered, amended | | | | |
| logged in | own private | yes | own private | | |
| admins, flows | any | yes | any, until registered | yes | |
| delete groups | | | | | private ones; not yet registered where admin too |
"""

from enum import StrEnum

from sqlalchemy import ColumnElement, or_, true
from sqlmodel import col

from catalog_api.refusals import bad_request, forbidden
from catalog_api.rules.caller import Caller, Power
from catalog_api.rules.ownership import check_logged_in
from catalog_api.tables import PublishedDataRow

ANY = (Power.ADMIN, Power.FLOW)


class Status(StrEnum):
    """Where published data is on its way to a DOI."""

    PRIVATE = "private"
    PUBLIC = "public"
    REGISTERED = "registered"
    AMENDED = "amended"


WITH_DOI = frozenset({Status.REGISTERED, Status.AMENDED})


def begins_anywhere(caller: Caller) -> bool:
    """Tell whether published data of a caller can begin in another state than private."""
    return caller.can(*ANY)


def registers_at_once(caller: Caller) -> bool:
    """Tell whether a caller can make and register published data in one request, as v3 has it."""
    return caller.can(Power.CREATE, Power.CREATE_WITH_PID, Power.CREATE_FOR_ANY)


def readable(caller: Caller) -> ColumnElement[bool]:
    """Give the condition that holds for the published data a caller may see."""
    if caller.can(*ANY):
        return true()
    opened = col(PublishedDataRow.status) != Status.PRIVATE
    return opened if caller.account is None else or_(opened, col(PublishedDataRow.created_by) == caller.name)


def check_change(caller: Caller, row: PublishedDataRow, what: str) -> None:
    """Refuse to change what is out of the caller's hands.

    Args:
        caller: Who asks; sees the row.
        row: The published data.
        what: What is to happen to it, for the message: updated, resynced, removed.

    Raises:
        RefusedError: It is registered, or not private any more and the caller is no admin.
    """
    check_logged_in(caller)
    if row.status in WITH_DOI:
        msg = f"Published data {row.doi} is already registered or amended. It cannot be {what}."
        raise bad_request(msg)
    if not caller.can(*ANY) and row.status != Status.PRIVATE:
        raise bad_request(f"Published data {row.doi} can only be {what} while it is private; it is {row.status}")


def check_publish(caller: Caller, row: PublishedDataRow) -> None:
    """Refuse to publish twice, and what belongs to somebody else.

    Raises:
        RefusedError: It is not private, or the caller is neither its maker nor an admin.
    """
    check_own(caller, row)
    if row.status != Status.PRIVATE:
        raise bad_request(f"Published data {row.doi} can only be published while it is private; it is {row.status}")


def check_own(caller: Caller, row: PublishedDataRow) -> None:
    """Refuse to take somebody else's published data further.

    Raises:
        RefusedError: The caller is neither its maker nor an admin.
    """
    check_logged_in(caller)
    if row.created_by != caller.name and not caller.can(*ANY):
        raise forbidden(f"Published data {row.doi} belongs to {row.created_by}")


def check_amend(caller: Caller, row: PublishedDataRow) -> None:
    """Refuse to amend to everybody but admins, and before registration.

    Raises:
        RefusedError: The caller may not, or it is not registered.
    """
    check_logged_in(caller)
    if not caller.can(*ANY):
        raise forbidden("Only admin users can amend published data.")
    if row.status != Status.REGISTERED:
        raise bad_request(f"Published data {row.doi} can only be amended when it is registered; it is {row.status}")


def check_delete(caller: Caller) -> None:
    """Refuse to delete published data, unless the caller was given that power.

    Raises:
        RefusedError: The caller may not, or is nobody.
    """
    check_logged_in(caller)
    if not caller.can(Power.DELETE):
        raise forbidden("Forbidden resource: only the delete groups delete published data")
