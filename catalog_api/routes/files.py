"""The files of a dataset, as declared at ingest: what both dialects share."""

from typing import Annotated

from fastapi import Depends
from sqlmodel import Session
from starlette.responses import Response

from catalog_api.json_type import Json
from catalog_api.routes.parameters import FileLimit, Skip
from catalog_api.rules import rights
from catalog_api.rules.caller import Caller
from catalog_api.services import files, files_declared
from catalog_api.services.dataset_blocks import Which
from catalog_api.site import ReadingWhileSent, TheCaller, Writing
from catalog_api.tables import DatasetRow, OrigDatablockRow
from catalog_api.wire.blocks import OrigDatablockChanges, OrigDatablockIn, SentFile
from catalog_api.wire.paths import Identifier
from catalog_api.wire.precondition import Seen
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer
from catalog_api.wire.streaming import Rows, streamed, whole
from catalog_api.wire.written import list_wire, sent_items

routes = router("Files")


async def _adding(caller: TheCaller) -> Caller:
    rights.check_knock(caller)
    return caller


TheAdder = Annotated[Caller, Depends(_adding)]
"""Who asks to add something; refused before the body is looked at, when it is nobody who may add anything."""


@routes.post("/origdatablocks", status_code=201, summary="Declare files")
def declare(sent: OrigDatablockIn, caller: TheAdder, session: Writing) -> Response:
    """Declare files of the dataset `datasetId`.

    With an `_id` of your own the call can be repeated: the second is refused with 409 and registers nothing. In managed
    datasets a path that is declared already is refused with 409 and the first such paths, and nothing more is declared
    once archiving has begun. More than 100,000 files, or 16 MB, are sent in several lists.
    """
    row = files_declared.declare(session, caller, sent.dataset_id, sent)
    return declared(session, row, sent.data_file_list, 201)


@routes.patch("/origdatablocks/{id}", summary="Change a file list")
def change(
    id: Identifier,  # noqa: A002 (SciCat's name in the path)
    sent: OrigDatablockChanges,
    caller: TheAdder,
    session: Writing,
    seen: Seen,
) -> Response:
    """Change what is named; a `dataFileList` replaces the one there is. The dataset's counters follow."""
    row = files_declared.change(session, caller, Which(id), sent, seen)
    return declared(session, row, sent.data_file_list)


@routes.delete("/origdatablocks/{id}", summary="Remove a file list")
def remove(id: Identifier, caller: TheCaller, session: Writing) -> Response:  # noqa: A002 (SciCat's name in the path)
    """Remove a file list, in managed datasets while archiving has not begun; answers with it, without its files."""
    return answer(list_wire(files_declared.remove(session, caller, Which(id))))


@routes.get("/datasets/{pid}/files", summary="Page through a dataset's files")
def page(
    pid: Identifier, caller: TheCaller, session: ReadingWhileSent, skip: Skip = 0, limit: FileLimit = 10_000
) -> Response:
    """Give files sorted by path in code point order; this is EM Dewar's own, not SciCat's."""
    return streamed(files.page_of_dataset(session, caller, pid, skip=skip, limit=limit))


def declared(session: Session, row: OrigDatablockRow, sent: list[SentFile] | None, status_code: int = 200) -> Response:
    """Answer with a list as it is now; SciCat's clients get its files back, the flows know what they sent."""
    dataset = session.get(DatasetRow, row.dataset_id)
    listed: Json = None
    if dataset is not None and not dataset.managed:
        listed = files.of_list(session, row) if sent is None else Rows(lambda: sent_items(sent))
    return whole(list_wire(row, listed), status_code)
