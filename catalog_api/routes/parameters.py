"""Parameters that many routes share."""

from typing import Annotated, Any

from fastapi import Depends, Header, Query

from catalog_api.refusals import bad_request
from catalog_api.wire.filters import Listing, parse_filter

LARGEST_FILE_PAGE = 100_000

_FILTER = (
    'SciCat filter, e.g. `{"where": {"ownerGroup": "p1"}, "limits": {"limit": 10, "skip": 0, "order": "pid:asc"}}`'
)
FilterText = Annotated[str | None, Query(alias="filter", description=_FILTER)]
FilterHeader = Annotated[str | None, Header(alias="filter", include_in_schema=False)]


def _listing(sent: FilterText = None, header: FilterHeader = None) -> Listing:
    if sent and header:
        raise bad_request("give the filter in the address or in the header, not in both")
    return parse_filter(sent or header, default_limit=100)


TheListing = Annotated[Listing, Depends(_listing)]
Skip = Annotated[int, Query(ge=0, lt=2**31, description="Rows to leave out at the start.")]
FileLimit = Annotated[int, Query(ge=0, le=LARGEST_FILE_PAGE, description="Rows at most.")]
Body = dict[str, Any]
