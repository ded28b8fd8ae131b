"""Published data: datasets that share a DOI, on their way from private to public, registered and amended."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from sqlalchemy import func
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request
from catalog_api.rules import publication_rights as rights
from catalog_api.rules import visibility
from catalog_api.rules.caller import Caller
from catalog_api.rules.ownership import check_logged_in
from catalog_api.rules.publication_rights import Status
from catalog_api.services.documents import Collection, searchable
from catalog_api.services.publishing import publish_datasets
from catalog_api.tables import DatasetRow, PublishedDataRow
from catalog_api.tables.columns import now
from catalog_api.wire.document import Patch, read_patch
from catalog_api.wire.json_field import JsonField
from catalog_api.wire.publication_form import PublicationForm
from catalog_api.wire.published_data import FLAT, NAMES, PublishedDataIn, published_wire, states_of
from catalog_api.wire.searchable import Column, Condition, Searchable


class _FlatStatus(Column):
    """The state as v3 knows it: two words for four."""

    def is_among(self, values: list[Json]) -> Condition:
        """Find one of some states."""
        return super().is_among([state for value in values for state in states_of(value)])


def _flat() -> dict[str, Searchable]:
    details = JsonField(col(PublishedDataRow.details))
    below = {name: details.below(".".join((*path, entry) if entry else path)) for name, (path, entry) in FLAT.items()}
    return below | {"pidArray": _KNOWN["datasetPids"], "status": _FlatStatus(col(PublishedDataRow.status))}


_KNOWN = searchable(PublishedDataRow, "doi", NAMES, ("title", "abstract"))
PUBLICATIONS = Collection("PublishedData", PublishedDataRow, "doi", _KNOWN, published_wire, rights.readable, hides=True)
FLAT_PUBLICATIONS = replace(PUBLICATIONS, known=_KNOWN | _flat())
"""The same, as v3 asks for it."""


@dataclass(frozen=True)
class Publisher:
    """What a site decides about its publications.

    Attributes:
        form: By which metadata is filled and checked.
        doi_prefix: Begins the DOIs that the catalog makes.
    """

    form: PublicationForm
    doi_prefix: str


def visible(caller: Caller) -> SelectOfScalar[PublishedDataRow]:
    """Select the published data that a caller may see."""
    return PUBLICATIONS.visible(caller)


def create(session: Session, caller: Caller, sent: PublishedDataIn, publisher: Publisher) -> PublishedDataRow:
    """Make published data under a new DOI; its datasets stay as they are until it is published.

    It begins private, unless an admin says otherwise.

    Raises:
        RefusedError: The caller is nobody.
    """
    check_logged_in(caller)
    columns = sent.model_dump()
    if not rights.begins_anywhere(caller):
        columns |= {"status": Status.PRIVATE, "registered_time": None}
    columns["details"] = publisher.form.filled(sent.details)
    columns |= _totals(session, caller, sent.dataset_pids)
    doi = f"{publisher.doi_prefix.rstrip('/')}/{uuid4()}"
    return PUBLICATIONS.add(session, caller, PublishedDataRow(doi=doi, **columns))


def create_flat(session: Session, caller: Caller, sent: PublishedDataIn, publisher: Publisher) -> PublishedDataRow:
    """Make published data as v3 does: who registers datasets can have it registered at once.

    Raises:
        RefusedError: The caller is nobody, or one of the datasets is not the caller's to publish.
    """
    row = create(session, caller, sent, publisher)
    if sent.status == Status.REGISTERED and rights.registers_at_once(caller):
        return register(session, caller, row.doi, None)
    return row


def update(session: Session, caller: Caller, doi: str, patch: Patch, publisher: Publisher) -> PublishedDataRow:
    """Change published data that is not registered.

    Raises:
        RefusedError: There is none that the caller may see, or it cannot be changed by the caller, or any more.
    """
    row = _locked(session, caller, doi, patch)
    rights.check_change(caller, row, "updated")
    values = read_patch(PublishedDataIn, row, patch)
    if values.pop("status", row.status) != row.status:
        raise bad_request("status does not change by itself; publish, register or amend the published data")
    if values.pop("registered_time", row.registered_time) != row.registered_time:
        raise bad_request("registeredTime is set by the registration")
    values["details"] = publisher.form.filled(values.get("details", row.details))
    return PUBLICATIONS.change(session, caller, row, values | _totals(session, caller, _pids(values, row)))


def delete(session: Session, caller: Caller, doi: str) -> PublishedDataRow:
    """Delete published data that is not public, and give it as it was.

    Raises:
        RefusedError: The caller may not, there is none, or it is public.
    """
    rights.check_delete(caller)
    row = PUBLICATIONS.lock(session, doi)
    rights.check_change(caller, row, "removed")
    return PUBLICATIONS.remove(session, caller, row)


def delete_any(session: Session, caller: Caller, doi: str) -> PublishedDataRow:
    """Delete published data in whatever state, as v3 does, and give it as it was.

    Raises:
        RefusedError: The caller may not, or there is none.
    """
    rights.check_delete(caller)
    return PUBLICATIONS.remove(session, caller, PUBLICATIONS.lock(session, doi))


def publish(session: Session, caller: Caller, doi: str, form: PublicationForm) -> PublishedDataRow:
    """Open published data and its datasets to everybody.

    Raises:
        RefusedError: There is none that the caller may see, its metadata is not complete, it is public already, or
            one of the datasets is not the caller's to publish.
    """
    row = _locked(session, caller, doi)
    rights.check_publish(caller, row)
    form.check(doi, row.details)
    publish_datasets(session, caller, row.dataset_pids)
    return PUBLICATIONS.change(session, caller, row, {"status": Status.PUBLIC, **_totals_of(session, caller, row)})


def register(session: Session, caller: Caller, doi: str, form: PublicationForm | None) -> PublishedDataRow:
    """Register published data; what is private yet becomes public before, and what is registered stays as it is.

    The catalog has no registrar yet, so nothing is sent anywhere: SciCat does the same without an address for it.

    Args:
        session: The transaction: datasets are opened and the state changes, or neither.
        caller: Who asks.
        doi: Which published data.
        form: By which the metadata is checked; v3 checks nothing.

    Raises:
        RefusedError: There is none that the caller may see, its metadata is not complete, or one of the datasets is
            not the caller's to publish.
    """
    row = _locked(session, caller, doi)
    rights.check_own(caller, row)
    if row.status == Status.REGISTERED:
        return row
    if form is not None:
        form.check(doi, row.details)
    publish_datasets(session, caller, row.dataset_pids)
    values = {"status": Status.REGISTERED, "registered_time": now(), **_totals_of(session, caller, row)}
    return PUBLICATIONS.change(session, caller, row, values)


def amend(session: Session, caller: Caller, doi: str) -> PublishedDataRow:
    """Note that registered published data differs from what was registered; it can be registered again.

    Raises:
        RefusedError: The caller may not, there is none, or it is not registered.
    """
    check_logged_in(caller)
    row = _locked(session, caller, doi)
    rights.check_amend(caller, row)
    return PUBLICATIONS.change(session, caller, row, {"status": Status.AMENDED})


def _locked(session: Session, caller: Caller, doi: str, patch: Patch | None = None) -> PublishedDataRow:
    check_logged_in(caller)
    PUBLICATIONS.find(session, caller, doi)
    return PUBLICATIONS.lock(session, doi, patch.seen if patch else None)


def _pids(values: Mapping[str, Any], row: PublishedDataRow) -> list[str]:
    pids: list[str] = values.get("dataset_pids", row.dataset_pids)
    return pids


def _totals_of(session: Session, caller: Caller, row: PublishedDataRow) -> dict[str, Json]:
    return _totals(session, caller, row.dataset_pids)


def _totals(session: Session, caller: Caller, pids: list[str]) -> dict[str, Json]:
    sums = (func.coalesce(func.sum(column), 0) for column in (DatasetRow.number_of_files, DatasetRow.size))
    counted = select(*sums).where(col(DatasetRow.pid).in_(pids), visibility.readable(caller))
    files, size = session.execute(counted).one()
    return {"number_of_files": int(files), "size_of_archive": float(size)}
