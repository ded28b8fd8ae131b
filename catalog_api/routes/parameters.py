"""Parameters that many routes share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Query

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request
from catalog_api.site import TheSite
from catalog_api.wire.conditions import Searchable
from catalog_api.wire.filters import Listing, object_of, parse_filter
from catalog_api.wire.full_query import facet_names, full_query, where_of

LARGEST_FILE_PAGE = 100_000

_FILTER = (
    'SciCat filter, e.g. `{"where": {"ownerGroup": "p1"}, "limits": {"limit": 10, "skip": 0, "order": "pid:asc"}}`'
)
_FIELDS = 'What to find, e.g. `{"ownerGroup": ["p1"], "creationTime": {"begin": "2026-01-01", "end": "2026-12-31"}}`'
_LIMITS = 'Which part, e.g. `{"limit": 10, "skip": 0, "order": "creationTime:desc"}`'
FilterText = Annotated[str | None, Query(alias="filter", description=_FILTER)]
FilterHeader = Annotated[str | None, Header(alias="filter", include_in_schema=False)]
FieldsText = Annotated[str | None, Query(alias="fields", description=_FIELDS)]
LimitsText = Annotated[str | None, Query(alias="limits", description=_LIMITS)]
FacetsText = Annotated[str | None, Query(alias="facets", description='Names to count by, e.g. `["type", "keywords"]`')]

OLDEST_FIRST = (("createdAt", False),)
NEWEST_FIRST = (("createdAt", True),)


def sent_once(sent: str | None, header: str | None) -> str | None:
    """Give the filter, which may be in the address or in a header.

    Raises:
        RefusedError: It is in both.
    """
    if sent and header:
        raise bad_request("give the filter in the address or in the header, not in both")
    return sent or header


async def _listing(site: TheSite, sent: FilterText = None, header: FilterHeader = None) -> Listing:
    return parse_filter(
        sent_once(sent, header), default_limit=100, default_order=OLDEST_FIRST, largest=site.settings.largest_page
    )


async def _listing_v4(site: TheSite, sent: FilterText = None, header: FilterHeader = None) -> Listing:
    return parse_filter(
        sent_once(sent, header),
        default_limit=10,
        default_order=NEWEST_FIRST,
        strict=True,
        largest=site.settings.largest_page,
    )


@dataclass(frozen=True)
class Form:
    """A search form as `fullquery` is sent it."""

    fields: str | None
    limits: str | None

    def listing(self, known: Mapping[str, Searchable]) -> Listing:
        """Read the form for one kind of document.

        Raises:
            RefusedError: It is no such form.
        """
        return full_query(self.fields, self.limits, known, default_order=OLDEST_FIRST)


@dataclass(frozen=True)
class FacetForm:
    """What `fullfacet` is asked: which rows, counted by which fields."""

    fields: Mapping[str, Json]
    names: tuple[str, ...]
    filtered: Listing

    def where(self, known: Mapping[str, Searchable]) -> Mapping[str, Json]:
        """Give the condition that the form and the filter make together.

        Raises:
            RefusedError: A part of the form makes no sense.
        """
        parts = [part for part in (where_of(self.fields, known), self.filtered.where) if part]
        return {"and": parts} if len(parts) > 1 else parts[0] if parts else {}


async def _form(fields: FieldsText = None, limits: LimitsText = None) -> Form:
    return Form(fields, limits)


async def _facets(
    fields: FieldsText = None, facets: FacetsText = None, sent: FilterText = None, header: FilterHeader = None
) -> FacetForm:
    filtered = parse_filter(sent_once(sent, header), default_limit=0)
    return FacetForm(object_of(fields, "fields"), facet_names(facets), filtered)


TheListing = Annotated[Listing, Depends(_listing)]
"""The filter of a v3 list: 100 rows, oldest first, where it does not say."""

TheListingV4 = Annotated[Listing, Depends(_listing_v4)]
"""The filter of a v4 list: 10 rows, newest first, where it does not say; what is not known is refused."""

TheForm = Annotated[Form, Depends(_form)]
TheFacetForm = Annotated[FacetForm, Depends(_facets)]
Skip = Annotated[int, Query(ge=0, lt=2**31, description="Rows to leave out at the start.")]
FileLimit = Annotated[int, Query(ge=0, le=LARGEST_FILE_PAGE, description="Rows at most.")]
Body = dict[str, Any]
