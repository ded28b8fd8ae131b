"""Whom a job is for: the one who asks, or somebody else where the one who asks may do that."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlmodel import Session, col

from catalog_api.accounts import Account
from catalog_api.jobs.job_types import JobType
from catalog_api.json_type import Json
from catalog_api.refusals import bad_request, forbidden, unprocessable
from catalog_api.rules import job_rights as rights
from catalog_api.rules.caller import Caller, Power
from catalog_api.services.jobs import in_parts
from catalog_api.tables import DatasetRow
from catalog_api.tables.json_lists import holds_any
from catalog_api.wire.jobs import JobIn

FindAccount = Callable[[str], Account | None]
"""Gives the account of a name."""

NO_GROUP = "Invalid new job. Owner group should be specified."


@dataclass(frozen=True)
class JobOwner:
    """Whom a job is for.

    Attributes:
        user: A name; None for nobody in particular.
        group: A group; None for none.
        email: Whom to tell.
        groups: Groups whose rights on datasets count.
    """

    user: str | None
    group: str | None
    email: str | None
    groups: frozenset[str]


def owner_of(caller: Caller, sent: JobIn, find: FindAccount) -> JobOwner:
    """Find out whom a job is for.

    Raises:
        RefusedError: The caller may not open it for them, or does not say for whom.
    """
    if caller.account is None:
        return JobOwner(None, None, sent.contact_email, frozenset())
    if caller.can(*rights.FOR_OTHERS):
        return _for_others(caller, caller.account, sent, find)
    if not sent.owner_group:
        raise forbidden(NO_GROUP)
    if sent.owner_user and sent.owner_user != caller.name:
        raise forbidden("Invalid new job. User owning the job should match user logged in.")
    if sent.owner_group not in caller.groups:
        raise forbidden("Invalid new job. User needs to belong to job owner group.")
    return JobOwner(caller.name, sent.owner_group, sent.contact_email or caller.account.email, caller.groups)


def _for_others(caller: Caller, own: Account, sent: JobIn, find: FindAccount) -> JobOwner:
    if not (sent.owner_group or sent.owner_user or sent.contact_email or caller.can(Power.FLOW)):
        raise unprocessable("Contact email should be specified for an anonymous job.")
    account = own if sent.owner_user == caller.name else find(sent.owner_user) if sent.owner_user else None
    if sent.owner_user and account is None:
        raise unprocessable(f"there is no account {sent.owner_user!r} to own the job; check the name, or leave it out")
    groups = (account.groups if account else frozenset()) | ({sent.owner_group} if sent.owner_group else frozenset())
    if caller.can(Power.FLOW) and account is None:
        account = own
    email = sent.contact_email or (account.email if account else own.email)
    return JobOwner(account.username if account else None, sent.owner_group or None, email, frozenset(groups))


def obsolete_group(
    session: Session, user: Account | None, kind: JobType, pids: Sequence[str], *, is_admin: bool
) -> str | None:
    """Find the group that owns a job asked for with v3 names, where it does not say: it follows from the datasets.

    Args:
        session: Open session.
        user: Whom the job is for.
        kind: Its type.
        pids: Its datasets.
        is_admin: Whether that person is an admin.

    Raises:
        RefusedError: The datasets are only partly that person's.
    """
    auth, groups = kind.create.auth, user.groups if user else frozenset()
    wanted = sorted(set(pids))
    if auth == "#datasetPublic" or not wanted:
        return None
    found = _datasets(session, wanted, auth, groups, everywhere=is_admin)
    if auth == "#datasetOwner" and 0 < len(found) < len(wanted):
        raise bad_request(NO_GROUP)
    if len(found) < len(wanted):
        return None
    unpublished = [row for row in found if not row.is_published]
    preferred: str = (unpublished or found)[0].owner_group
    if auth == "#datasetOwner" and is_admin:
        return preferred
    shared = groups.intersection(*({row.owner_group, *row.access_groups} for row in unpublished))
    return preferred if preferred in shared else next(iter(sorted(shared)), None)


def _datasets(
    session: Session, pids: Sequence[str], auth: str, groups: frozenset[str], *, everywhere: bool
) -> list[Json]:
    owner, shared = col(DatasetRow.owner_group), holds_any(col(DatasetRow.access_groups), groups)
    statement = select(col(DatasetRow.pid), owner, col(DatasetRow.access_groups), col(DatasetRow.is_published))
    if auth == "#datasetOwner" and not everywhere:
        statement = statement.where(owner.in_(groups))
    if auth == "#datasetAccess":
        statement = statement.where(or_(col(DatasetRow.is_published), owner.in_(groups), shared))
    parts = (statement.where(col(DatasetRow.pid).in_(part)) for part in in_parts(pids))
    return [row for part in parts for row in session.execute(part)]
