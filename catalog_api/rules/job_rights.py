"""Rights on jobs: who may open one of a type, for which datasets, who may see it, and who may report on it."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlmodel import Session, col

from catalog_api.jobs.job_types import OPEN_TO_STRANGERS, JobType, JobTypes
from catalog_api.refusals import forbidden
from catalog_api.rules.caller import Caller, Power
from catalog_api.tables import DatasetRow, JobRow, PolicyRow, ProposalRow
from catalog_api.tables.json_lists import holds_any
from emdewar.errors import RefusedError

READ_ANY = (Power.ADMIN, Power.FLOW, Power.LIFECYCLE, Power.CREATE_JOB_ANY, Power.UPDATE_JOB_ANY)
FOR_OTHERS = (Power.ADMIN, Power.FLOW, Power.CREATE_JOB_ANY)
"""Who may open jobs for others."""

NEEDS_LOGIN = frozenset({"#datasetOwner", "#datasetPolicyDelete", "#datasetPolicyAllowList"})
"""Words to which SciCat answers 401, not 403, without a login."""

_DELETE_POLICY = "delete"
"""The entry of a policy that lists who may ask for data to be deleted."""


def readable(caller: Caller) -> ColumnElement[bool]:
    """Give the condition that holds for the jobs a caller may see; used by lists, counts and single reads alike."""
    if caller.can(*READ_ANY):
        return true()
    return or_(col(JobRow.owner_user) == caller.name, col(JobRow.owner_group).in_(caller.groups))


def check_known(caller: Caller) -> None:
    """Refuse to show jobs to anybody without a login.

    Raises:
        RefusedError: The caller has none.
    """
    if caller.account is None:
        raise forbidden("Forbidden resource")


def check_door(caller: Caller, types: JobTypes) -> None:
    """Refuse strangers before anything is looked at, where no type of job is open to them.

    Raises:
        RefusedError: The caller has no login, and needs one.
    """
    if caller.account is None and not types.open_to_strangers:
        raise forbidden("Forbidden resource")


def check_create(caller: Caller, kind: JobType) -> None:
    """Refuse to open a job of a type that is not for the caller.

    Raises:
        RefusedError: The caller may not.
    """
    if not may_create(caller, kind):
        raise forbidden("Unauthorized to create this job.")


def may_create(caller: Caller, kind: JobType) -> bool:
    """Tell whether a type of job is for the caller, whatever datasets it names."""
    auth = kind.create.auth
    if caller.can(*FOR_OTHERS):
        return True
    if caller.can(Power.UPDATE_JOB_ANY):
        # As in SciCat: who only reports on jobs opens none.
        return False
    if auth in OPEN_TO_STRANGERS:
        return True
    if auth.startswith("#"):
        return caller.account is not None and auth != "#jobAdmin"
    return _is_named(caller, auth)


def check_update(caller: Caller, job: JobRow, kind: JobType) -> None:
    """Refuse to report on a job to everybody but those whom its type names, and the archivers.

    Raises:
        RefusedError: The caller may not.
    """
    if not (caller.can(Power.ADMIN, Power.FLOW, Power.UPDATE_JOB_ANY) or _may_update(caller, job, kind)):
        raise forbidden("Unauthorized to update this job.")


def _may_update(caller: Caller, job: JobRow, kind: JobType) -> bool:
    auth = kind.update.auth
    if kind.keeps_the_table and caller.can(Power.LIFECYCLE):
        return True
    if caller.can(Power.CREATE_JOB_ANY):
        # As in SciCat: who opens jobs for others does not also say how they ended.
        return False
    if auth == "#all":
        return caller.account is not None or job.owner_group is None
    if auth == "#jobOwnerUser":
        return caller.account is not None and job.owner_user == caller.name
    if auth == "#jobOwnerGroup":
        return job.owner_group in caller.groups
    return _is_named(caller, auth)


def check_delete(caller: Caller) -> None:
    """Refuse to delete jobs to everybody but those who were given that power.

    Raises:
        RefusedError: The caller may not.
    """
    if not caller.can(Power.DELETE_JOB):
        raise forbidden("Forbidden resource")


def eligible(session: Session, caller: Caller, kind: JobType, groups: Collection[str]) -> ColumnElement[bool]:
    """Give the condition that holds for the datasets that a job of a type may name.

    Args:
        session: Open session.
        caller: Who asks.
        kind: The type of job.
        groups: Of the person whom the job is for.

    Raises:
        RefusedError: Nobody without a login may ask for such a job.
    """
    auth = kind.create.auth
    if caller.can(Power.ADMIN, Power.FLOW) or not auth.startswith("#dataset"):
        return true()
    if auth == "#datasetPublic":
        return col(DatasetRow.is_published).is_(True)
    if auth == "#datasetAccess":
        return _accessible(groups)
    if caller.account is None and auth in NEEDS_LOGIN:
        raise RefusedError("User not authenticated", reason="unauthorized")
    if auth == "#datasetOwner":
        return col(DatasetRow.owner_group).in_(groups)
    if auth == "#datasetPi":
        return _accessible(groups) & holds_any(col(DatasetRow.proposal_ids), _own_proposals(session, caller))
    entry = _DELETE_POLICY if auth == "#datasetPolicyDelete" else kind.name
    return col(DatasetRow.owner_group).in_(_allowing_groups(session, caller, entry))


def _accessible(groups: Collection[str]) -> ColumnElement[bool]:
    shared = holds_any(col(DatasetRow.access_groups), groups)
    return or_(col(DatasetRow.is_published), col(DatasetRow.owner_group).in_(groups), shared)


def _own_proposals(session: Session, caller: Caller) -> Sequence[str]:
    """Find the proposals whose principal investigator the caller is, by e-mail."""
    if caller.account is None or not caller.account.email:
        return ()
    own = select(col(ProposalRow.proposal_id))
    return (
        session.execute(own.where(func.lower(col(ProposalRow.pi_email)) == caller.account.email.lower()))
        .scalars()
        .all()
    )


def _allowing_groups(session: Session, caller: Caller, entry: str) -> list[str]:
    """Find the groups whose policies name the caller, by e-mail or group, for a type of job."""
    people = {caller.account.email.lower(), *caller.groups} if caller.account else set()
    policies = session.execute(select(col(PolicyRow.owner_group), col(PolicyRow.job_policies)))
    return [group for group, policy in policies if people & _allowed(policy.get(entry))]


def _allowed(policy: object) -> set[str]:
    if not isinstance(policy, dict):
        return set()
    lists = [policy.get(name) for name in ("allowedList", "allowedUsers", "allowedGroups")]
    words = [word for listed in lists if isinstance(listed, list) for word in listed if isinstance(word, str)]
    return {word.lower() if "@" in word else word for word in words}


def _is_named(caller: Caller, auth: str) -> bool:
    """Tell whether `@group` or a name means the caller."""
    if caller.account is None:
        return False
    return auth[1:] in caller.groups if auth.startswith("@") else auth == caller.name
