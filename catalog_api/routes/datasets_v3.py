"""Datasets, in the v3 dialect: single values beside lists, names that follow from the source folder, a history."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Annotated, Any

from fastapi import Query
from pydantic import ValidationError
from sqlmodel import Session
from starlette.responses import Response

from catalog_api.refusals import bad_request
from catalog_api.routes.dataset_answers import Desk, MayRegister, TheAsked, changed
from catalog_api.routes.parameters import Body, TheListing
from catalog_api.search import datasets as search
from catalog_api.services import datasets, datasets_changing, datasets_registering, datasets_removing
from catalog_api.services.datasets import Asked
from catalog_api.services.datasets_history import histories
from catalog_api.services.datasets_thumbnail import thumbnail
from catalog_api.services.datasets_validity import validity
from catalog_api.site import Reading, ReadingWhileSent, TheCaller, TheSite
from catalog_api.tables import DatasetRow
from catalog_api.wire import obsolete
from catalog_api.wire.checked_json import parse
from catalog_api.wire.dataset import DatasetIn, dataset_wire
from catalog_api.wire.document import Patch, ThePatch
from catalog_api.wire.filters import Listing
from catalog_api.wire.paths import Identifier
from catalog_api.wire.precondition import Seen
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer

old = router("Datasets (v3)")

FieldName = Annotated[str, Query(alias="fieldName", description="One of the dataset's lists, like `keywords`.")]
Data = Annotated[str, Query(description='JSON list of what to add, like `["tomography"]`.')]


def write(session: Session, rows: Sequence[DatasetRow], listing: Listing) -> list[dict[str, Any]]:
    """Write datasets in the v3 dialect, with their history where it is asked for by name."""
    written = [to_v3(row) for row in rows]
    if "history" not in (listing.fields.wanted or ()):
        return written
    told = histories(session, [row.pid for row in rows])
    return [{**item, "history": told[item["pid"]]} for item in written]


def to_v3(row: DatasetRow) -> dict[str, Any]:
    """Write a dataset in the v3 dialect."""
    return obsolete.to_v3(dataset_wire(row))


@old.post("/datasets", status_code=201, summary="Register a dataset", dependencies=[MayRegister])
def register(body: Body, asked: TheAsked) -> Response:
    """Register a dataset with v3 names."""
    draft, faults = _read(body)
    if draft is None:
        raise obsolete.refusal(faults)
    return answer(to_v3(datasets_registering.register(asked, draft, version="3")), 201)


@old.post("/datasets/isValid", summary="Tell whether a dataset could be registered", dependencies=[MayRegister])
def is_valid(body: Body, site: TheSite, caller: TheCaller) -> Response:
    """Answer `{"valid": true}`, or false with all that is wrong in `error`; see v4."""
    draft, faults = _read(body)
    return answer(validity(caller, body, draft, faults, site.settings))


@old.get("/datasets", summary="List datasets")
def find_many(listing: TheListing, caller: TheCaller, session: ReadingWhileSent) -> Response:
    """List what the caller may see, with v3 names; without a token, published datasets only."""
    return Desk(session, caller, write, sees_below=True).many(listing)


@old.get("/datasets/count", summary="Count datasets")
def count(listing: TheListing, caller: TheCaller, session: Reading) -> Response:
    """Count what the caller may see."""
    return answer({"count": search.count(session, caller, listing.where)})


@old.get("/datasets/findOne", summary="Find a dataset")
def find_one(listing: TheListing, caller: TheCaller, session: ReadingWhileSent) -> Response:
    """Give the first dataset that matches, with v3 names; where there is none, nothing."""
    return Desk(session, caller, write, sees_below=True).first(listing)


@old.get("/datasets/{pid}", summary="Give a dataset")
def find(pid: Identifier, listing: TheListing, caller: TheCaller, session: ReadingWhileSent) -> Response:
    """Give one dataset with v3 names and its history, or what the filter's `fields` and `include` say."""
    row = datasets.find(session, caller, pid)
    wanted = write if listing.fields.wanted else _with_history
    return Desk(session, caller, wanted, sees_below=True).one(row, listing)


@old.patch("/datasets/{pid}", summary="Change a dataset")
def change(pid: Identifier, sent: ThePatch, asked: TheAsked) -> Response:
    """Change the named fields and nothing else, with v3 names; see v4."""
    if faults := obsolete.faults(sent.body, None, whole=False):
        raise obsolete.refusal(faults)
    with _refusing_as_text():
        body = obsolete.to_v4(_without_type(sent.body, asked, pid))
        translated = Patch(body, merges=sent.merges, seen=sent.seen)
        return answer(to_v3(changed(asked, pid, translated, whole_quantities=False)))


@old.put("/datasets/{pid}", summary="Replace a dataset")
def replace(pid: Identifier, body: Body, seen: Seen, asked: TheAsked) -> Response:
    """Replace what a client can set, with v3 names; see v4."""
    return answer(to_v3(datasets_changing.replace(asked, pid, partial(_whole, body), seen=seen)))


@old.delete("/datasets/{pid}", summary="Delete a dataset")
def remove(pid: Identifier, asked: TheAsked) -> Response:
    """Delete a dataset with everything that belongs to it; see v4."""
    return answer(obsolete.to_v3(datasets_removing.remove(asked, pid)))


@old.post("/datasets/{pid}/appendToArrayField", status_code=201, summary="Add to one of a dataset's lists")
def append(pid: Identifier, field_name: FieldName, data: Data, asked: TheAsked) -> Response:
    """Add entries to a list; what is in it already is not added again."""
    entries = parse(data)
    if not isinstance(entries, list):
        raise bad_request("data must be a JSON list of what to add")
    with _refusing_as_text():
        return answer(to_v3(datasets_changing.append(asked, pid, field_name, entries)), 201)


@old.get("/datasets/{pid}/thumbnail", summary="Give a dataset's picture")
def picture(pid: Identifier, caller: TheCaller, session: Reading) -> Response:
    """Give the thumbnail of the first attachment that has one; an empty object where there is none."""
    found = thumbnail(session, caller, pid)
    return answer({"thumbnail": found} if found else {})


def _with_history(session: Session, rows: Sequence[DatasetRow], _listing: Listing) -> list[dict[str, Any]]:
    told = histories(session, [row.pid for row in rows])
    return [{**to_v3(row), "history": told[row.pid]} for row in rows]


def _read(body: Mapping[str, Any]) -> tuple[DatasetIn | None, list[obsolete.Fault]]:
    """Read a dataset with v3 names, or give all that is wrong with it."""
    faults = obsolete.faults(body, body.get("type"), whole=True)
    try:
        draft = DatasetIn.model_validate(obsolete.to_v4(obsolete.with_name(body)))
    except ValidationError as error:
        return None, faults + obsolete.faults_of(error)
    return (None if faults else draft), faults


def _without_type(body: Mapping[str, Any], asked: Asked, pid: str) -> dict[str, Any]:
    """Leave out the type that pyscicat sends with every change; another one is refused like any other property."""
    known = body.get("type") in ("raw", "derived") and datasets.lock(asked.session, pid).type == body["type"]
    return {name: value for name, value in body.items() if name != "type" or not known}


def _whole(body: Mapping[str, Any], kind: str) -> DatasetIn:
    draft, faults = _read({"type": kind, **body})
    if draft is None:
        raise obsolete.refusal(faults)
    return draft


@contextmanager
def _refusing_as_text() -> Iterator[None]:
    """Refuse a body with one JSON text for all faults, as SciCat's v3 does."""
    try:
        yield
    except ValidationError as error:
        raise obsolete.refusal(obsolete.faults_of(error)) from error
