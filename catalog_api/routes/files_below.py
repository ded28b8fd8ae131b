"""File lists below their dataset."""

from typing import Annotated

from fastapi import Depends
from sqlmodel import Session, col
from starlette.responses import Response

from catalog_api.routes.files import TheAdder, declared
from catalog_api.routes.parameters import Body
from catalog_api.rules.caller import Caller
from catalog_api.services import files, files_declared, files_validated, listing
from catalog_api.services.dataset_blocks import Which
from catalog_api.site import Reading, ReadingWhileSent, TheCaller, Writing
from catalog_api.tables import OrigDatablockRow
from catalog_api.wire.blocks import OrigDatablockChanges, OrigDatablockIn
from catalog_api.wire.filters import Listing
from catalog_api.wire.paths import Identifier
from catalog_api.wire.precondition import Seen
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer
from catalog_api.wire.streaming import Rows, streamed
from catalog_api.wire.written import list_wire

routes = router("Files")
current = router("Files")
old = router("Files (v3)")
_AT_ONCE = {"yield_per": 1_000}


async def _below(pid: Identifier, id: Identifier) -> Which:  # noqa: A002 (SciCat's name in the path)
    return Which(id, pid)


TheBlock = Annotated[Which, Depends(_below)]
"""A block that is named below its dataset."""


@routes.post("/datasets/{pid}/origdatablocks", status_code=201, summary="Declare files of a dataset")
def declare(pid: Identifier, sent: OrigDatablockIn, caller: TheAdder, session: Writing) -> Response:
    """Declare files of a dataset."""
    row = files_declared.declare(session, caller, pid, sent)
    return declared(session, row, sent.data_file_list, 201)


@routes.post("/datasets/{pid}/origdatablocks/isValid", summary="Check a file list")
def validate(pid: Identifier, body: Body, caller: TheAdder, session: Reading) -> Response:
    """Tell what is wrong with a file list, without keeping it."""
    errors = files_validated.faults(session, caller, pid, body)
    return answer({"valid": not errors, "errors": errors})


@routes.delete("/datasets/{pid}/origdatablocks", summary="Remove all file lists of a dataset")
def remove_all(pid: Identifier, caller: TheCaller, session: Writing) -> Response:
    """Remove all file lists, in managed datasets while archiving has not begun; answers with how many there were."""
    return answer({"count": files_declared.remove_all(session, caller, pid)})


@routes.patch("/datasets/{pid}/origdatablocks/{id}", summary="Change a file list of a dataset")
def change(which: TheBlock, sent: OrigDatablockChanges, caller: TheAdder, session: Writing, seen: Seen) -> Response:
    """Change what is named of a list that belongs to this dataset."""
    row = files_declared.change(session, caller, which, sent, seen)
    return declared(session, row, sent.data_file_list)


@routes.delete("/datasets/{pid}/origdatablocks/{id}", summary="Remove a file list of a dataset")
def remove(which: TheBlock, caller: TheCaller, session: Writing) -> Response:
    """Remove a list that belongs to this dataset."""
    return answer(list_wire(files_declared.remove(session, caller, which)))


@old.get("/datasets/{pid}/origdatablocks", summary="List a dataset's file lists")
def find_many_old(pid: Identifier, caller: TheCaller, session: ReadingWhileSent) -> Response:
    """List a dataset's file lists with their files: who sees the dataset sees them, as in SciCat."""
    return streamed(_lists(session, caller, pid, as_dataset=True))


@old.get("/datasets/{pid}/origdatablocks/count", summary="Count a dataset's file lists")
def count_old(pid: Identifier, caller: TheCaller, session: Reading) -> Response:
    """Count a dataset's file lists."""
    return answer({"count": listing.count(session, files.of_dataset(session, caller, pid, as_dataset=True))})


@current.get("/datasets/{pid}/origdatablocks", summary="List a dataset's file lists")
def find_many(pid: Identifier, caller: TheCaller, session: ReadingWhileSent) -> Response:
    """List a dataset's file lists with their files, in the order of declaration; `files` is the paged way to them."""
    return streamed(_lists(session, caller, pid, as_dataset=False))


@current.get("/datasets/{pid}/origdatablocks/count", summary="Count a dataset's file lists")
def count(pid: Identifier, caller: TheCaller, session: Reading) -> Response:
    """Count a dataset's file lists."""
    return answer({"count": listing.count(session, files.of_dataset(session, caller, pid, as_dataset=False))})


def _lists(session: Session, caller: Caller, pid: str, *, as_dataset: bool) -> Rows:
    mine = files.of_dataset(session, caller, pid, as_dataset=as_dataset)
    declared_first = col(OrigDatablockRow.number)
    rows = session.execute(mine.order_by(declared_first), execution_options=_AT_ONCE).scalars()
    return Rows(lambda: files.written(session, rows, Listing()))
