"""Rights on datasets and what belongs to them, as SciCat gives them.

`ownerGroup` writes, `accessGroups` read, `isPublished` opens to all; admins and the flows' accounts do both anywhere.
"""

from sqlalchemy import ColumnElement, and_, exists, false, or_, true
from sqlalchemy.orm import Mapped
from sqlmodel import col

from catalog_api.refusals import forbidden
from catalog_api.rules.caller import Caller, Power
from catalog_api.tables import DatasetRow, DatasetTermRow, JobRow

READ_ANY = (Power.ADMIN, Power.FLOW, Power.LIFECYCLE)
UPDATE_ANY = (Power.ADMIN, Power.FLOW)


def readable(caller: Caller) -> ColumnElement[bool]:
    """Give the condition that holds for the datasets a caller may see; used by lists, counts and single reads alike."""
    if caller.can(*READ_ANY):
        return true()
    return or_(col(DatasetRow.is_published), _own_or_shared(caller))


def readable_blocks(caller: Caller, is_published: Mapped[bool]) -> ColumnElement[bool]:
    """Give the condition for file lists: SciCat shows those of a published dataset only when published themselves."""
    if caller.can(*READ_ANY):
        return true()
    return or_(and_(col(DatasetRow.is_published), is_published), _own_or_shared(caller))


def _own_or_shared(caller: Caller) -> ColumnElement[bool]:
    if not caller.groups:
        return false()
    shared = exists().where(
        col(DatasetTermRow.pid) == col(DatasetRow.pid),
        col(DatasetTermRow.field) == "access_groups",
        col(DatasetTermRow.value).in_(caller.groups),
    )
    return or_(col(DatasetRow.owner_group).in_(caller.groups), shared)


def readable_jobs(caller: Caller) -> ColumnElement[bool]:
    """Give the condition that holds for the jobs a caller may see."""
    if caller.can(*READ_ANY):
        return true()
    return or_(col(JobRow.owner_user) == caller.name, col(JobRow.owner_group).in_(caller.groups))


def check_create(caller: Caller, owner_group: str, *, chooses_pid: bool) -> None:
    """Refuse to register a dataset for a group, or under an identifier, that is not the caller's to choose.

    Raises:
        RefusedError: The caller may not.
    """
    anywhere = caller.can(Power.ADMIN, Power.FLOW, Power.CREATE_FOR_ANY)
    if anywhere:
        return
    if not caller.can(Power.CREATE, Power.CREATE_WITH_PID):
        raise forbidden("Forbidden resource")
    if owner_group not in caller.groups:
        raise forbidden(f"{caller.name} is not in group {owner_group!r} and cannot register datasets for it")
    if chooses_pid and not caller.can(Power.CREATE_WITH_PID):
        raise forbidden(f"{caller.name} may not choose identifiers; leave out pid and the catalog makes one")


def check_update(caller: Caller, owner_group: str) -> None:
    """Refuse to change what belongs to another group.

    Raises:
        RefusedError: The caller may not.
    """
    if not (caller.can(*UPDATE_ANY) or owner_group in caller.groups):
        raise forbidden("Forbidden resource")


def check_lifecycle(caller: Caller, owner_group: str) -> None:
    """Refuse to move a dataset of another group, unless the caller is an archiver.

    Raises:
        RefusedError: The caller may not.
    """
    if not caller.can(Power.LIFECYCLE):
        check_update(caller, owner_group)


def check_proofs(caller: Caller, dataset: DatasetRow) -> None:
    """Refuse to record what only an archiver can have proved: datablocks, copies, and the states that rest on them.

    Raises:
        RefusedError: The caller is no archiver of this dataset.
    """
    archivers = (*UPDATE_ANY, Power.LIFECYCLE)
    if dataset.managed and not caller.can(*archivers):
        raise forbidden(f"dataset {dataset.pid} is archived by the flows; only their accounts may record this")
    if not caller.can(*archivers, Power.CREATE_FOR_ANY):
        check_update(caller, dataset.owner_group)


def check_delete(caller: Caller) -> None:
    """Refuse to delete to everybody but those who were given that power, and the flows.

    Raises:
        RefusedError: The caller may not.
    """
    if not caller.can(Power.DELETE, Power.FLOW):
        raise forbidden("Forbidden resource")
