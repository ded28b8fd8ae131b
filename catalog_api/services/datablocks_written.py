"""Registering datablocks as they are written, and taking that back while nothing is archived."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, select
from sqlmodel import Session, col

from catalog_api.refusals import bad_request, conflict
from catalog_api.rules import block_rights
from catalog_api.rules.caller import Caller
from catalog_api.rules.file_lists import check_sha256
from catalog_api.services import changes as history
from catalog_api.services.datablocks import BLOCKS, count_files, files_at
from catalog_api.services.dataset_blocks import Which, count, groups_of, lock_block, lock_dataset, opened
from catalog_api.services.many_rows import insert_many
from catalog_api.tables import DatablockFileRow, DatablockRow, DatasetRow
from catalog_api.wire.blocks import DatablockChanges, DatablockIn, FilesIn, SentFile, ownership
from catalog_api.wire.precondition import check_unmodified
from catalog_api.wire.written import block_wire
from emdewar.lifecycle import ArchiveStatus

_OURS = ("number", "of", "first_file", "number_of_files", "crc64nvme", "manifest_sha256")
_WHO = frozenset({"owner_group", "access_groups", "instrument_group", "is_published"})


def register(session: Session, caller: Caller, pid: str | None, sent: DatablockIn) -> DatablockRow:
    """Register a datablock, with all of its files or the first of them.

    Raises:
        RefusedError: The caller may not, the name is taken, or the block contradicts itself.
    """
    dataset = lock_dataset(session, pid)
    block_rights.check_proofs(caller, dataset)
    if dataset.managed:
        _check_open(dataset)
        _check_managed(sent)
    _check_free(session, dataset, sent)
    row = _new_block(dataset, sent)
    count(session, dataset, packed_size=row.packed_size, number_of_files_archived=row.number_of_files)
    BLOCKS.add(session, caller, row)
    _append(session, row, 0, sent.data_file_list)
    return row


def append_files(session: Session, caller: Caller, key: str, sent: FilesIn) -> DatablockRow:
    """Add more files to a datablock's list; the same files again change nothing.

    Raises:
        RefusedError: The caller may not, there is no such block, or other files stand at these positions.
    """
    dataset, row = lock_block(session, BLOCKS, Which(key))
    block_rights.check_proofs(caller, dataset)
    if dataset.managed:
        check_sha256(sent.data_file_list)
    known = files_at(session, row, sent.first, len(sent.data_file_list))
    if known and known == [_columns(file) for file in sent.data_file_list]:
        return row
    if known:
        msg = f"datablock {row.archive_id} has other files at position {sent.first}; it cannot be changed"
        raise conflict(msg)
    _append(session, row, sent.first, sent.data_file_list)
    return row


def change(
    session: Session, caller: Caller, which: Which, sent: DatablockChanges, seen: datetime | None = None
) -> DatablockRow:
    """Change a datablock; what is not named stays.

    Of a managed dataset only who sees the block can be changed: the rest is the record of what was written.

    Raises:
        RefusedError: The caller may not, there is no such block, or what was archived would be lost.
    """
    dataset, row = lock_block(session, BLOCKS, which)
    block_rights.check_change(caller, dataset, row.owner_group, sent.owner_group or row.owner_group)
    check_unmodified(row.updated_at, seen)
    columns, files = sent.columns(), sent.data_file_list
    if files is not None or not columns.keys() <= _WHO:
        _check_changeable(dataset, row)
    if files is not None:
        columns["number_of_files"] = len(files)
    counted = {"packed_size": "packed_size", "number_of_files": "number_of_files_archived"}
    differences = {of: columns[name] - getattr(row, name) for name, of in counted.items() if name in columns}
    if differences:
        count(session, dataset, **differences)
    BLOCKS.change(session, caller, row, columns)
    if files is not None:
        session.execute(delete(DatablockFileRow).where(col(DatablockFileRow.datablock_id) == row.id))
        _append(session, row, 0, files)
    return row


def remove(session: Session, caller: Caller, which: Which) -> DatablockRow:
    """Forget a datablock that was written but never became part of an archived dataset; gives it as it was.

    Raises:
        RefusedError: The caller may not, there is no such block, or the dataset is archived.
    """
    block_rights.check_delete(caller)
    dataset, row = lock_block(session, BLOCKS, which)
    _check_open(dataset)
    count(session, dataset, packed_size=-row.packed_size, number_of_files_archived=-row.number_of_files)
    return BLOCKS.remove(session, caller, row)


def remove_all(session: Session, caller: Caller, pid: str) -> int:
    """Forget all datablocks of a dataset that is not archived.

    Returns:
        How many there were.

    Raises:
        RefusedError: The caller may not, there is no such dataset, or it is archived.
    """
    block_rights.check_delete(caller)
    dataset = lock_dataset(session, pid)
    _check_open(dataset)
    mine = col(DatablockRow.dataset_id) == pid
    rows = session.execute(select(DatablockRow).where(mine)).scalars().all()
    for row in rows:
        history.record(session, caller, BLOCKS.name, row.id, block_wire(row), None)
    files, size = sum(row.number_of_files for row in rows), sum(row.packed_size for row in rows)
    count(session, dataset, packed_size=-size, number_of_files_archived=-files)
    session.execute(delete(DatablockRow).where(mine))
    return len(rows)


def _new_block(dataset: DatasetRow, sent: DatablockIn) -> DatablockRow:
    given = sent.model_dump(exclude={"id", "dataset_id", "data_file_list", "copies", "number_of_files", "chk_alg"})
    number_of_files = len(sent.data_file_list) if sent.number_of_files is None else sent.number_of_files
    given["is_published"] = sent.is_published or opened(dataset)
    given |= {"number_of_files": number_of_files, "chk_alg": sent.chk_alg or ("sha256" if dataset.managed else "")}
    given["verified_on"] = "" if dataset.managed else None
    return DatablockRow(id=sent.id or str(uuid4()), **{**given, **groups_of(dataset), "dataset_id": dataset.pid})


def _check_free(session: Session, dataset: DatasetRow, sent: DatablockIn) -> None:
    taken = (col(DatablockRow.archive_id) == sent.archive_id) | (col(DatablockRow.id) == sent.id)
    if sent.number is not None:
        taken |= (col(DatablockRow.dataset_id) == dataset.pid) & (col(DatablockRow.number) == sent.number)
    if session.execute(select(col(DatablockRow.id)).where(taken)).first() is not None:
        said = f"datablock {sent.archive_id} exists already"
        if sent.number is not None:
            said = f"datablock {sent.archive_id}, or number {sent.number} of dataset {dataset.pid}, exists already"
        raise conflict(said, reason="duplicateId")
    if sent.number and sent.of and sent.number > sent.of:
        raise bad_request(f"datablock {sent.archive_id} is number {sent.number} of {sent.of}")


def _check_managed(sent: DatablockIn) -> None:
    missing = [name for name in _OURS if getattr(sent, name) is None]
    if missing:
        raise bad_request(f"datablock {sent.archive_id} of a managed dataset needs {', '.join(missing)}")
    check_sha256(sent.data_file_list)


def _check_open(dataset: DatasetRow) -> None:
    if dataset.archive_status_message in {ArchiveStatus.ON_ARCHIVE_DISK, ArchiveStatus.DAMAGED}:
        raise conflict(f"dataset {dataset.pid} is archived; its datablocks stay as they are")


def _check_changeable(dataset: DatasetRow, row: DatablockRow) -> None:
    _check_open(dataset)
    if dataset.managed:
        msg = f"datablock {row.archive_id} was written by the flows; only who may see it can be changed"
        raise conflict(msg, reason="managed")


def _append(session: Session, row: DatablockRow, first: int, sent: Sequence[SentFile]) -> None:
    listed = count_files(session, row)
    if first != listed or first + len(sent) > row.number_of_files:
        msg = f"datablock {row.archive_id} lists {listed} of {row.number_of_files} files"
        raise conflict(f"{msg}; {len(sent)} more from position {first} on do not fit")
    key, pid = row.id, row.dataset_id
    # In the order of the table, which says first where a file is and last whose it was.
    described = (_columns(file) for file in sent)
    rows = ((key, place, pid, *file[:4], file[5], file[4]) for place, file in enumerate(described, first))
    insert_many(session, DatablockFileRow, rows)


def _columns(file: SentFile) -> tuple[Any, ...]:
    return file["path"], file["size"], file["time"], file.get("chk"), ownership(file), file.get("offset")
