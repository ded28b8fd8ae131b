"""Published data, in the v3 dialect: flat fields, and two states."""

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from catalog_api.routes.parameters import TheListing
from catalog_api.routes.published_data import ThePublisher
from catalog_api.rules.ownership import check_known
from catalog_api.services import published_data, published_data_form
from catalog_api.services.published_data import FLAT_PUBLICATIONS
from catalog_api.site import Reading, TheCaller, Writing
from catalog_api.wire.document import Patch, ThePatch
from catalog_api.wire.fields import read
from catalog_api.wire.paths import Identifier
from catalog_api.wire.published_data import FlatPublishedData, PublishedDataIn, flat_changes, flat_wire, nested
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer

old = router("Published data (v3)")

Pid = Annotated[str, Query(alias="pid", description="Dataset to publish.")]


@old.post("/publisheddata", status_code=201, summary="Make published data")
def create(sent: FlatPublishedData, publisher: ThePublisher, caller: TheCaller, session: Writing) -> Response:
    """Make published data with v3 names under a new DOI; `registered` registers it at once, and opens its datasets."""
    whole = read(PublishedDataIn, nested(sent.model_dump(by_alias=True)))
    return answer(flat_wire(published_data.create_flat(session, caller, whole, publisher)), 201)


@old.get("/publisheddata", summary="List published data")
def find_many(listing: TheListing, caller: TheCaller, session: Reading) -> Response:
    """List what is public and what is the caller's own, with v3 names."""
    return answer([listing.project(flat_wire(row)) for row in FLAT_PUBLICATIONS.page(session, caller, listing)])


@old.get("/publisheddata/count", summary="Count published data")
def count(listing: TheListing, caller: TheCaller, session: Reading) -> Response:
    """Count what is public, and what is the caller's own."""
    return answer({"count": FLAT_PUBLICATIONS.count(session, caller, listing.where)})


@old.get("/publisheddata/formpopulate", summary="Propose published data for a dataset")
def propose(pid: Pid, caller: TheCaller, session: Reading) -> Response:
    """Propose title and abstract by a dataset that the caller may see, its proposal and picture."""
    check_known(caller)
    return answer(published_data_form.proposed(session, caller, [pid]))


@old.get("/publisheddata/{doi}", summary="Give published data")
def find(doi: Identifier, caller: TheCaller, session: Reading) -> Response:
    """Give published data with v3 names; what is private is not found by others."""
    return answer(flat_wire(FLAT_PUBLICATIONS.find(session, caller, doi)))


@old.patch("/publisheddata/{doi}", summary="Change published data")
def change(doi: Identifier, patch: ThePatch, publisher: ThePublisher, caller: TheCaller, session: Writing) -> Response:
    """Change the named fields and nothing else, with v3 names."""
    changed = Patch(flat_changes(patch.body), merges=True, seen=patch.seen)
    return answer(flat_wire(published_data.update(session, caller, doi, changed, publisher)))


@old.delete("/publisheddata/{doi}", summary="Delete published data")
def delete(doi: Identifier, caller: TheCaller, session: Writing) -> Response:
    """Delete published data in whatever state, as SciCat's v3 does, and answer with it as it was."""
    return answer(flat_wire(published_data.delete_any(session, caller, doi)))


@old.post("/publisheddata/{doi}/register", summary="Register")
def register(doi: Identifier, caller: TheCaller, session: Writing) -> Response:
    """Register published data, and open its datasets to everybody; no registrar is connected yet."""
    return answer(flat_wire(published_data.register(session, caller, doi, None)))


@old.post("/publisheddata/{doi}/resync", summary="Change published data, and tell the harvester")
def resync(doi: Identifier, patch: ThePatch, publisher: ThePublisher, caller: TheCaller, session: Writing) -> Response:
    """Change published data as PATCH does; no OAI-PMH provider is connected."""
    changed = Patch(flat_changes(patch.body), merges=True, seen=patch.seen)
    return answer(flat_wire(published_data.update(session, caller, doi, changed, publisher)))
