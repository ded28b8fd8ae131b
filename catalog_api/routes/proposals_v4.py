"""Proposals, in the v4 dialect: with a token, or without one below `/proposals/public`."""

from typing import Annotated

from fastapi import Depends, Query, Request
from starlette.responses import Response

from catalog_api.refusals import bad_request
from catalog_api.routes.parameters import Body, FacetForm, FacetsText, FieldsText, TheListingV4
from catalog_api.rules.ownership import check_known
from catalog_api.rules.proposal_rights import check_write
from catalog_api.services import listing as lists
from catalog_api.services import proposals
from catalog_api.services.documents import Collection
from catalog_api.services.proposals import PROPOSALS, PUBLIC
from catalog_api.site import Reading, TheCaller, TheSite, Writing
from catalog_api.tables import ProposalRow
from catalog_api.wire.conditions import condition
from catalog_api.wire.document import ThePatch
from catalog_api.wire.filters import Include, Listing, object_of
from catalog_api.wire.full_query import facet_names
from catalog_api.wire.paths import Identifier
from catalog_api.wire.proposal import ProposalChange, ProposalIn, proposal_wire
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer, nothing

current = router("Proposals")
public = router("Proposals (public)")

_INCLUDE = Query(alias="include", default_factory=list, description="Related documents: `samples`, or `all`.")
IncludeNames = Annotated[list[str], _INCLUDE]
FiltersText = Annotated[str | None, Query(alias="filters", description='Both in one: `{"facets": [], "fields": {}}`')]


async def _collection(request: Request, caller: TheCaller) -> Collection[ProposalRow]:
    """Give what is open to everybody below `/public`, and elsewhere what the caller may see."""
    if "/proposals/public" in request.scope["route"].path:
        return PUBLIC
    check_known(caller)
    return PROPOSALS


async def _facet_form(fields: FieldsText = None, facets: FacetsText = None, both: FiltersText = None) -> FacetForm:
    sent = object_of(both, "filters")
    names = (*facet_names(facets), *(name for name in sent.get("facets") or [] if isinstance(name, str)))
    asked = sent.get("fields")
    return FacetForm({**object_of(fields, "fields"), **(asked if isinstance(asked, dict) else {})}, names, Listing())


TheProposals = Annotated[Collection[ProposalRow], Depends(_collection)]
TheFacets = Annotated[FacetForm, Depends(_facet_form)]


@public.get("/proposals/public", summary="List published proposals")
@current.get("/proposals", summary="List proposals")
def find_many(among: TheProposals, listing: TheListingV4, caller: TheCaller, session: Reading) -> Response:
    """List what the caller may see, or what is published."""
    found = [proposal_wire(row) for row in among.page(session, caller, listing)]
    return answer([listing.project(item) for item in proposals.included(session, caller, found, listing)])


@public.get("/proposals/public/count", summary="Count published proposals")
@current.get("/proposals/count", summary="Count proposals")
def count(among: TheProposals, listing: TheListingV4, caller: TheCaller, session: Reading) -> Response:
    """Count what the caller may see, or what is published."""
    return answer({"count": among.count(session, caller, listing.where)})


@public.get("/proposals/public/findOne", summary="Find a published proposal")
@current.get("/proposals/findOne", summary="Find a proposal")
def find_one(among: TheProposals, listing: TheListingV4, caller: TheCaller, session: Reading) -> Response:
    """Give the first proposal that matches; where there is none, nothing."""
    row = among.first(session, caller, listing)
    if row is None:
        return nothing()
    return answer(listing.project(proposals.included(session, caller, [proposal_wire(row)], listing)[0]))


@public.get("/proposals/public/fullfacet", summary="Count published proposals by their fields")
@current.get("/proposals/fullfacet", summary="Count proposals by their fields")
def full_facet(among: TheProposals, form: TheFacets, caller: TheCaller, session: Reading) -> Response:
    """Count by the values of some fields, in SciCat's shape."""
    matching = condition(form.where(among.known), among.known)
    return answer(lists.facets(session, among.visible(caller), matching, among.known, form.names))


@public.get("/proposals/public/{proposal_id}", summary="Give a published proposal")
@current.get("/proposals/{proposal_id}", summary="Give a proposal")
def find(
    proposal_id: Identifier, among: TheProposals, caller: TheCaller, session: Reading, include: IncludeNames
) -> Response:
    """Give one proposal, with related documents where they are asked for."""
    asked = Listing(include=tuple(Include(name, Listing()) for name in include))
    found = proposal_wire(among.find(session, caller, proposal_id))
    return answer(proposals.included(session, caller, [found], asked)[0])


@current.post("/proposals", status_code=201, summary="Make a proposal")
def create(sent: ProposalIn, site: TheSite, caller: TheCaller, session: Writing) -> Response:
    """Make a proposal; the same `proposalId` again is refused with 409."""
    return answer(proposal_wire(proposals.create(session, caller, sent, site.settings.proposal_types)), 201)


@current.post("/proposals/isValid", summary="Tell whether a proposal would be accepted")
def is_valid(body: Body, site: TheSite, caller: TheCaller) -> Response:
    """Check a proposal without making it; `error` says what is wrong."""
    check_write(caller)
    return answer(proposals.validity(body, site.settings.proposal_types))


@current.patch("/proposals/{proposal_id}", summary="Change a proposal")
def change(proposal_id: Identifier, patch: ThePatch, site: TheSite, caller: TheCaller, session: Writing) -> Response:
    """Change the named fields and nothing else; `application/merge-patch+json` merges `metadata` key by key."""
    check_write(caller)
    if not patch.body:
        raise bad_request("the change is empty; name the fields that are to change")
    return answer(proposal_wire(proposals.update(session, caller, proposal_id, patch, site.settings.proposal_types)))


@current.put("/proposals/{proposal_id}", summary="Replace a proposal")
def replace(
    proposal_id: Identifier, sent: ProposalChange, site: TheSite, caller: TheCaller, session: Writing
) -> Response:
    """Replace a proposal: what is not sent goes back to its default; the number of its datasets stays."""
    return answer(proposal_wire(proposals.replace(session, caller, proposal_id, sent, site.settings.proposal_types)))


@current.delete("/proposals/{proposal_id}", summary="Delete a proposal")
def delete(proposal_id: Identifier, caller: TheCaller, session: Writing) -> Response:
    """Delete a proposal, and answer with it as it was; its datasets stay."""
    return answer(proposal_wire(proposals.delete(session, caller, proposal_id)))
