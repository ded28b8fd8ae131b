"""Proposals, in the v3 dialect."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, Query
from starlette.responses import Response

from catalog_api.json_type import Json
from catalog_api.routes.below import datasets_below
from catalog_api.routes.parameters import (
    OLDEST_FIRST,
    Body,
    FieldsText,
    FilterHeader,
    FilterText,
    TheFacetForm,
    TheForm,
    TheListing,
    sent_once,
)
from catalog_api.rules.proposal_rights import check_write
from catalog_api.services import listing as lists
from catalog_api.services import proposals
from catalog_api.services.proposals import PROPOSALS
from catalog_api.site import Reading, ReadingWhileSent, TheCaller, TheSite, Writing
from catalog_api.wire.conditions import condition
from catalog_api.wire.document import ThePatch
from catalog_api.wire.filters import Listing, object_of, parse_filter
from catalog_api.wire.full_query import where_of
from catalog_api.wire.paths import Identifier
from catalog_api.wire.proposal import ProposalIn, proposal_wire
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer

old = router("Proposals (v3)")

FiltersText = Annotated[str | None, Query(alias="filters", description="The same as `filter`; SciCat's name for it.")]


async def _listing(
    site: TheSite, plural: FiltersText = None, sent: FilterText = None, header: FilterHeader = None
) -> Listing:
    text = sent_once(sent_once(plural, sent), header)
    return parse_filter(text, default_limit=100, default_order=OLDEST_FIRST, largest=site.settings.largest_page)


async def _counted(fields: FieldsText = None, sent: FilterText = None, header: FilterHeader = None) -> Json:
    """Read what to count: here SciCat's filter is the condition itself, and not an object that holds one."""
    content = object_of(sent_once(sent, header), "filter")
    where = content["where"] if isinstance(content.get("where"), dict) else content
    return {"and": [where, where_of(object_of(fields, "fields"), PROPOSALS.known)]}


TheProposals = Annotated[Listing, Depends(_listing)]
TheCondition = Annotated[Mapping[str, Json], Depends(_counted)]


@old.post("/proposals", status_code=201, summary="Make a proposal")
def create(sent: ProposalIn, site: TheSite, caller: TheCaller, session: Writing) -> Response:
    """Make a proposal; the same `proposalId` again is refused with 409."""
    return answer(proposal_wire(proposals.create(session, caller, sent, site.settings.proposal_types)), 201)


@old.post("/proposals/isValid", summary="Tell whether a proposal would be accepted")
def is_valid(body: Body, site: TheSite, caller: TheCaller) -> Response:
    """Check a proposal without making it; `error` says what is wrong."""
    check_write(caller)
    return answer(proposals.validity(body, site.settings.proposal_types))


@old.get("/proposals", summary="List proposals")
def find_many(listing: TheProposals, caller: TheCaller, session: Reading) -> Response:
    """List what the caller may see; without a token, published proposals only."""
    found = [proposal_wire(row) for row in PROPOSALS.page(session, caller, listing)]
    return answer([listing.project(item) for item in proposals.included(session, caller, found, listing)])


@old.get("/proposals/count", summary="Count proposals")
def count(where: TheCondition, caller: TheCaller, session: Reading) -> Response:
    """Count what the caller may see and what matches the form `fields` and the condition `filter`."""
    return answer({"count": PROPOSALS.count(session, caller, where)})


@old.get("/proposals/fullquery", summary="Search proposals")
def full_query(form: TheForm, caller: TheCaller, session: Reading) -> Response:
    """Search by a form."""
    found = PROPOSALS.page(session, caller, form.listing(PROPOSALS.known))
    return answer([proposal_wire(row) for row in found])


@old.get("/proposals/fullfacet", summary="Count proposals by their fields")
def full_facet(form: TheFacetForm, caller: TheCaller, session: Reading) -> Response:
    """Count by the values of some fields, in SciCat's shape."""
    matching = condition(form.where(PROPOSALS.known), PROPOSALS.known)
    return answer(lists.facets(session, PROPOSALS.visible(caller), matching, PROPOSALS.known, form.names))


@old.get("/proposals/{proposal_id}", summary="Give a proposal")
def find(proposal_id: Identifier, caller: TheCaller, session: Reading) -> Response:
    """Give one proposal."""
    return answer(proposal_wire(PROPOSALS.find(session, caller, proposal_id)))


@old.get("/proposals/{proposal_id}/authorization", summary="Tell whether the caller may see a proposal")
def authorization(proposal_id: Identifier, caller: TheCaller, session: Reading) -> Response:
    """Answer `{"canAccess": false}` for a proposal that is not there, too."""
    return answer({"canAccess": PROPOSALS.sees(session, caller, proposal_id)})


@old.get("/proposals/{proposal_id}/datasets", summary="List the datasets of a proposal")
def find_datasets(
    proposal_id: Identifier, listing: TheListing, caller: TheCaller, session: ReadingWhileSent
) -> Response:
    """List the proposal's datasets that the caller may see, with v3 names."""
    PROPOSALS.find(session, caller, proposal_id)
    return datasets_below(session, caller, "proposalIds", proposal_id, listing)


@old.patch("/proposals/{proposal_id}", summary="Change a proposal")
def change(proposal_id: Identifier, patch: ThePatch, site: TheSite, caller: TheCaller, session: Writing) -> Response:
    """Change the named fields and nothing else."""
    return answer(proposal_wire(proposals.update(session, caller, proposal_id, patch, site.settings.proposal_types)))


@old.delete("/proposals/{proposal_id}", summary="Delete a proposal")
def delete(proposal_id: Identifier, caller: TheCaller, session: Writing) -> Response:
    """Delete a proposal, and answer with it as it was; its datasets stay."""
    return answer(proposal_wire(proposals.delete(session, caller, proposal_id)))
