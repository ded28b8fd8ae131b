"""What lies below samples and proposals."""

from dataclasses import replace

from sqlmodel import Session

from catalog_api.json_type import Json
from catalog_api.rules.caller import Caller
from catalog_api.services import datasets
from catalog_api.wire import obsolete
from catalog_api.wire.dataset import dataset_wire
from catalog_api.wire.filters import Listing


def datasets_below(session: Session, caller: Caller, field: str, key: str, listing: Listing) -> list[dict[str, Json]]:
    """Give the datasets that name a document and that the caller may see, with v3 names.

    Args:
        session: Open session.
        caller: Who asks; sees the document.
        field: The list in which datasets name it: `sampleIds`, `proposalIds`.
        key: Which document.
        listing: Which of its datasets.

    Raises:
        RefusedError: The filter names something unknown.
    """
    naming = replace(listing, where={"and": [{field: key}, listing.where]})
    found = datasets.find_many(session, caller, naming)
    return [listing.project(obsolete.to_v3(dataset_wire(row))) for row in found]
