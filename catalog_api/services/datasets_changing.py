"""Changing datasets: only what is named, one change after the other, each in the history."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic.alias_generators import to_camel
from sqlalchemy import delete
from sqlmodel import Session, col, exists, select

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request
from catalog_api.rules import rights
from catalog_api.search import index_dataset, with_si
from catalog_api.services import changes, datasets, proposals
from catalog_api.services.dataset_blocks import COUNTED
from catalog_api.services.datasets import Asked
from catalog_api.services.datasets_registering import insert_terms, judged, proposals_of_group
from catalog_api.settings import Settings
from catalog_api.tables import DatasetRow, DatasetTermRow
from catalog_api.tables.columns import now
from catalog_api.wire.dataset import (
    EDITABLE,
    LIST_FIELDS,
    DatasetIn,
    columns_of,
    dataset_wire,
    default_of,
    patch_of,
)
from catalog_api.wire.merge_patch import merge_patch
from catalog_api.wire.quantity_rule import check_quantities

_STEP = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Patch:
    """A change that somebody asks for.

    Attributes:
        body: New values by their v4 names, without the lifecycle.
        merges: Merge objects key by key, and let null stand for the default (RFC 7386); else null changes nothing.
        whole_quantities: Refuse to change only the value or only the unit of a quantity.
        seen: The version that the caller has seen, where it says so.
    """

    body: Mapping[str, Json]
    merges: bool = False
    whole_quantities: bool = False
    seen: datetime | None = None


def update(asked: Asked, pid: str, patch: Patch) -> DatasetRow:
    """Change some fields of a dataset; what is not named stays.

    Raises:
        RefusedError: There is none, the caller may not, a field cannot be changed, or somebody else was faster.
    """
    row = datasets.lock_own(asked.session, asked.caller, pid, patch.seen)
    if patch.merges or patch.whole_quantities:
        check_quantities(pid, row.scientific_metadata, patch.body.get("scientificMetadata"))
    sent = patch_of(_merged(row, patch) if patch.merges else _without_null(patch.body))
    return change(asked, row, columns_of(sent, sent.model_fields_set & EDITABLE))


def replace(asked: Asked, pid: str, read: Callable[[str], DatasetIn], *, seen: datetime | None) -> DatasetRow:
    """Replace a dataset: what is not sent goes back to its default; counters and lifecycle stay.

    Args:
        asked: Who asks.
        pid: Which dataset.
        read: Reads what was sent for a dataset of its type.
        seen: The version that the caller has seen, where it says so.

    Raises:
        RefusedError: There is none, the caller may not, or somebody else was faster.
    """
    row = datasets.lock_own(asked.session, asked.caller, pid, seen)
    sent = read(row.type)
    if sent.type != row.type:
        raise bad_request(f"property type should not exist: dataset {pid} stays {row.type!r}")
    counters = COUNTED.keys() - sent.model_fields_set
    return change(asked, row, columns_of(sent, set(EDITABLE - counters)))


def append(asked: Asked, pid: str, field: str, entries: list[Any]) -> DatasetRow:
    """Add entries to one of a dataset's lists; what is in it already is not added again.

    Raises:
        RefusedError: There is none, the caller may not, or the field is no list.
    """
    row = datasets.lock_own(asked.session, asked.caller, pid)
    lists = {to_camel(name): name for name in (*LIST_FIELDS, "techniques", "relationships")}
    if field not in lists:
        raise bad_request(f"{field[:80]!r} is no list of a dataset; there are {', '.join(sorted(lists))}")
    known = getattr(row, lists[field])
    added = [entry for place, entry in enumerate(entries) if entry not in known and entry not in entries[:place]]
    sent = patch_of({field: [*known, *added]})
    return change(asked, row, columns_of(sent, {lists[field]}))


def change(asked: Asked, row: DatasetRow, values: dict[str, Any]) -> DatasetRow:
    """Set columns of a dataset that is locked, with everything that follows from them.

    Raises:
        RefusedError: The dataset would go to a group, or its files to a folder, that is not the caller's to say.
    """
    session, caller = asked.session, asked.caller
    if values.get("owner_group", row.owner_group) != row.owner_group:
        rights.check_update(caller, values["owner_group"])
    if values.get("source_folder", row.source_folder) != row.source_folder:
        rights.check_source(caller, row)
    before, named_before = dataset_wire(row), list(row.proposal_ids)
    values = _without_counted(session, row, values)
    if values.keys() & {"scientific_metadata", "scientific_metadata_schema"}:
        values |= _described(row, values, asked.settings)
    if "proposal_ids" not in values and not row.proposal_ids:
        values["proposal_ids"] = proposals_of_group(session, row)
    for name, value in values.items():
        setattr(row, name, value)
    # Two changes in one millisecond are two versions, or optimistic locking would miss the second.
    row.updated_at, row.updated_by = max(now(), row.updated_at + _STEP), caller.name
    session.flush()
    proposals.count_datasets(session, before=named_before, after=row.proposal_ids)
    after = dataset_wire(row)
    _index(session, row, {name for name in values if before.get(to_camel(name)) != after.get(to_camel(name))})
    changes.record(session, caller, "Dataset", row.pid, before, after)
    return row


def _merged(row: DatasetRow, patch: Patch) -> dict[str, Json]:
    names = {to_camel(name): name for name in EDITABLE}
    merged = dict(patch.body)
    for alias, value in patch.body.items():
        name = names.get(alias)
        if name is not None and value is None and not DatasetIn.model_fields[name].is_required():
            merged[alias] = default_of(name)
        elif name is not None and isinstance(value, dict):
            merged[alias] = merge_patch(getattr(row, name), value)
    return merged


def _without_null(body: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in body.items() if value is not None or name not in _KNOWN}


def _without_counted(session: Session, row: DatasetRow, values: dict[str, Any]) -> dict[str, Any]:
    """Leave out what the catalog counts itself: everything it has blocks of, and all of a managed dataset."""
    counted = {
        name
        for name in values.keys() & COUNTED.keys()
        if row.managed or session.exec(select(exists().where(col(COUNTED[name].dataset_id) == row.pid))).one()
    }
    return {name: value for name, value in values.items() if name not in counted}


def _described(row: DatasetRow, values: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    metadata = values.get("scientific_metadata", row.scientific_metadata)
    schema = values.get("scientific_metadata_schema", row.scientific_metadata_schema)
    valid = judged(metadata, schema, settings)
    return {"scientific_metadata": with_si(metadata), "scientific_metadata_valid": valid}


def _index(session: Session, row: DatasetRow, changed: set[str]) -> None:
    if not changed - COUNTED.keys():
        return
    if lists := tuple(changed & set(LIST_FIELDS)):
        here = (col(DatasetTermRow.pid) == row.pid, col(DatasetTermRow.field).in_(lists))
        session.execute(delete(DatasetTermRow).where(*here))
        insert_terms(session, row, lists)
    index_dataset(session, row, changed)


_KNOWN = frozenset(map(to_camel, EDITABLE))
