"""Datablocks below their dataset."""

from typing import Annotated

from fastapi import Depends
from starlette.responses import Response

from catalog_api.routes.datablocks import registered
from catalog_api.routes.files_below import TheBlock
from catalog_api.routes.parameters import FilterHeader, FilterText, sent_once
from catalog_api.services import datablocks, datablocks_written
from catalog_api.site import Reading, ReadingWhileSent, TheCaller, Writing
from catalog_api.wire.blocks import DatablockChanges, DatablockIn
from catalog_api.wire.filters import LARGEST_PAGE, Listing, parse_filter
from catalog_api.wire.paths import Identifier
from catalog_api.wire.precondition import Seen
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer
from catalog_api.wire.streaming import Rows, streamed
from catalog_api.wire.written import block_wire

routes = router("Datablocks")
current = router("Datablocks")
old = router("Datablocks (v3)")


async def _listing(sent: FilterText = None, header: FilterHeader = None) -> Listing:
    # A dataset has hundreds of datablocks, and whoever brings it back needs all of them.
    return parse_filter(sent_once(sent, header), default_limit=LARGEST_PAGE)


AllBlocks = Annotated[Listing, Depends(_listing)]


@routes.post("/datasets/{pid}/datablocks", status_code=201, summary="Register a datablock")
def register(pid: Identifier, sent: DatablockIn, caller: TheCaller, session: Writing) -> Response:
    """Register a datablock of a dataset; its `archiveId` is unique in the catalog, or 409."""
    row = datablocks_written.register(session, caller, pid, sent)
    return registered(session, row, sent.data_file_list, 201)


@old.get("/datasets/{pid}/datablocks", summary="List a dataset's datablocks")
def find_many_old(pid: Identifier, listing: AllBlocks, caller: TheCaller, session: ReadingWhileSent) -> Response:
    """List a dataset's datablocks with their copies and files: who sees the dataset sees them, as in SciCat."""
    rows = datablocks.of_dataset(session, caller, pid, listing, as_dataset=True)
    return streamed(Rows(lambda: datablocks.written(session, rows, listing)))


@old.get("/datasets/{pid}/datablocks/count", summary="Count a dataset's datablocks")
def count_old(pid: Identifier, caller: TheCaller, session: Reading) -> Response:
    """Count a dataset's datablocks."""
    return answer({"count": datablocks.count_of_dataset(session, caller, pid, as_dataset=True)})


@current.get("/datasets/{pid}/datablocks", summary="List a dataset's datablocks")
def find_many(pid: Identifier, listing: AllBlocks, caller: TheCaller, session: ReadingWhileSent) -> Response:
    """List a dataset's datablocks with their copies and, if the filter's `fields` allow, their files."""
    rows = datablocks.of_dataset(session, caller, pid, listing, as_dataset=False)
    return streamed(Rows(lambda: datablocks.written(session, rows, listing)))


@current.get("/datasets/{pid}/datablocks/count", summary="Count a dataset's datablocks")
def count(pid: Identifier, caller: TheCaller, session: Reading) -> Response:
    """Count a dataset's datablocks."""
    return answer({"count": datablocks.count_of_dataset(session, caller, pid, as_dataset=False)})


@routes.delete("/datasets/{pid}/datablocks", summary="Forget all datablocks of a dataset")
def remove_all(pid: Identifier, caller: TheCaller, session: Writing) -> Response:
    """Forget all datablocks of a dataset that is not archived; answers with how many there were."""
    return answer({"count": datablocks_written.remove_all(session, caller, pid)})


@routes.patch("/datasets/{pid}/datablocks/{id}", summary="Change a datablock of a dataset")
def change(which: TheBlock, sent: DatablockChanges, caller: TheCaller, session: Writing, seen: Seen) -> Response:
    """Change what is named of a datablock that belongs to this dataset."""
    row = datablocks_written.change(session, caller, which, sent, seen)
    return registered(session, row, sent.data_file_list)


@routes.delete("/datasets/{pid}/datablocks/{id}", summary="Forget a datablock of a dataset")
def remove(which: TheBlock, caller: TheCaller, session: Writing) -> Response:
    """Forget a datablock that belongs to this dataset and never became part of an archived one."""
    return answer(block_wire(datablocks_written.remove(session, caller, which)))
