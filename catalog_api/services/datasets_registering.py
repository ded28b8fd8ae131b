"""Registering a dataset: everything that comes into being with it, in one transaction."""

import re
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError as ConstraintError
from sqlmodel import Session, col, select

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request, conflict
from catalog_api.rules import rights
from catalog_api.rules.caller import Caller, Power
from catalog_api.rules.lifecycle import START_STATES, derived, first_event
from catalog_api.schemas.judgement import judge
from catalog_api.search import index_dataset, with_si
from catalog_api.services import changes, policies, proposals
from catalog_api.services.datasets import Asked
from catalog_api.settings import Settings
from catalog_api.tables import DatasetRow, DatasetTermRow, ProposalRow
from catalog_api.wire.dataset import COUNTERS, LIST_FIELDS, DatasetIn
from catalog_api.wire.lifecycle import LifecycleIn

MOST_PROPOSALS = 100
"""A group with more proposals than that says nothing about which of them a dataset belongs to."""

_AVAILABILITY = re.compile(r"AV=([^,]*),")


def check_draft(caller: Caller, draft: DatasetIn, settings: Settings) -> None:
    """Refuse what cannot be registered, or not by this caller.

    Raises:
        RefusedError: The type is unknown, the group or the identifier is not the caller's to choose, or the
            identifier does not have the form that the site wants.
    """
    check_type(draft.type, settings)
    rights.check_create(caller, draft.owner_group, chooses_pid=draft.pid is not None)
    pattern = settings.pid_pattern
    if pattern is not None and draft.pid is not None and not re.search(pattern, draft.pid):
        raise bad_request(f"PID is not following required standards: {draft.pid} does not match {pattern}")


def check_type(kind: str, settings: Settings) -> None:
    """Refuse a type that the site does not have.

    Raises:
        RefusedError: It is none.
    """
    if kind not in {"raw", "derived", *settings.dataset_types}:
        raise bad_request("Invalid dataset type!")


def register(asked: Asked, draft: DatasetIn, *, version: str) -> DatasetRow:
    """Register a dataset and begin its history; those of the flows' accounts are managed.

    Raises:
        RefusedError: The caller may not, the identifier is taken, or the first state is none to begin with.
    """
    session, caller = asked.session, asked.caller
    check_draft(caller, draft, asked.settings)
    row = _new_row(asked, draft, version)
    _begin_life(row, draft.datasetlifecycle or LifecycleIn())
    row.classification = f"IN=medium,AV={_redundancy(asked, row)},CO=low"
    row.proposal_ids = row.proposal_ids or proposals_of_group(session, row)
    _insert(session, row)
    insert_terms(session, row, LIST_FIELDS)
    proposals.count_datasets(session, after=row.proposal_ids)
    index_dataset(session, row)
    event = first_event(row)
    event.who = caller.name
    session.add(event)
    shown = {"pid": row.pid, "datasetName": row.dataset_name, "type": row.type, "ownerGroup": row.owner_group}
    changes.record(session, caller, "Dataset", row.pid, None, shown)
    return row


def proposals_of_group(session: Session, row: DatasetRow) -> list[str]:
    """Give the proposals that a raw dataset belongs to when it names none: those of its group, as SciCat has it."""
    if row.type != "raw":
        return []
    of_group = select(ProposalRow.proposal_id).where(ProposalRow.owner_group == row.owner_group)
    found = session.exec(of_group.order_by(col(ProposalRow.proposal_id)).limit(MOST_PROPOSALS + 1)).all()
    return list(found) if len(found) <= MOST_PROPOSALS else []


def judged(metadata: Json, schema: str | None, settings: Settings) -> bool | None:
    """Tell whether metadata satisfy the schema that is named with them; None when none is named."""
    return judge(metadata, schema, settings.metadata_schemas_folder).valid if schema else None


def insert_terms(session: Session, row: DatasetRow, fields: Iterable[str]) -> None:
    """Note the words of a dataset's lists, so that they are found by index."""
    words = [(field, word) for field in fields for word in sorted(set(getattr(row, field)))]
    if words:
        terms = [{"pid": row.pid, "field": field, "value": word} for field, word in words]
        session.execute(insert(DatasetTermRow), terms)


def _new_row(asked: Asked, draft: DatasetIn, version: str) -> DatasetRow:
    columns: dict[str, Any] = draft.columns()
    managed = asked.caller.can(Power.FLOW)
    if managed:
        columns |= dict.fromkeys(COUNTERS, 0)
    schema = draft.scientific_metadata_schema
    columns["scientific_metadata_valid"] = judged(draft.scientific_metadata, schema, asked.settings)
    columns["scientific_metadata"] = with_si(draft.scientific_metadata)
    columns |= {"created_by": asked.caller.name, "updated_by": asked.caller.name}
    pid = draft.pid or f"{asked.settings.pid_prefix}/{uuid4()}"
    row = DatasetRow(pid=pid, version=version, managed=managed, **columns)
    row.updated_at = row.created_at
    return row


def _redundancy(asked: Asked, row: DatasetRow) -> str:
    """Give the availability that the group's policy asks for; a group without one gets what its first dataset says."""
    policy = policies.ensure(
        asked.session,
        asked.caller,
        row.owner_group,
        managers=[row.owner_email] if row.owner_email else [],
        tape_redundancy=_availability(row.classification),
    )
    return policy.job_policies.get("archive", {}).get("tapeRedundancy") or "low"


def _begin_life(row: DatasetRow, life: LifecycleIn) -> None:
    named = life.named()
    if row.managed:
        status = named.get("archive_status_message", row.archive_status_message)
        if named.keys() - {"archive_status_message"} or status not in START_STATES:
            states = " or ".join(sorted(START_STATES))
            raise bad_request(f"a managed dataset begins with archiveStatusMessage {states} and nothing else")
        named |= derived(status)
    for name, value in named.items():
        setattr(row, name, value)


def _availability(classification: str | None) -> str:
    found = _AVAILABILITY.search(classification or "")
    return found[1] if found else "low"


def _insert(session: Session, row: DatasetRow) -> None:
    session.add(row)
    try:
        session.flush()
    except ConstraintError as error:
        raise conflict(f"A dataset with pid {row.pid} already exists! Change it instead") from error
