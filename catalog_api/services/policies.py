"""Policies: how the data of a group are kept."""

from collections.abc import Iterable
from uuid import uuid4

from sqlalchemy import ColumnElement, false, true
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from catalog_api.json_type import Json
from catalog_api.rules import policy_rights as rights
from catalog_api.rules.caller import Caller
from catalog_api.services import changes
from catalog_api.services.documents import Collection, searchable
from catalog_api.tables import PolicyRow
from catalog_api.wire.document import Patch, read_patch
from catalog_api.wire.json_field import JsonField
from catalog_api.wire.policy import DEFAULTS, FLAT, NAMES, PolicyIn, policy_wire
from catalog_api.wire.searchable import Searchable


def _readers(caller: Caller) -> ColumnElement[bool]:
    return true() if caller.can(*rights.READERS) else false()


def _searchable() -> dict[str, Searchable]:
    jobs = JsonField(col(PolicyRow.job_policies))
    flat = {name: jobs.below(f"{job}.{below}") for name, (job, below, _default) in FLAT.items()}
    return searchable(PolicyRow, "id", NAMES) | flat


POLICIES = Collection("Policy", PolicyRow, "id", _searchable(), policy_wire, _readers)


def visible(caller: Caller) -> SelectOfScalar[PolicyRow]:
    """Select the policies that a caller may see."""
    return POLICIES.visible(caller)


def create(session: Session, caller: Caller, sent: PolicyIn) -> PolicyRow:
    """Make the policy of a group.

    Raises:
        RefusedError: The caller may not, or the group has one already.
    """
    rights.check_write(caller)
    return POLICIES.add(session, caller, PolicyRow(id=str(uuid4()), **sent.model_dump()))


def update(session: Session, caller: Caller, key: str, patch: Patch) -> PolicyRow:
    """Change a policy; what it says for each type of job is merged, never replaced.

    Raises:
        RefusedError: The caller may not, there is none, or somebody else changed it.
    """
    rights.check_write(caller)
    row = POLICIES.lock(session, key, patch.seen)
    # In plain JSON, null means here that a value stays as it is; in a merge patch that it goes back to its default.
    body = patch.body if patch.merges else _without_null(patch.body)
    return POLICIES.change(session, caller, row, read_patch(PolicyIn, row, Patch(body, merges=True, seen=None)))


def update_of_groups(session: Session, caller: Caller, groups: Iterable[str], body: dict[str, Json]) -> None:
    """Change the policies of some groups alike; a group without one gets one.

    Raises:
        RefusedError: The caller may not.
    """
    rights.check_write(caller)
    for group in sorted(set(groups)):
        policy = ensure(session, caller, group, managers=[caller.account.email] if caller.account else [])
        update(session, caller, policy.id, Patch(body, merges=False, seen=None))


def delete(session: Session, caller: Caller, key: str) -> PolicyRow:
    """Delete a policy, and give it as it was.

    Raises:
        RefusedError: The caller may not, or there is none.
    """
    rights.check_delete(caller)
    return POLICIES.remove(session, caller, POLICIES.lock(session, key))


def ensure(
    session: Session,
    caller: Caller,
    owner_group: str,
    *,
    managers: Iterable[str] = (),
    tape_redundancy: str = "low",
) -> PolicyRow:
    """Give the policy of a group; the first dataset of a group brings one with defaults.

    Of two requests that come first at the same time, one makes the policy and the other finds it.

    Args:
        session: The transaction of the registration.
        caller: Who registers.
        owner_group: The group.
        managers: E-mails of those who may change a policy that is made now.
        tape_redundancy: What a policy that is made now says of archiving.
    """
    known = _of_group(session, owner_group)
    if known is not None:
        return known
    made = PolicyRow(
        id=str(uuid4()),
        owner_group=owner_group,
        manager=list(managers),
        job_policies={**DEFAULTS, "archive": DEFAULTS["archive"] | {"tapeRedundancy": tape_redundancy}},
        created_by=caller.name,
        updated_by=caller.name,
    )
    postgres = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert(PolicyRow) if postgres else sqlite.insert(PolicyRow)
    session.execute(insert.values(made.model_dump()).on_conflict_do_nothing(index_elements=["owner_group"]))
    kept = _of_group(session, owner_group) or made
    if kept.id == made.id:
        changes.record(session, caller, "Policy", kept.id, None, policy_wire(kept))
    return kept


def _of_group(session: Session, owner_group: str) -> PolicyRow | None:
    return session.exec(select(PolicyRow).where(col(PolicyRow.owner_group) == owner_group)).one_or_none()


def _without_null(value: Json) -> Json:
    if not isinstance(value, dict):
        return value
    return {name: _without_null(inner) for name, inner in value.items() if inner is not None}
