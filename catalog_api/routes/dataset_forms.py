"""Search forms for datasets: `fullquery` and `fullfacet`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends, Query
from sqlmodel import Session
from starlette.responses import Response

from catalog_api.json_type import Json
from catalog_api.routes.dataset_answers import LoggedIn
from catalog_api.routes.datasets_v3 import to_v3
from catalog_api.routes.parameters import OLDEST_FIRST, TheFacetForm, TheForm
from catalog_api.rules.caller import ANONYMOUS, Caller
from catalog_api.services import datasets_forms, includes
from catalog_api.services.datasets_forms import Form, form_of
from catalog_api.site import Reading, Site, TheCaller, TheSite
from catalog_api.wire.filters import Include, Listing, listing_of, object_of
from catalog_api.wire.json_faults import parse_as_v8
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer

current = router("Datasets")
public = router("Datasets (public)")
old = router("Datasets (v3)")

_INCLUDE = 'Relations that must be there, e.g. `[{"relation": "proposals", "required": true}]`'


@dataclass(frozen=True)
class Count:
    """What `fullfacet` is asked.

    Attributes:
        form: Which datasets.
        names: Fields to count by.
        includes: Relations that must be there.
    """

    form: Form
    names: Sequence[str]
    includes: Sequence[Include]


async def _count(sent: TheFacetForm, include: Annotated[str | None, Query(description=_INCLUDE)] = None) -> Count:
    form = form_of(sent.fields)
    if sent.filtered.where:
        parts = [part for part in (form.where, sent.filtered.where) if part]
        form = replace(form, where={"and": parts})
    related = listing_of({"include": parse_as_v8(include, "include")}, Listing(), strict=True) if include else Listing()
    return Count(form, sent.names, includes.asked_for(related))


TheCount = Annotated[Count, Depends(_count)]


@old.get("/datasets/fullquery", summary="Search datasets")
def full_query(sent: TheForm, site: TheSite, caller: TheCaller, session: Reading) -> Response:
    """Search by a form: fields with a value, several values or bounds, `text`, `scientific` by units, `jobType`.

    Shows the datasets of the caller's own and shared groups; with `isPublished`, published ones.
    """
    form = form_of(object_of(sent.fields, "fields"))
    page = listing_of({"limits": object_of(sent.limits, "limits")}, Listing(default_order=OLDEST_FIRST))
    found = datasets_forms.page(session, caller, form, page, site.job_types)
    return answer([to_v3(row) for row in found])


@current.get("/datasets/fullfacet", summary="Count datasets by their fields", dependencies=[LoggedIn])
@old.get("/datasets/fullfacet", summary="Count datasets by their fields")
def facets(sent: TheCount, site: TheSite, caller: TheCaller, session: Reading) -> Response:
    """Count what a form asks for by the values of the fields in `facets`; see `fullquery`."""
    return answer(_counted(session, caller, sent, site))


@public.get("/datasets/public/fullfacet", summary="Count published datasets by their fields")
def public_facets(sent: TheCount, site: TheSite, session: Reading) -> Response:
    """Count published datasets by the values of the fields in `facets`."""
    return answer(_counted(session, ANONYMOUS, sent, site))


def _counted(session: Session, caller: Caller, sent: Count, site: Site) -> list[dict[str, Json]]:
    form = replace(sent.form, only=includes.only_required(includes.Audience(caller), sent.includes))
    return datasets_forms.facets(session, caller, form, sent.names, site.job_types)
