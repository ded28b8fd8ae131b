"""Published datasets, for everybody: the same answers whoever asks."""

from starlette.responses import Response

from catalog_api.routes.dataset_answers import Desk
from catalog_api.routes.datasets import Included, including, write
from catalog_api.routes.parameters import TheListingV4
from catalog_api.rules.caller import ANONYMOUS
from catalog_api.search import datasets as search
from catalog_api.services import datasets
from catalog_api.site import Reading, ReadingWhileSent
from catalog_api.wire.paths import Identifier
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer, nothing

public = router("Datasets (public)")


@public.get("/datasets/public", summary="List published datasets")
def find_many(listing: TheListingV4, session: ReadingWhileSent) -> Response:
    """List published datasets, with what is published of what `include` names."""
    return Desk(session, ANONYMOUS, write).many(listing)


@public.get("/datasets/public/count", summary="Count published datasets")
def count(listing: TheListingV4, session: Reading) -> Response:
    """Count published datasets."""
    return answer({"count": search.count(session, ANONYMOUS, listing.where)})


@public.get("/datasets/public/findOne", summary="Find a published dataset")
def find_one(listing: TheListingV4, session: ReadingWhileSent) -> Response:
    """Give the first published dataset that matches; where there is none, nothing."""
    return Desk(session, ANONYMOUS, write).first(listing)


@public.get("/datasets/public/{pid}", summary="Give a published dataset")
def find(pid: Identifier, session: ReadingWhileSent, include: Included = None) -> Response:
    """Give one published dataset; where there is none, nothing."""
    row = datasets.find_visible(session, ANONYMOUS, pid)
    return nothing() if row is None else Desk(session, ANONYMOUS, write).one(row, including(include))
