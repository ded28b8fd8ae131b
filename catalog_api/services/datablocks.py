"""Reading datablocks as written, their verified copies, and the files in them.

Whoever gets a list with `Rows` in it must keep the session open until the answer is written.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

from sqlalchemy import Select, func, select
from sqlmodel import Session, col
from sqlmodel.sql.expression import SelectOfScalar

from catalog_api.json_type import Json
from catalog_api.refusals import not_found
from catalog_api.rules import block_rights
from catalog_api.rules.caller import Caller
from catalog_api.services import datasets
from catalog_api.services import listing as lists
from catalog_api.services.documents import Collection
from catalog_api.services.file_conditions import DATABLOCKS
from catalog_api.tables import CopyRow, DatablockFileRow, DatablockRow
from catalog_api.wire.conditions import condition
from catalog_api.wire.file_fields import only, wanted_of_files
from catalog_api.wire.filters import Listing
from catalog_api.wire.streaming import Rows
from catalog_api.wire.written import block_wire, file_items

BLOCKS_AT_ONCE = 100
BY_NUMBER = (("number", False), ("createdAt", False))
BLOCKS = Collection[DatablockRow](
    "Datablock", DatablockRow, "id", DATABLOCKS, block_wire, partial(block_rights.readable, block=DatablockRow)
)
_ROWS = {"yield_per": 1_000}
_COLUMNS: Any = tuple(
    col(getattr(DatablockFileRow, name)) for name in ("path", "size", "time", "chk", "owner", "offset")
)


def visible(caller: Caller) -> SelectOfScalar[DatablockRow]:
    """Select the datablocks that a caller may see."""
    return BLOCKS.visible(caller)


def id_of(session: Session, name: str) -> str:
    """Give the identifier of a datablock that is named by it, or by its archive id.

    Raises:
        RefusedError: There is none.
    """
    named = (col(DatablockRow.archive_id) == name) | (col(DatablockRow.id) == name)
    found: str | None = session.execute(select(col(DatablockRow.id)).where(named)).scalars().first()
    if found is None:
        raise not_found("datablock", name)
    return found


def find(session: Session, caller: Caller, name: str) -> DatablockRow:
    """Find a datablock by its archive id or its id.

    Raises:
        RefusedError: There is none, or it is not the caller's to see.
    """
    return BLOCKS.find(session, caller, id_of(session, name))


def of_dataset(session: Session, caller: Caller, pid: str, listing: Listing, *, as_dataset: bool) -> list[DatablockRow]:
    """List the datablocks of a dataset that match, by number where nothing else is asked for.

    Args:
        session: Open session.
        caller: Who asks.
        pid: Which dataset.
        listing: Which of its datablocks.
        as_dataset: Who sees the dataset sees all of its datablocks, as below datasets in SciCat's v3.

    Raises:
        RefusedError: There is no such dataset, it is not the caller's to see, or the filter names something unknown.
    """
    matching = _of_dataset(session, caller, pid, as_dataset=as_dataset).where(condition(listing.where, DATABLOCKS))
    ordered = replace(listing, default_order=BY_NUMBER)
    return lists.page(session, matching, ordered, DATABLOCKS, col(DatablockRow.id))


def count_of_dataset(session: Session, caller: Caller, pid: str, *, as_dataset: bool) -> int:
    """Count the datablocks of a dataset.

    Raises:
        RefusedError: There is no such dataset, or it is not the caller's to see.
    """
    return lists.count(session, _of_dataset(session, caller, pid, as_dataset=as_dataset))


def written(session: Session, rows: Iterable[DatablockRow], listing: Listing) -> Iterator[dict[str, Json]]:
    """Write datablocks with their copies, and with as much of their files as is asked for."""
    wanted, left = wanted_of_files(listing), iter(rows)
    while some := list(islice(left, BLOCKS_AT_ONCE)):
        copied = copies_of(session, some)
        for row in some:
            item = listing.project({**block_wire(row, copied[row.id]), "dataFileList": None})
            if wanted:
                item["dataFileList"] = _list(session, row, wanted)
            yield item


def one(session: Session, row: DatablockRow) -> dict[str, Json]:
    """Write one datablock with its copies, without its files."""
    return block_wire(row, copies_of(session, [row])[row.id])


def files(session: Session, row: DatablockRow, *, skip: int = 0, limit: int | None = None) -> Rows:
    """Give a page of a datablock's files, in the order of the tar."""
    return Rows(lambda: file_items(session.execute(_files(row, skip, limit), execution_options=_ROWS)))


def files_at(session: Session, row: DatablockRow, first: int, count: int) -> list[tuple[Any, ...]]:
    """Give (path, size, time, chk, owner, offset) of some of a datablock's files."""
    return [tuple(file) for file in session.execute(_files(row, first, count))]


def count_files(session: Session, row: DatablockRow) -> int:
    """Count the files that are listed for a datablock."""
    listed = select(func.count()).where(col(DatablockFileRow.datablock_id) == row.id)
    found: int = session.execute(listed).scalar_one()
    return found


def copies_of(session: Session, blocks: Sequence[DatablockRow]) -> dict[str, list[CopyRow]]:
    """Give the verified copies of some datablocks, by the block's id."""
    found: dict[str, list[CopyRow]] = {block.id: [] for block in blocks}
    statement = select(CopyRow).where(col(CopyRow.datablock_id).in_(found)).order_by(col(CopyRow.store))
    for copy in session.execute(statement).scalars():
        found[copy.datablock_id].append(copy)
    return found


def _of_dataset(session: Session, caller: Caller, pid: str, *, as_dataset: bool) -> Select[tuple[DatablockRow]]:
    datasets.find(session, caller, pid)
    seen = select(DatablockRow) if as_dataset else visible(caller)
    return seen.where(col(DatablockRow.dataset_id) == pid)


def _list(session: Session, row: DatablockRow, wanted: frozenset[str]) -> Rows:
    listed = files(session, row)
    return Rows(lambda: only(listed.read(), wanted))


def _files(row: DatablockRow, skip: int, limit: int | None) -> Select[Any]:
    position = col(DatablockFileRow.position)
    mine = select(*_COLUMNS).where(col(DatablockFileRow.datablock_id) == row.id, position >= skip)
    # Positions count without gaps, so that a page is found by index however far behind it is.
    return (mine if limit is None else mine.where(position < skip + limit)).order_by(position)
