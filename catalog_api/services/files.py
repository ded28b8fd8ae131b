"""Reading the files of datasets as declared at ingest: the record that every later copy is compared with.

Whoever gets a list with `Rows` in it must keep the session open until the answer is written.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlmodel import Session, col
from sqlmodel.sql.expression import SelectOfScalar

from catalog_api.json_type import Json
from catalog_api.rules import block_rights
from catalog_api.rules.caller import Caller
from catalog_api.services import datasets
from catalog_api.services import listing as lists
from catalog_api.services.documents import Collection
from catalog_api.services.file_conditions import FILE_LISTS, FILE_ORDER
from catalog_api.tables import DeclaredFileRow, OrigDatablockRow
from catalog_api.wire.conditions import condition
from catalog_api.wire.file_fields import NAMES, only, wanted_of_files
from catalog_api.wire.filters import Listing
from catalog_api.wire.streaming import Rows
from catalog_api.wire.written import file_items, list_wire

FILES_AT_ONCE = 10_000
"""Files of several lists that are read together; a longer list is read while it is sent."""

LISTS = Collection[OrigDatablockRow](
    "OrigDatablock",
    OrigDatablockRow,
    "id",
    FILE_LISTS,
    list_wire,
    partial(block_rights.readable, block=OrigDatablockRow),
)
_ROWS = {"yield_per": 1_000}
_COLUMNS: Any = tuple(col(getattr(DeclaredFileRow, name)) for name in ("path", "size", "time", "chk", "owner"))


def visible(caller: Caller) -> SelectOfScalar[OrigDatablockRow]:
    """Select the file lists that a caller may see."""
    return LISTS.visible(caller)


def of_dataset(session: Session, caller: Caller, pid: str, *, as_dataset: bool) -> Select[tuple[OrigDatablockRow]]:
    """Select the lists of a dataset that the caller may see.

    Args:
        session: Open session.
        caller: Who asks.
        pid: Which dataset.
        as_dataset: Who sees the dataset sees all of its lists, as below datasets in SciCat's v3.

    Raises:
        RefusedError: There is no such dataset, or it is not the caller's to see.
    """
    datasets.find(session, caller, pid)
    seen = select(OrigDatablockRow) if as_dataset else visible(caller)
    return seen.where(col(OrigDatablockRow.dataset_id) == pid)


def of_list(session: Session, row: OrigDatablockRow, wanted: frozenset[str] = frozenset(NAMES)) -> Rows:
    """Give the files of one list, in the order in which they were declared."""
    mine = select(*_COLUMNS).where(col(DeclaredFileRow.orig_datablock_id) == row.id)
    listed = _read(session, mine.order_by(col(DeclaredFileRow.position)))
    return Rows(lambda: only(listed.read(), wanted))


def written(session: Session, rows: Iterable[OrigDatablockRow], listing: Listing) -> Iterator[dict[str, Json]]:
    """Write file lists, with as much of their files as is asked for.

    Short lists are read many at a time. A long one is left as `Rows`.
    """
    wanted = wanted_of_files(listing)
    for some in _batches(rows):
        files = _files_of(session, [row.id for row in some if row.number_of_files <= FILES_AT_ONCE]) if wanted else {}
        for row in some:
            item = listing.project({**list_wire(row), "dataFileList": None})
            if wanted:
                listed = files.get(row.id, []) if row.number_of_files <= FILES_AT_ONCE else None
                item["dataFileList"] = of_list(session, row, wanted) if listed is None else list(only(listed, wanted))
            yield item


def one_by_one(session: Session, caller: Caller, listing: Listing) -> Iterator[dict[str, Json]]:
    """Give the files of the lists that match, each with its list around it, as SciCat unwinds them.

    Raises:
        RefusedError: The filter names something unknown.
    """
    last = (col(OrigDatablockRow.id), col(DeclaredFileRow.position))
    order = lists.ordering(listing, FILE_ORDER, last[0])
    statement = (
        select(OrigDatablockRow, *_COLUMNS)
        .join(DeclaredFileRow, col(DeclaredFileRow.orig_datablock_id) == last[0])
        .where(*_matching(caller, listing.where))
        .order_by(*order, last[1])
        .limit(listing.limit)
        .offset(listing.skip)
    )
    for row, *file in session.execute(statement, execution_options=_ROWS):
        [item] = file_items([file])
        yield listing.project({**list_wire(row), "dataFileList": item, "datasetExist": True})


def count_files(session: Session, caller: Caller, where: Mapping[str, Json]) -> int:
    """Count the files in the lists that match; those of invisible ones are never counted.

    Raises:
        RefusedError: The condition names something unknown.
    """
    total = select(func.coalesce(func.sum(OrigDatablockRow.number_of_files), 0)).where(*_matching(caller, where))
    return int(session.execute(total).scalar_one())


def facets(session: Session, caller: Caller, where: Mapping[str, Json], names: Sequence[str]) -> list[dict[str, Json]]:
    """Count file lists by the values of some fields.

    Raises:
        RefusedError: The condition names something unknown.
    """
    return lists.facets(session, visible(caller), condition(where, FILE_LISTS), FILE_LISTS, names)


def page_of_dataset(session: Session, caller: Caller, pid: str, *, skip: int, limit: int) -> Rows:
    """Give a page of a dataset's files, in code point order of their paths.

    Raises:
        RefusedError: There is no such dataset, or it is not the caller's to see.
    """
    datasets.find(session, caller, pid)
    order = (col(DeclaredFileRow.path), col(DeclaredFileRow.list_number))
    page = select(*_COLUMNS).where(col(DeclaredFileRow.pid) == pid).order_by(*order).limit(limit).offset(skip)
    mine, readable = col(OrigDatablockRow.dataset_id) == pid, block_rights.readable(caller, OrigDatablockRow)
    # Asked per file only where it must be: the order of the key is then read from the index alone.
    if session.execute(select(col(OrigDatablockRow.id)).where(mine, ~readable).limit(1)).first() is not None:
        page = page.where(exists().where(col(OrigDatablockRow.id) == col(DeclaredFileRow.orig_datablock_id), readable))
    return _read(session, page)


def _matching(caller: Caller, where: Mapping[str, Json]) -> tuple[Any, Any]:
    return block_rights.readable(caller, OrigDatablockRow), condition(where, FILE_LISTS)


def _read(session: Session, statement: Select[Any]) -> Rows:
    return Rows(lambda: file_items(session.execute(statement, execution_options=_ROWS)))


def _files_of(session: Session, ids: Sequence[str]) -> dict[str, list[dict[str, Json]]]:
    list_id = col(DeclaredFileRow.orig_datablock_id)
    statement = select(list_id, *_COLUMNS).where(list_id.in_(ids)).order_by(list_id, col(DeclaredFileRow.position))
    rows = session.execute(statement).all() if ids else ()
    return {key: list(file_items(row[1:] for row in some)) for key, some in groupby(rows, key=itemgetter(0))}


def _batches(rows: Iterable[OrigDatablockRow]) -> Iterator[list[OrigDatablockRow]]:
    batch, files = list[OrigDatablockRow](), 0
    for row in rows:
        if batch and files + row.number_of_files > FILES_AT_ONCE:
            yield batch
            batch, files = [], 0
        batch.append(row)
        files += row.number_of_files
    if batch:
        yield batch
