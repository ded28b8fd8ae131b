"""Datasets, in the v4 dialect."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Annotated, Any

from fastapi import Query
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlmodel import Session
from starlette.responses import Response

from catalog_api.routes.dataset_answers import Desk, LoggedIn, MayRegister, TheAsked, changed
from catalog_api.routes.parameters import Body, TheListingV4
from catalog_api.search import datasets as search
from catalog_api.services import datasets, datasets_changing, datasets_registering, datasets_removing
from catalog_api.services.datasets_validity import validity
from catalog_api.site import Reading, ReadingWhileSent, TheCaller, TheSite
from catalog_api.tables import DatasetRow
from catalog_api.wire.dataset import DatasetIn, dataset_wire
from catalog_api.wire.document import ThePatch
from catalog_api.wire.filters import LARGEST_PAGE, Include, Listing
from catalog_api.wire.obsolete import faults_of
from catalog_api.wire.paths import Identifier
from catalog_api.wire.precondition import Seen
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer

current = router("Datasets")

Included = Annotated[
    list[str] | None,
    Query(alias="include", description="Related documents to add, or all."),
]


@contextmanager
def refusing_in_a_list() -> Iterator[None]:
    """Refuse a body with one message for each fault, as SciCat's v4 does."""
    try:
        yield
    except ValidationError as error:
        raise RequestValidationError([{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors()]) from error


def write(_session: Session, rows: Sequence[DatasetRow], _listing: Listing) -> list[dict[str, Any]]:
    """Write datasets in the v4 dialect."""
    return [dataset_wire(row) for row in rows]


def including(relations: list[str] | None) -> Listing:
    """Ask for one dataset with some relations."""
    everything = Listing(limit=LARGEST_PAGE)
    return Listing(include=tuple(Include(relation, everything) for relation in relations or ()))


@current.post("/datasets", status_code=201, summary="Register a dataset", dependencies=[MayRegister])
def register(sent: DatasetIn, asked: TheAsked) -> Response:
    """Register a dataset; the same `pid` again is refused with 409.

    Datasets registered by the flows' accounts are *managed*: their lifecycle obeys the published tables.
    """
    return answer(dataset_wire(datasets_registering.register(asked, sent, version="4")), 201)


@current.post("/datasets/isValid", summary="Tell whether a dataset could be registered", dependencies=[MayRegister])
def is_valid(body: Body, site: TheSite, caller: TheCaller) -> Response:
    """Answer `{"valid": true}`, or false with all that is wrong in `error`.

    Scientific metadata are compared with the schema that is named with them; each difference names its path, what is
    expected there, and the value.
    """
    try:
        draft, faults = DatasetIn.model_validate(body), []
    except ValidationError as error:
        draft, faults = None, faults_of(error)
    return answer(validity(caller, body, draft, faults, site.settings))


@current.get("/datasets", summary="List datasets", dependencies=[LoggedIn])
def find_many(listing: TheListingV4, caller: TheCaller, session: ReadingWhileSent) -> Response:
    """List what the caller may see, with what `include` names; strangers have `/datasets/public`."""
    return Desk(session, caller, write).many(listing)


@current.get("/datasets/count", summary="Count datasets", dependencies=[LoggedIn])
def count(listing: TheListingV4, caller: TheCaller, session: Reading) -> Response:
    """Count what the caller may see."""
    return answer({"count": search.count(session, caller, listing.where)})


@current.get("/datasets/findOne", summary="Find a dataset", dependencies=[LoggedIn])
def find_one(listing: TheListingV4, caller: TheCaller, session: ReadingWhileSent) -> Response:
    """Give the first dataset that matches; where there is none, nothing."""
    return Desk(session, caller, write).first(listing)


@current.get("/datasets/{pid}", summary="Give a dataset")
def find(pid: Identifier, caller: TheCaller, session: ReadingWhileSent, include: Included = None) -> Response:
    """Give one dataset with its lifecycle, and with what `include` names; it may be repeated."""
    row = datasets.find(session, caller, pid)
    return Desk(session, caller, write).one(row, including(include))


@current.patch("/datasets/{pid}", summary="Change a dataset")
def change(pid: Identifier, sent: ThePatch, asked: TheAsked) -> Response:
    """Change the named fields and nothing else.

    `application/merge-patch+json` merges objects key by key, and null sets a field to its default;
    `application/json` replaces `scientificMetadata`, and null changes nothing. A nested `datasetlifecycle` is merged in
    both, by the same rules as on its own route. `If-Unmodified-Since` with the `updatedAt` that was read makes the
    change only if nobody else was faster, or answers 412.
    """
    with refusing_in_a_list():
        return answer(dataset_wire(changed(asked, pid, sent, whole_quantities=True)))


@current.put("/datasets/{pid}", summary="Replace a dataset")
def replace(pid: Identifier, body: Body, seen: Seen, asked: TheAsked) -> Response:
    """Replace what a client can set: what is not sent goes back to its default; lifecycle and counters stay."""
    with refusing_in_a_list():
        read = partial(_whole, body)
        return answer(dataset_wire(datasets_changing.replace(asked, pid, read, seen=seen)))


@current.delete("/datasets/{pid}", summary="Delete a dataset")
def remove(pid: Identifier, asked: TheAsked) -> Response:
    """Delete a dataset with its file lists, datablocks and attachments; what it was stays in the history.

    A dataset that an open job holds, and a managed one that is archived or being archived, is refused with 409.
    """
    return answer(datasets_removing.remove(asked, pid))


def _whole(body: Mapping[str, Any], kind: str) -> DatasetIn:
    return DatasetIn.model_validate({"type": kind, **body})
