"""Datablocks and their copies."""

from sqlmodel import Session
from starlette.responses import Response

from catalog_api.json_type import Json
from catalog_api.routes.parameters import FileLimit, FilterHeader, FilterText, Skip, TheListing, sent_once
from catalog_api.services import copies, datablocks, datablocks_written
from catalog_api.services.datablocks import BLOCKS
from catalog_api.services.dataset_blocks import Which
from catalog_api.site import Reading, ReadingWhileSent, TheCaller, Writing
from catalog_api.tables import DatablockRow, DatasetRow
from catalog_api.wire.blocks import CopyIn, DatablockChanges, DatablockIn, FilesIn, SentFile
from catalog_api.wire.filters import parse_filter
from catalog_api.wire.paths import Identifier
from catalog_api.wire.precondition import Seen
from catalog_api.wire.request import THERE_ALREADY, router
from catalog_api.wire.shape import answer
from catalog_api.wire.streaming import Rows, streamed, whole
from catalog_api.wire.written import block_wire, copy_wire, sent_items

routes = router("Datablocks")


@routes.post("/datablocks", status_code=201, summary="Register a datablock")
def register(sent: DatablockIn, caller: TheCaller, session: Writing) -> Response:
    """Register a datablock of the dataset `datasetId`; its `archiveId` is unique in the catalog, or 409."""
    row = datablocks_written.register(session, caller, sent.dataset_id, sent)
    return registered(session, row, sent.data_file_list, 201)


@routes.get("/datablocks", summary="List datablocks")
def find_many(listing: TheListing, caller: TheCaller, session: ReadingWhileSent) -> Response:
    """List datablocks with their copies and, if the filter's `fields` allow, their files."""
    rows = BLOCKS.page(session, caller, listing)
    return streamed(Rows(lambda: datablocks.written(session, rows, listing)))


@routes.get("/datablocks/count", summary="Count datablocks")
def count(
    caller: TheCaller,
    session: Reading,
    sent: FilterText = None,
    header: FilterHeader = None,
    where: str | None = None,
) -> Response:
    """Count the datablocks that match the filter; `where` is its older name."""
    listing = parse_filter(sent_once(sent, header) or where, default_limit=0)
    return answer({"count": BLOCKS.count(session, caller, listing.where)})


@routes.get("/datablocks/{archive_id}", summary="Give a datablock")
def find(archive_id: Identifier, caller: TheCaller, session: ReadingWhileSent) -> Response:
    """Give one datablock, by its archive id or its id, with its copies; of managed datasets without its files."""
    row = datablocks.find(session, caller, archive_id)
    return streamed(_with_files(session, row, None))


@routes.patch("/datablocks/{archive_id}", summary="Change a datablock")
def change(archive_id: Identifier, sent: DatablockChanges, caller: TheCaller, session: Writing, seen: Seen) -> Response:
    """Change what is named; of a managed dataset only who may see the datablock. The dataset's counters follow."""
    which = Which(datablocks.id_of(session, archive_id))
    row = datablocks_written.change(session, caller, which, sent, seen)
    return registered(session, row, sent.data_file_list)


@routes.delete("/datablocks/{archive_id}", summary="Forget a datablock")
def remove(archive_id: Identifier, caller: TheCaller, session: Writing) -> Response:
    """Forget a datablock that never became part of an archived dataset; answers with it, without its files."""
    which = Which(datablocks.id_of(session, archive_id))
    return answer(block_wire(datablocks_written.remove(session, caller, which)))


@routes.get("/datablocks/{archive_id}/files", summary="Page through a datablock's files")
def page(
    archive_id: Identifier, caller: TheCaller, session: ReadingWhileSent, skip: Skip = 0, limit: FileLimit = 10_000
) -> Response:
    """Give the files in the order of the tar, each with its offset; this is EM Dewar's own, not SciCat's."""
    row = datablocks.find(session, caller, archive_id)
    return streamed(datablocks.files(session, row, skip=skip, limit=limit))


@routes.post("/datablocks/{archive_id}/files", status_code=201, summary="List more files of a datablock")
def append(archive_id: Identifier, sent: FilesIn, caller: TheCaller, session: Writing) -> Response:
    """Add to a file list that does not fit one request; the same files again change nothing."""
    row = datablocks_written.append_files(session, caller, datablocks.id_of(session, archive_id), sent)
    return answer({"archiveId": row.archive_id, "count": datablocks.count_files(session, row)}, 201)


@routes.post(
    "/datablocks/{archive_id}/copies", status_code=201, responses=THERE_ALREADY, summary="Record a verified copy"
)
def record_copy(archive_id: Identifier, sent: CopyIn, caller: TheCaller, session: Writing) -> Response:
    """Record a copy that was read back from its store; it must equal the datablock in size, checksums and files.

    A newer verification of a copy on record is answered with 200 and brings it up to date, an older changes nothing.
    Under another name a copy takes the place of one that is damaged or lost, never of a good one: that is 409.
    """
    copy, is_new = copies.record(session, caller, archive_id, sent)
    return answer(copy_wire(copy), 201 if is_new else 200)


def registered(session: Session, row: DatablockRow, sent: list[SentFile] | None, status_code: int = 200) -> Response:
    """Answer with a datablock as it is now."""
    return whole(_with_files(session, row, sent), status_code)


def _with_files(session: Session, row: DatablockRow, sent: list[SentFile] | None) -> dict[str, Json]:
    """Write a datablock for SciCat's clients with its files; the flows, whose lists are long, page through them."""
    item, dataset = datablocks.one(session, row), session.get(DatasetRow, row.dataset_id)
    if dataset is None or dataset.managed:
        return item
    return {**item, "dataFileList": datablocks.files(session, row) if sent is None else Rows(lambda: sent_items(sent))}
