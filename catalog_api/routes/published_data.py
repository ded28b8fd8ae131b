"""Published data, in the v4 dialect."""

from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Query
from starlette.responses import Response

from catalog_api.routes.parameters import OLDEST_FIRST, FieldsText, FilterHeader, FilterText, LimitsText, sent_once
from catalog_api.rules.ownership import check_known
from catalog_api.services import published_data, published_data_form
from catalog_api.services.published_data import PUBLICATIONS, Publisher
from catalog_api.site import Reading, TheCaller, TheSite, Writing
from catalog_api.wire.document import ThePatch
from catalog_api.wire.filters import Listing, listing_of, object_of
from catalog_api.wire.full_query import where_of
from catalog_api.wire.paths import Identifier
from catalog_api.wire.publication_form import publication_form
from catalog_api.wire.published_data import PublishedDataIn, published_wire
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer

current = router("Published data")


async def _listing(
    site: TheSite,
    fields: FieldsText = None,
    limits: LimitsText = None,
    sent: FilterText = None,
    header: FilterHeader = None,
) -> Listing:
    """Read a filter that comes in three parts: `fields` is a condition here, beside the filter's own `where`."""
    largest = site.settings.largest_page
    whole = {"limits": object_of(limits, "limits"), **object_of(sent_once(sent, header), "filter")}
    listing = listing_of(whole, Listing(limit=100, default_order=OLDEST_FIRST), largest=largest)
    where = {"and": [where_of(object_of(fields, "fields"), PUBLICATIONS.known), listing.where]}
    return replace(listing, where=where)


async def _publisher(site: TheSite) -> Publisher:
    form = publication_form(site.settings.published_data_config_file)
    return Publisher(form, site.settings.doi_prefix)


ThePublications = Annotated[Listing, Depends(_listing)]
ThePublisher = Annotated[Publisher, Depends(_publisher)]
Pids = Annotated[list[str], Query(alias="pid", default_factory=list, description="Datasets to publish.")]


@current.get("/publisheddata/config", summary="Give the form of published data")
def config(publisher: ThePublisher) -> Response:
    """Give the JSON schema of `metadata`, and what a frontend needs to draw it."""
    return answer(publisher.form.config)


@current.post("/publisheddata", status_code=201, summary="Make published data")
def create(sent: PublishedDataIn, publisher: ThePublisher, caller: TheCaller, session: Writing) -> Response:
    """Make private published data under a new DOI; its datasets stay as they are."""
    return answer(published_wire(published_data.create(session, caller, sent, publisher)), 201)


@current.get("/publisheddata", summary="List published data")
def find_many(listing: ThePublications, caller: TheCaller, session: Reading) -> Response:
    """List what is public, and what is the caller's own."""
    return answer([listing.project(published_wire(row)) for row in PUBLICATIONS.page(session, caller, listing)])


@current.get("/publisheddata/count", summary="Count published data")
def count(listing: ThePublications, caller: TheCaller, session: Reading) -> Response:
    """Count what is public, and what is the caller's own."""
    return answer({"count": PUBLICATIONS.count(session, caller, listing.where)})


@current.get("/publisheddata/formpopulate", summary="Propose published data for datasets")
def propose(pids: Pids, publisher: ThePublisher, caller: TheCaller, session: Reading) -> Response:
    """Propose title, abstract and metadata by the first dataset that the caller may see, its proposal and picture."""
    check_known(caller)
    metadata = publisher.form.filled({})
    return answer({**published_data_form.proposed(session, caller, pids), "metadata": metadata})


@current.get("/publisheddata/{doi}", summary="Give published data")
def find(doi: Identifier, caller: TheCaller, session: Reading) -> Response:
    """Give published data; what is private is not found by others."""
    return answer(published_wire(PUBLICATIONS.find(session, caller, doi)))


@current.patch("/publisheddata/{doi}", summary="Change published data")
def change(doi: Identifier, patch: ThePatch, publisher: ThePublisher, caller: TheCaller, session: Writing) -> Response:
    """Change the named fields and nothing else; its maker may while it is private, admins until it is registered."""
    return answer(published_wire(published_data.update(session, caller, doi, patch, publisher)))


@current.delete("/publisheddata/{doi}", summary="Delete published data")
def delete(doi: Identifier, caller: TheCaller, session: Writing) -> Response:
    """Delete published data that is not public, and answer with it as it was."""
    return answer(published_wire(published_data.delete(session, caller, doi)))


@current.post("/publisheddata/{doi}/publish", status_code=201, summary="Publish")
def publish(doi: Identifier, publisher: ThePublisher, caller: TheCaller, session: Writing) -> Response:
    """Open published data to everybody, with its datasets, their file lists, datablocks and attachments: all or none.

    The metadata must be complete, and all datasets must be the caller's to change.
    """
    return answer(published_wire(published_data.publish(session, caller, doi, publisher.form)), 201)


@current.post("/publisheddata/{doi}/register", status_code=201, summary="Register")
def register(doi: Identifier, publisher: ThePublisher, caller: TheCaller, session: Writing) -> Response:
    """Register published data; what is private is published before. No registrar is connected yet."""
    return answer(published_wire(published_data.register(session, caller, doi, publisher.form)), 201)


@current.post("/publisheddata/{doi}/amend", status_code=201, summary="Amend")
def amend(doi: Identifier, caller: TheCaller, session: Writing) -> Response:
    """Note that registered published data differs from what was registered; admins may."""
    return answer(published_wire(published_data.amend(session, caller, doi)), 201)


@current.post("/publisheddata/{doi}/resync", status_code=201, summary="Change published data, and tell the harvester")
def resync(doi: Identifier, patch: ThePatch, publisher: ThePublisher, caller: TheCaller, session: Writing) -> Response:
    """Change published data as PATCH does; no OAI-PMH provider is connected, so the answer is empty."""
    published_data.update(session, caller, doi, patch, publisher)
    return Response(b"", 201, media_type="application/json")
