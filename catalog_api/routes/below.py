"""The datasets below samples and proposals."""

from dataclasses import replace

from sqlmodel import Session
from starlette.responses import Response

from catalog_api.routes.dataset_answers import Desk
from catalog_api.routes.datasets_v3 import write
from catalog_api.rules.caller import Caller
from catalog_api.wire.filters import Listing


def datasets_below(session: Session, caller: Caller, field: str, key: str, listing: Listing) -> Response:
    """Answer with the datasets that name a document and that the caller may see, with v3 names.

    Args:
        session: A session that stays open while the answer is sent.
        caller: Who asks; sees the document.
        field: The list in which datasets name it: `sampleIds`, `proposalIds`.
        key: Which document.
        listing: Which of its datasets.

    Raises:
        RefusedError: The filter names something unknown.
    """
    naming = replace(listing, where={"and": [{field: key}, listing.where]})
    return Desk(session, caller, write).many(naming)
