"""Instruments."""

from typing import Annotated
from urllib.parse import unquote_plus

from fastapi import Depends, Request
from starlette.responses import Response

from catalog_api.routes.parameters import OLDEST_FIRST, FilterHeader, FilterText, TheListing, sent_once
from catalog_api.services import instruments
from catalog_api.services.instruments import INSTRUMENTS
from catalog_api.site import Reading, TheCaller, Writing
from catalog_api.wire.document import ThePatch
from catalog_api.wire.filters import Listing, parse_filter
from catalog_api.wire.instrument import InstrumentIn, instrument_wire
from catalog_api.wire.paths import Identifier
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer, nothing

routes = router("Instruments")


async def _one(request: Request, sent: FilterText = None, header: FilterHeader = None) -> Listing:
    """Read a filter that pyscicat sends as the whole query, without a name."""
    query = unquote_plus(request.url.query)
    text = sent_once(sent, header) or (query if query.startswith("{") else None)
    return parse_filter(text, default_limit=1, default_order=OLDEST_FIRST)


@routes.post("/instruments", status_code=201, summary="Make an instrument")
def create(sent: InstrumentIn, caller: TheCaller, session: Writing) -> Response:
    """Make an instrument; the same `pid` or `uniqueName` again is refused with 409."""
    return answer(instrument_wire(instruments.create(session, caller, sent)), 201)


@routes.get("/instruments", summary="List instruments")
def find_many(listing: TheListing, caller: TheCaller, session: Reading) -> Response:
    """List instruments; everybody may."""
    return answer([listing.project(instrument_wire(row)) for row in INSTRUMENTS.page(session, caller, listing)])


@routes.get("/instruments/count", summary="Count instruments")
def count(listing: TheListing, caller: TheCaller, session: Reading) -> Response:
    """Count instruments."""
    return answer({"count": INSTRUMENTS.count(session, caller, listing.where)})


@routes.get("/instruments/findOne", summary="Find an instrument")
def find_one(listing: Annotated[Listing, Depends(_one)], caller: TheCaller, session: Reading) -> Response:
    """Give the first instrument that matches; where there is none, nothing."""
    found = INSTRUMENTS.first(session, caller, listing)
    return answer(listing.project(instrument_wire(found))) if found else nothing()


@routes.get("/instruments/{pid}", summary="Give an instrument")
def find(pid: Identifier, caller: TheCaller, session: Reading) -> Response:
    """Give one instrument; where there is none, nothing, as SciCat does."""
    found = INSTRUMENTS.first(session, caller, Listing(where={"pid": pid}))
    return answer(instrument_wire(found)) if found else nothing()


@routes.patch("/instruments/{pid}", summary="Change an instrument")
def change(pid: Identifier, patch: ThePatch, caller: TheCaller, session: Writing) -> Response:
    """Change the named fields and nothing else; a `uniqueName` that is taken is refused with 400, as by SciCat."""
    return answer(instrument_wire(instruments.update(session, caller, pid, patch)))


@routes.delete("/instruments/{pid}", summary="Delete an instrument")
def delete(pid: Identifier, caller: TheCaller, session: Writing) -> Response:
    """Delete an instrument, and answer with it as it was."""
    return answer(instrument_wire(instruments.delete(session, caller, pid)))
