"""The files of a dataset, as declared at ingest."""

from typing import Any

from sqlmodel import Session
from starlette.responses import Response

from catalog_api.refusals import bad_request
from catalog_api.routes.parameters import FileLimit, Skip, TheListing
from catalog_api.rules.caller import Caller
from catalog_api.services import datasets, files
from catalog_api.site import Reading, TheCaller, Writing
from catalog_api.wire.blocks import OrigDatablockIn
from catalog_api.wire.filters import Listing
from catalog_api.wire.paths import Identifier
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer
from catalog_api.wire.written import files_wire, list_wire

routes = router("Files")


@routes.post("/origdatablocks", status_code=201, summary="Declare files")
def declare(sent: OrigDatablockIn, caller: TheCaller, session: Writing) -> Response:
    """Declare files of the dataset `datasetId`.

    With an `_id` of your own the call can be repeated: the second is refused with 409 and registers nothing. A path
    that is declared already is refused with 409 and the first such paths. Closed once archiving has begun.
    """
    if sent.dataset_id is None:
        raise bad_request("datasetId must name the dataset that the files belong to")
    return answer(list_wire(files.declare(session, caller, sent.dataset_id, sent), None), 201)


@routes.post("/datasets/{pid}/origdatablocks", status_code=201, summary="Declare files of a dataset")
def declare_below(pid: Identifier, sent: OrigDatablockIn, caller: TheCaller, session: Writing) -> Response:
    """Declare files of a dataset."""
    return answer(list_wire(files.declare(session, caller, pid, sent), None), 201)


@routes.get("/origdatablocks", summary="List file lists")
def find_many(listing: TheListing, caller: TheCaller, session: Reading) -> Response:
    """List file lists with their files; leave `dataFileList` out of the filter's `fields` to get them without."""
    return answer(_lists(session, caller, listing))


@routes.get("/datasets/{pid}/origdatablocks", summary="List a dataset's file lists")
def find_below(pid: Identifier, caller: TheCaller, session: Reading) -> Response:
    """List a dataset's file lists with their files; `files` is the paged way to the same."""
    datasets.find(session, caller, pid)
    return answer(_lists(session, caller, Listing({"datasetId": pid}, limit=10_000)))


@routes.get("/origdatablocks/{id}", summary="Give a file list")
def find(id: Identifier, caller: TheCaller, session: Reading) -> Response:  # noqa: A002 (SciCat's name in the path)
    """Give one file list with its files."""
    row = files.find(session, caller, id)
    return answer(list_wire(row, files.of_list(session, row.id)))


@routes.delete("/origdatablocks/{id}", summary="Remove a file list")
def remove(id: Identifier, caller: TheCaller, session: Writing) -> Response:  # noqa: A002 (SciCat's name in the path)
    """Remove a file list, while archiving has not begun."""
    files.remove(session, caller, id)
    return answer({})


@routes.get("/datasets/{pid}/files", summary="Page through a dataset's files")
def page(pid: Identifier, caller: TheCaller, session: Reading, skip: Skip = 0, limit: FileLimit = 10_000) -> Response:
    """Give files sorted by path in code point order; this is EM Dewar's own, not SciCat's."""
    return answer(files_wire(files.of_dataset(session, caller, pid, skip=skip, limit=limit)))


def _lists(session: Session, caller: Caller, listing: Listing) -> list[dict[str, Any]]:
    wanted = not listing.fields or "dataFileList" in listing.fields
    rows = files.find_many(session, caller, listing)
    return [listing.project(list_wire(row, files.of_list(session, row.id) if wanted else None)) for row in rows]
