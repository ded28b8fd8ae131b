"""Datasets: register, find, list, change."""

from collections.abc import Iterable, Mapping
from uuid import uuid4

from pydantic.alias_generators import to_camel
from sqlalchemy import delete, exists, insert
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request, conflict, forbidden, not_found
from catalog_api.rules import rights
from catalog_api.rules.caller import Caller, Power
from catalog_api.rules.lifecycle import START_STATES, derived, first_event
from catalog_api.services import listing as lists
from catalog_api.tables import DatasetRow, DatasetTermRow
from catalog_api.tables.columns import now
from catalog_api.wire.conditions import Column, Condition, Membership, Searchable, condition
from catalog_api.wire.dataset import EDITABLE, LIST_FIELDS, DatasetIn, as_sent
from catalog_api.wire.fields import read
from catalog_api.wire.filters import Listing
from catalog_api.wire.lifecycle import COLUMNS, LifecycleIn
from catalog_api.wire.obsolete import SINGULAR

_JSON = {*LIST_FIELDS, "techniques", "relationships", "job_parameters", "scientific_metadata"}
_JSON |= {"archive_return_message", "retrieve_return_message"}


def _in_list(field: str) -> Membership:
    def holds(values: list[str]) -> Condition:
        terms = (DatasetTermRow.pid, DatasetTermRow.field, DatasetTermRow.value)
        pid, name, value = (col(term) for term in terms)
        return exists().where(pid == col(DatasetRow.pid), name == field, value.in_(values))

    return Membership(holds)


def _searchable() -> dict[str, Searchable]:
    known: dict[str, Searchable] = {"_id": Column(col(DatasetRow.pid))}
    for name in set(DatasetRow.model_fields) - _JSON:
        prefix = "datasetlifecycle." if name in COLUMNS else ""
        known[prefix + to_camel(name)] = Column(getattr(DatasetRow, name))
    known |= {to_camel(name): _in_list(name) for name in LIST_FIELDS}
    return known | {name: known[plural] for name, plural in SINGULAR.items()}


SEARCHABLE = _searchable()
"""What a filter on datasets can name."""


def register(session: Session, caller: Caller, draft: DatasetIn, *, pid_prefix: str, version: str) -> DatasetRow:
    """Register a dataset and begin its history; those of the flows' accounts are managed.

    Raises:
        RefusedError: The caller may not, the identifier is taken, or the first state is none to begin with.
    """
    rights.check_create(caller, draft.owner_group, chooses_pid=draft.pid is not None)
    pid = draft.pid or f"{pid_prefix}/{uuid4()}"
    if session.get(DatasetRow, pid) is not None:
        raise conflict(f"dataset {pid} exists already; change it instead")
    columns = {**draft.columns(), "version": version, "created_by": caller.name, "updated_by": caller.name}
    row = DatasetRow(pid=pid, managed=caller.can(Power.FLOW), **columns)
    _begin_life(row, draft.datasetlifecycle or LifecycleIn())
    session.add(row)
    session.flush()
    _index_lists(session, row, LIST_FIELDS)
    event = first_event(row)
    event.who = caller.name
    session.add(event)
    return row


def find(session: Session, caller: Caller, pid: str) -> DatasetRow:
    """Find a dataset that the caller may see.

    Raises:
        RefusedError: There is none (`notFound`), or it is not the caller's to see (`forbidden`).
    """
    row = session.exec(_one(pid).where(rights.readable(caller))).one_or_none()
    if row is not None:
        return row
    if session.exec(select(DatasetRow.pid).where(DatasetRow.pid == pid)).first() is None:
        raise not_found("dataset", pid)
    raise forbidden("Forbidden resource")


def find_many(session: Session, caller: Caller, listing: Listing) -> list[DatasetRow]:
    """List the datasets that the caller may see and that match.

    Raises:
        RefusedError: The filter names something unknown.
    """
    statement = select(DatasetRow).where(_matching(caller, listing))
    return lists.page(session, statement, listing, SEARCHABLE, col(DatasetRow.pid))


def count(session: Session, caller: Caller, listing: Listing) -> int:
    """Count the datasets that the caller may see and that match; invisible ones are never counted.

    Raises:
        RefusedError: The filter names something unknown.
    """
    return lists.count(session, DatasetRow, _matching(caller, listing))


def update(session: Session, caller: Caller, pid: str, body: Mapping[str, Json], *, merges: bool) -> DatasetRow:
    """Change some fields of a dataset; what is not named stays.

    Args:
        session: Open session.
        caller: Who asks.
        pid: Which dataset.
        body: New values by their v4 names.
        merges: Merge `scientificMetadata` key by key (RFC 7386) instead of replacing it.

    Raises:
        RefusedError: The caller may not, or a field cannot be changed.
    """
    row = find(session, caller, pid)
    rights.check_update(caller, row.owner_group)
    named = _named(body)
    changes = _changes(row, body, named, merges=merges)
    if changes.get("owner_group", row.owner_group) != row.owner_group:
        rights.check_update(caller, changes["owner_group"])
    for name, value in changes.items():
        setattr(row, name, value)
    row.updated_at, row.updated_by = now(), caller.name
    session.flush()
    _index_lists(session, row, named & set(LIST_FIELDS))
    return row


def _one(pid: str) -> SelectOfScalar[DatasetRow]:
    return select(DatasetRow).where(col(DatasetRow.pid) == pid).execution_options(populate_existing=True)


def _matching(caller: Caller, listing: Listing) -> Condition:
    return rights.readable(caller) & condition(listing.where, SEARCHABLE)


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


def _named(body: Mapping[str, Json]) -> set[str]:
    names = {to_camel(name): name for name in EDITABLE}
    if unknown := [name for name in body if name not in names]:
        raise bad_request(f"property {unknown[0]} cannot be changed or should not exist")
    return {names[name] for name in body}


def _changes(row: DatasetRow, body: Mapping[str, Json], named: set[str], *, merges: bool) -> dict[str, Json]:
    body = dict(body)
    if merges and isinstance(body.get("scientificMetadata"), dict):
        body["scientificMetadata"] = merge_patch(row.scientific_metadata, body["scientificMetadata"])
    checked = read(DatasetIn, {**as_sent(row), **body})
    return {name: getattr(checked, name) for name in named}


def merge_patch(old: Json, patch: Json) -> Json:
    """Merge JSON as RFC 7386 says: objects key by key, null removes, everything else replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(old) if isinstance(old, dict) else {}
    for name, value in patch.items():
        merged[name] = merge_patch(merged.get(name), value)
    return {name: value for name, value in merged.items() if name not in patch or value is not None}


def _index_lists(session: Session, row: DatasetRow, fields: Iterable[str]) -> None:
    for field in fields:
        here = (col(DatasetTermRow.pid) == row.pid, col(DatasetTermRow.field) == field)
        session.execute(delete(DatasetTermRow).where(*here))
        terms = [{"pid": row.pid, "field": field, "value": value} for value in sorted(set(getattr(row, field)))]
        if terms:
            session.execute(insert(DatasetTermRow), terms)
