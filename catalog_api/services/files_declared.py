"""Declaring files of datasets, and taking that back while nothing is archived."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError as ConstraintError
from sqlmodel import Session, col

from catalog_api.refusals import bad_request, conflict
from catalog_api.rules import block_rights
from catalog_api.rules.caller import Caller
from catalog_api.rules.file_lists import FIRST_DUPLICATES, check_open, counted_size, declared_twice
from catalog_api.services import changes as history
from catalog_api.services.dataset_blocks import Which, count, groups_of, lock_block, lock_dataset, opened
from catalog_api.services.files import LISTS
from catalog_api.services.many_rows import insert_many
from catalog_api.tables import DatasetRow, DeclaredFileRow, OrigDatablockRow
from catalog_api.wire.blocks import OrigDatablockChanges, OrigDatablockIn, SentFile, ownership
from catalog_api.wire.precondition import check_unmodified
from catalog_api.wire.written import list_wire

PATHS_PER_QUESTION = 500


def declare(session: Session, caller: Caller, pid: str | None, sent: OrigDatablockIn) -> OrigDatablockRow:
    """Declare files of a dataset.

    Raises:
        RefusedError: The caller may not, the list or a path is declared already, or archiving has begun.
    """
    dataset = lock_dataset(session, pid)
    block_rights.check_add(caller, dataset)
    size = counted_size(dataset, sent.size, sent.data_file_list)
    check_open(dataset)
    row = _new_list(session, dataset, sent, size)
    if session.get(OrigDatablockRow, row.id) is not None:
        raise conflict(f"file list {row.id} exists already", reason="duplicateId")
    count(session, dataset, size=row.size, number_of_files=row.number_of_files)
    LISTS.add(session, caller, row)
    _insert(session, dataset, row, sent.data_file_list)
    return row


def change(
    session: Session, caller: Caller, which: Which, sent: OrigDatablockChanges, seen: datetime | None = None
) -> OrigDatablockRow:
    """Change a file list; what is not named stays.

    Args:
        session: The transaction.
        caller: Who asks.
        which: Which list.
        sent: What is to change; a list of files replaces the one there is.
        seen: The version that the caller has seen, where it says so.

    Raises:
        RefusedError: The caller may not, there is no such list, or archiving has begun.
    """
    dataset, row = lock_block(session, LISTS, which)
    block_rights.check_change(caller, dataset, row.owner_group, sent.owner_group or row.owner_group)
    check_unmodified(row.updated_at, seen)
    columns, files = sent.columns(), sent.data_file_list
    if files is not None or sent.size is not None:
        check_open(dataset)
        columns["size"] = _new_size(dataset, row, sent)
        columns["number_of_files"] = row.number_of_files if files is None else len(files)
        count(session, dataset, **{name: columns[name] - getattr(row, name) for name in ("size", "number_of_files")})
    LISTS.change(session, caller, row, columns)
    if files is not None:
        session.execute(delete(DeclaredFileRow).where(col(DeclaredFileRow.orig_datablock_id) == row.id))
        _insert(session, dataset, row, files)
    return row


def remove(session: Session, caller: Caller, which: Which) -> OrigDatablockRow:
    """Remove a file list, while the dataset is not being archived; gives it as it was.

    Raises:
        RefusedError: The caller may not, there is no such list, or archiving has begun.
    """
    block_rights.check_delete(caller)
    dataset, row = lock_block(session, LISTS, which)
    check_open(dataset)
    count(session, dataset, size=-row.size, number_of_files=-row.number_of_files)
    return LISTS.remove(session, caller, row)


def remove_all(session: Session, caller: Caller, pid: str) -> int:
    """Remove all file lists of a dataset, while it is not being archived.

    Returns:
        How many there were.

    Raises:
        RefusedError: The caller may not, there is no such dataset, or archiving has begun.
    """
    block_rights.check_delete(caller)
    dataset = lock_dataset(session, pid)
    check_open(dataset)
    mine = col(OrigDatablockRow.dataset_id) == pid
    rows = session.execute(select(OrigDatablockRow).where(mine)).scalars().all()
    for row in rows:
        history.record(session, caller, LISTS.name, row.id, list_wire(row), None)
    files, size = sum(row.number_of_files for row in rows), sum(row.size for row in rows)
    count(session, dataset, size=-size, number_of_files=-files)
    session.execute(delete(OrigDatablockRow).where(mine))
    return len(rows)


def _new_size(dataset: DatasetRow, row: OrigDatablockRow, sent: OrigDatablockChanges) -> int:
    if sent.data_file_list is not None:
        said = row.size if sent.size is None and not dataset.managed else sent.size
        return counted_size(dataset, said, sent.data_file_list)
    if dataset.managed and sent.size != row.size:
        raise bad_request(f"size is {sent.size}, the files have {row.size} bytes; send the files that it belongs to")
    return row.size if sent.size is None else sent.size


def _new_list(session: Session, dataset: DatasetRow, sent: OrigDatablockIn, size: int) -> OrigDatablockRow:
    lists = select(func.coalesce(func.max(OrigDatablockRow.number), 0))
    number = session.execute(lists.where(col(OrigDatablockRow.dataset_id) == dataset.pid)).scalar_one() + 1
    return OrigDatablockRow(
        id=sent.id or str(uuid4()),
        dataset_id=dataset.pid,
        number=number,
        size=size,
        number_of_files=len(sent.data_file_list),
        chk_alg=sent.chk_alg or ("sha256" if dataset.managed else ""),
        is_published=sent.is_published or opened(dataset),
        **groups_of(dataset),
    )


def _insert(session: Session, dataset: DatasetRow, row: OrigDatablockRow, files: Sequence[SentFile]) -> None:
    pid, list_id, list_number = dataset.pid, row.id, 0 if dataset.managed else row.number
    rows = (
        (pid, f["path"], list_number, list_id, place, f["size"], f["time"], f.get("chk"), ownership(f))
        for place, f in enumerate(files)
    )
    try:
        with session.begin_nested():
            insert_many(session, DeclaredFileRow, rows)
    except ConstraintError:
        twice = _declared_already(session, pid, list_number, [file["path"] for file in files])
        raise declared_twice(pid, twice) from None


def _declared_already(session: Session, pid: str, list_number: int, paths: Sequence[str]) -> list[str]:
    found, ordered, path = list[str](), sorted(paths), col(DeclaredFileRow.path)
    for start in range(0, len(ordered), PATHS_PER_QUESTION):
        some = path.in_(ordered[start : start + PATHS_PER_QUESTION])
        here = (col(DeclaredFileRow.pid) == pid, col(DeclaredFileRow.list_number) == list_number)
        found += session.execute(select(path).where(*here, some)).scalars()
        if len(found) >= FIRST_DUPLICATES:
            break
    return sorted(found)[:FIRST_DUPLICATES]
