"""Datablocks and their verified copies."""

from typing import Any

from sqlmodel import Session
from starlette.responses import Response

from catalog_api.refusals import bad_request
from catalog_api.routes.parameters import FileLimit, Skip, TheListing
from catalog_api.rules.caller import Caller
from catalog_api.services import copies, datablocks, datasets
from catalog_api.site import Reading, TheCaller, Writing
from catalog_api.wire.blocks import CopyIn, DatablockIn, FilesIn
from catalog_api.wire.filters import Listing
from catalog_api.wire.paths import Identifier
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer
from catalog_api.wire.written import block_wire, copy_wire, files_wire

routes = router("Datablocks")


@routes.post("/datasets/{pid}/datablocks", status_code=201, summary="Register a datablock")
def register_below(pid: Identifier, sent: DatablockIn, caller: TheCaller, session: Writing) -> Response:
    """Register a datablock of a dataset; its `archiveId` is unique in the catalog."""
    return answer(block_wire(datablocks.register(session, caller, pid, sent), []), 201)


@routes.post("/datablocks", status_code=201, summary="Register a datablock")
def register(sent: DatablockIn, caller: TheCaller, session: Writing) -> Response:
    """Register a datablock of the dataset `datasetId`."""
    if sent.dataset_id is None:
        raise bad_request("datasetId must name the dataset that the datablock belongs to")
    return answer(block_wire(datablocks.register(session, caller, sent.dataset_id, sent), []), 201)


@routes.get("/datasets/{pid}/datablocks", summary="List a dataset's datablocks")
def find_below(pid: Identifier, listing: TheListing, caller: TheCaller, session: Reading) -> Response:
    """List a dataset's datablocks with their copies and, if the filter's `fields` allow, their files."""
    datasets.find(session, caller, pid)
    where = {"and": [{"datasetId": pid}, listing.where]}
    order = listing.order or (("number", False),)
    return answer(_blocks(session, caller, Listing(where, 10_000, listing.skip, order, listing.fields)))


@routes.get("/datablocks", summary="List datablocks")
def find_many(listing: TheListing, caller: TheCaller, session: Reading) -> Response:
    """List datablocks with their copies and, if the filter's `fields` allow, their files."""
    return answer(_blocks(session, caller, listing))


@routes.get("/datablocks/{archive_id}", summary="Give a datablock")
def find(archive_id: Identifier, caller: TheCaller, session: Reading) -> Response:
    """Give one datablock with its copies, without its files."""
    row = datablocks.find(session, caller, archive_id)
    return answer(block_wire(row, copies.of_blocks(session, [row])[row.id]))


@routes.delete("/datablocks/{archive_id}", summary="Forget a datablock")
def remove(archive_id: Identifier, caller: TheCaller, session: Writing) -> Response:
    """Forget a datablock that never became part of an archived dataset."""
    datablocks.remove(session, caller, archive_id)
    return answer({})


@routes.get("/datablocks/{archive_id}/files", summary="Page through a datablock's files")
def page(
    archive_id: Identifier, caller: TheCaller, session: Reading, skip: Skip = 0, limit: FileLimit = 10_000
) -> Response:
    """Give the files in the order of the tar, each with its offset; this is EM Dewar's own, not SciCat's."""
    row = datablocks.find(session, caller, archive_id)
    return answer(files_wire(datablocks.files(session, row, skip=skip, limit=limit)))


@routes.post("/datablocks/{archive_id}/files", status_code=201, summary="List more files of a datablock")
def append(archive_id: Identifier, sent: FilesIn, caller: TheCaller, session: Writing) -> Response:
    """Add to a file list that does not fit one request; the same files again change nothing."""
    row = datablocks.append_files(session, caller, archive_id, sent)
    return answer({"archiveId": row.archive_id, "count": datablocks.count_files(session, row)}, 201)


@routes.post("/datablocks/{archive_id}/copies", status_code=201, summary="Record a verified copy")
def record_copy(archive_id: Identifier, sent: CopyIn, caller: TheCaller, session: Writing) -> Response:
    """Record a copy that was read back from its store; it must equal the datablock in size, checksums and files.

    The same copy again is answered with 200 and the one on record.
    """
    copy, is_new = copies.record(session, caller, archive_id, sent)
    return answer(copy_wire(copy), 201 if is_new else 200)


def _blocks(session: Session, caller: Caller, listing: Listing) -> list[dict[str, Any]]:
    rows = datablocks.find_many(session, caller, listing)
    copied = copies.of_blocks(session, rows)
    items = [block_wire(row, copied[row.id]) for row in rows]
    if not listing.fields or "dataFileList" in listing.fields:
        for item, row in zip(items, rows, strict=True):
            item["dataFileList"] = files_wire(datablocks.files(session, row))
    return [listing.project(item) for item in items]
