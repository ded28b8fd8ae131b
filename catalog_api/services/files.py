"""The files of a dataset as declared at ingest: the record that every later copy is compared with."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, cast
from uuid import uuid4

from sqlalchemy import CursorResult, Select, delete, insert, select, update
from sqlalchemy.exc import IntegrityError as ConstraintError
from sqlmodel import Session, col

from catalog_api.refusals import bad_request, conflict, not_found
from catalog_api.rules import rights
from catalog_api.rules.caller import Caller, Power
from catalog_api.rules.lifecycle import FILES_MAY_CHANGE
from catalog_api.services import datasets
from catalog_api.services.listing import page
from catalog_api.tables import DatasetRow, DeclaredFileRow, OrigDatablockRow
from catalog_api.wire.blocks import DataFileIn, OrigDatablockIn
from catalog_api.wire.conditions import Column, Searchable, condition
from catalog_api.wire.filters import Listing

FIRST_DUPLICATES = 10
PATHS_PER_QUESTION = 500
MOST_BYTES = 2**53
_SHA256 = re.compile("[0-9a-f]{64}")

SEARCHABLE: dict[str, Searchable] = {
    "_id": Column(col(OrigDatablockRow.id)),
    "id": Column(col(OrigDatablockRow.id)),
    "datasetId": Column(col(OrigDatablockRow.dataset_id)),
    "ownerGroup": Column(col(OrigDatablockRow.owner_group)),
    "size": Column(col(OrigDatablockRow.size)),
    "createdAt": Column(col(OrigDatablockRow.created_at)),
}
"""What a filter on file lists can name."""


def declare(session: Session, caller: Caller, pid: str, sent: OrigDatablockIn) -> OrigDatablockRow:
    """Declare files of a dataset.

    Raises:
        RefusedError: The caller may not, the list or a path is declared already, or archiving has begun.
    """
    dataset = datasets.find(session, caller, pid)
    if not caller.can(Power.CREATE_FOR_ANY):
        rights.check_update(caller, dataset.owner_group)
    row = _new_list(dataset, caller, sent)
    _check_list(dataset, sent)
    if session.get(OrigDatablockRow, row.id) is not None:
        raise conflict(f"file list {row.id} exists already", reason="duplicateId")
    count_files(session, dataset, files=row.number_of_files, size_bytes=row.size)
    session.add(row)
    session.flush()
    _insert(session, row, sent.data_file_list)
    return row


def count_files(session: Session, dataset: DatasetRow, *, files: int, size_bytes: int) -> None:
    """Add to a dataset's counters, unless archiving has begun; the row stays locked until the transaction ends.

    Raises:
        RefusedError: The dataset is managed and its list is closed.
    """
    open_list = ~col(DatasetRow.managed) | col(DatasetRow.archive_status_message).in_(FILES_MAY_CHANGE)
    statement = (
        update(DatasetRow)
        .where(col(DatasetRow.pid) == dataset.pid, open_list)
        .values(size=DatasetRow.size + size_bytes, number_of_files=DatasetRow.number_of_files + files)
        .execution_options(synchronize_session=False)
    )
    if cast("CursorResult[Any]", session.execute(statement)).rowcount != 1:
        state = dataset.archive_status_message
        raise conflict(f"dataset {dataset.pid} is {state!r}: its file list is closed", reason="filesClosed")


def remove(session: Session, caller: Caller, list_id: str) -> None:
    """Remove a file list, while the dataset is not being archived.

    Raises:
        RefusedError: The caller may not, there is no such list, or archiving has begun.
    """
    row = find(session, caller, list_id)
    rights.check_delete(caller)
    dataset = datasets.find(session, caller, row.dataset_id)
    count_files(session, dataset, files=-row.number_of_files, size_bytes=-row.size)
    session.execute(delete(DeclaredFileRow).where(col(DeclaredFileRow.orig_datablock_id) == list_id))
    session.delete(row)


def find(session: Session, caller: Caller, list_id: str) -> OrigDatablockRow:
    """Find a file list that the caller may see.

    Raises:
        RefusedError: There is none.
    """
    statement = _visible(caller).where(col(OrigDatablockRow.id) == list_id)
    row: OrigDatablockRow | None = session.execute(statement).scalar_one_or_none()
    if row is None:
        raise not_found("file list", list_id)
    return row


def find_many(session: Session, caller: Caller, listing: Listing) -> list[OrigDatablockRow]:
    """List the file lists that the caller may see and that match.

    Raises:
        RefusedError: The filter names something unknown.
    """
    statement = _visible(caller).where(condition(listing.where, SEARCHABLE))
    return page(session, statement, listing, SEARCHABLE, col(OrigDatablockRow.id))


def of_list(session: Session, list_id: str) -> Sequence[Any]:
    """Give the files of one list, by path."""
    return session.execute(_columns().where(col(DeclaredFileRow.orig_datablock_id) == list_id)).all()


def of_dataset(session: Session, caller: Caller, pid: str, *, skip: int, limit: int) -> Sequence[Any]:
    """Give a page of a dataset's files, in code point order of their paths.

    Raises:
        RefusedError: There is no such dataset, or it is not the caller's to see.
    """
    datasets.find(session, caller, pid)
    return session.execute(_columns().where(col(DeclaredFileRow.pid) == pid).limit(limit).offset(skip)).all()


def _columns() -> Select[Any]:
    names = ("path", "size", "time", "chk", "owner")
    return select(*(col(getattr(DeclaredFileRow, name)) for name in names)).order_by(col(DeclaredFileRow.path))


def _visible(caller: Caller) -> Select[tuple[OrigDatablockRow]]:
    joined = select(OrigDatablockRow).join(DatasetRow, col(DatasetRow.pid) == col(OrigDatablockRow.dataset_id))
    return joined.where(rights.readable_blocks(caller, col(OrigDatablockRow.is_published)))


def _new_list(dataset: DatasetRow, caller: Caller, sent: OrigDatablockIn) -> OrigDatablockRow:
    return OrigDatablockRow(
        id=sent.id or str(uuid4()),
        dataset_id=dataset.pid,
        size=sum(file.size for file in sent.data_file_list),
        number_of_files=len(sent.data_file_list),
        chk_alg=sent.chk_alg,
        owner_group=dataset.owner_group,
        access_groups=dataset.access_groups,
        instrument_group=dataset.instrument_group,
        is_published=sent.is_published,
        created_by=caller.name,
        updated_by=caller.name,
    )


def _check_list(dataset: DatasetRow, sent: OrigDatablockIn) -> None:
    total = sum(file.size for file in sent.data_file_list)
    if sent.size is not None and sent.size != total:
        raise bad_request(f"size is {sent.size}, but the files have {total} bytes")
    if total >= MOST_BYTES:
        raise bad_request("the files have more bytes than can be counted")
    twice = [path for path, times in Counter(file.path for file in sent.data_file_list).items() if times > 1]
    if twice:
        raise _duplicates(dataset.pid, twice)
    if dataset.managed:
        check_sha256(sent.data_file_list)


def check_sha256(files: Sequence[DataFileIn]) -> None:
    """Refuse files without a sha256: nothing could be compared with them later.

    Raises:
        RefusedError: A file has none.
    """
    for file in files:
        if file.chk is None or not _SHA256.fullmatch(file.chk):
            raise bad_request(f"file {file.path!r} has no sha256 in chk; datasets of the flows need one for every file")


def _insert(session: Session, row: OrigDatablockRow, files: Sequence[DataFileIn]) -> None:
    owner = {"pid": row.dataset_id, "orig_datablock_id": row.id}
    rows = [{**owner, "path": f.path, "size": f.size, "time": f.time, "chk": f.chk, "owner": f.owner()} for f in files]
    try:
        session.execute(insert(DeclaredFileRow), rows)
    except ConstraintError:
        session.rollback()
        twice = _declared_already(session, row.dataset_id, [file.path for file in files])
        raise _duplicates(row.dataset_id, twice) from None


def _declared_already(session: Session, pid: str, paths: Sequence[str]) -> list[str]:
    found: list[str] = []
    for some in _batches(sorted(paths)):
        here = (col(DeclaredFileRow.pid) == pid, col(DeclaredFileRow.path).in_(some))
        found += session.execute(select(col(DeclaredFileRow.path)).where(*here)).scalars()
        if len(found) >= FIRST_DUPLICATES:
            break
    return sorted(found)[:FIRST_DUPLICATES]


def _batches(paths: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(paths), PATHS_PER_QUESTION):
        yield paths[start : start + PATHS_PER_QUESTION]


def _duplicates(pid: str, paths: Sequence[str]) -> Exception:
    first = ", ".join(repr(path) for path in paths[:FIRST_DUPLICATES])
    msg = f"paths are declared already for dataset {pid}, or twice in this list, first: {first}"
    return conflict(msg, reason="duplicatePaths", paths=paths)
