"""Copies of datablocks, over all datasets: which were not verified for longest, which are missing, and how many."""

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from catalog_api.refusals import bad_request
from catalog_api.rules import rights
from catalog_api.services import copies, copies_listing
from catalog_api.services.copies_listing import Oldest
from catalog_api.site import Reading, TheCaller, Writing
from catalog_api.wire.blocks import FindingIn
from catalog_api.wire.moments import AnyMoment
from catalog_api.wire.paths import Identifier
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer
from catalog_api.wire.written import copy_wire
from emdewar.lifecycle import CopyStatus

current = router("Copies")

CopyLimit = Annotated[int, Query(ge=1, le=10_000, description="Rows at most.")]
Store = Annotated[str, Query(min_length=1, description="Name of the store.")]
Before = Annotated[AnyMoment | None, Query(alias="verifiedBefore", description="Only those not verified since.")]
Cursor = Annotated[str, Query(description="The `cursor` of the last one of the page before.")]
Stores = Annotated[str, Query(description="Names of stores with commas between.")]
Last = Annotated[str, Query(description="The `archiveId` of the last one of the page before.")]


@current.get("/copies", summary="List the copies on a store, the longest unverified first")
def find_many(  # noqa: PLR0913, PLR0917 (each is a parameter of the address)
    store: Store,
    caller: TheCaller,
    session: Reading,
    status: CopyStatus | None = None,
    verified_before: Before = None,
    after: Cursor = "",
    limit: CopyLimit = 1_000,
) -> Response:
    """List copies with their `pid` and `archiveId`; for archivers, admins and the flows."""
    rights.check_reads_all(caller)
    statuses = [word.value for word in CopyStatus] if status is None else [status.value]
    return answer(copies_listing.oldest(session, Oldest(store, statuses, verified_before, after, limit)))


@current.get("/copies/summary", summary="Count the copies on each store")
def summarize(caller: TheCaller, session: Reading) -> Response:
    """Give copies and bytes per store and status, and when the oldest verification of a good one was."""
    rights.check_reads_all(caller)
    return answer(copies_listing.summary(session))


@current.get("/datablocks/short", summary="List datablocks that lack a copy")
def find_short(
    stores: Stores, caller: TheCaller, session: Reading, after: Last = "", limit: CopyLimit = 100
) -> Response:
    """List datablocks of archived and damaged datasets without a verified copy on one of the stores, by archive id."""
    rights.check_reads_all(caller)
    names = [name.strip() for name in stores.split(",") if name.strip()]
    if not names:
        raise bad_request("stores must name at least one store")
    return answer(copies_listing.short(session, names, after, limit))


@current.post("/datablocks/{archive_id}/copies/{store}/finding", summary="Report a copy that is damaged or lost")
def report(archive_id: Identifier, store: Identifier, sent: FindingIn, caller: TheCaller, session: Writing) -> Response:
    """Keep a copy on record as damaged or lost, with the finding; it no longer counts.

    The same finding again changes nothing, nor does one that is older than the last verification. It is good again when
    it is recorded anew, as read back since.
    """
    return answer(copy_wire(copies.report(session, caller, archive_id, store, sent)))
