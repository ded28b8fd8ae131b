"""Datablocks as written, and the files in them."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import uuid4

from sqlalchemy import CursorResult, Select, delete, func, insert, or_, select, update
from sqlmodel import Session, col

from catalog_api.refusals import bad_request, conflict, not_found
from catalog_api.rules import rights
from catalog_api.rules.caller import Caller
from catalog_api.services import datasets
from catalog_api.services.files import check_sha256
from catalog_api.services.listing import page
from catalog_api.tables import CopyRow, DatablockFileRow, DatablockRow, DatasetRow
from catalog_api.wire.blocks import DatablockIn, DataFileIn, FilesIn
from catalog_api.wire.conditions import Column, Searchable, condition
from catalog_api.wire.filters import Listing
from emdewar.lifecycle import ArchiveStatus

SEARCHABLE: dict[str, Searchable] = {
    "_id": Column(col(DatablockRow.id)),
    "id": Column(col(DatablockRow.id)),
    "archiveId": Column(col(DatablockRow.archive_id)),
    "datasetId": Column(col(DatablockRow.dataset_id)),
    "number": Column(col(DatablockRow.number)),
    "createdAt": Column(col(DatablockRow.created_at)),
}
"""What a filter on datablocks can name."""

_OURS = ("number", "of", "first_file", "number_of_files", "crc64nvme", "manifest_sha256")


def register(session: Session, caller: Caller, pid: str, sent: DatablockIn) -> DatablockRow:
    """Register a datablock, with all of its files or the first of them.

    Raises:
        RefusedError: The caller may not, the name is taken, or the block contradicts itself.
    """
    dataset = datasets.find(session, caller, pid)
    rights.check_proofs(caller, dataset)
    row = _new_block(dataset, caller, sent)
    _check_block(session, dataset, sent)
    session.add(row)
    session.flush()
    _count_block(session, row, 1)
    _append(session, row, 0, sent.data_file_list)
    return row


def append_files(session: Session, caller: Caller, archive_id: str, sent: FilesIn) -> DatablockRow:
    """Add more files to a datablock's list; the same files again change nothing.

    Raises:
        RefusedError: The caller may not, there is no such block, or other files stand at these positions.
    """
    row = find(session, caller, archive_id)
    dataset = datasets.find(session, caller, row.dataset_id)
    rights.check_proofs(caller, dataset)
    if dataset.managed:
        check_sha256(sent.data_file_list)
    known = _files_at(session, row, sent.first, len(sent.data_file_list))
    if known and known == [_comparable(file) for file in sent.data_file_list]:
        return row
    if known:
        msg = f"datablock {archive_id} has other files at position {sent.first}; it cannot be changed"
        raise conflict(msg)
    _append(session, row, sent.first, sent.data_file_list)
    return row


def find(session: Session, caller: Caller, archive_id: str) -> DatablockRow:
    """Find a datablock by its archive id or its id.

    Raises:
        RefusedError: There is none that the caller may see.
    """
    named = (col(DatablockRow.archive_id) == archive_id) | (col(DatablockRow.id) == archive_id)
    row: DatablockRow | None = session.execute(_visible(caller).where(named)).scalars().first()
    if row is None:
        raise not_found("datablock", archive_id)
    return row


def find_many(session: Session, caller: Caller, listing: Listing) -> list[DatablockRow]:
    """List the datablocks that the caller may see and that match.

    Raises:
        RefusedError: The filter names something unknown.
    """
    statement = _visible(caller).where(condition(listing.where, SEARCHABLE))
    return page(session, statement, listing, SEARCHABLE, col(DatablockRow.archive_id))


def remove(session: Session, caller: Caller, archive_id: str) -> None:
    """Forget a datablock that was written but never became part of an archived dataset.

    Raises:
        RefusedError: The caller may not, there is no such block, or the dataset is archived.
    """
    row = find(session, caller, archive_id)
    rights.check_delete(caller)
    dataset = datasets.find(session, caller, row.dataset_id)
    if dataset.archive_status_message == ArchiveStatus.ON_ARCHIVE_DISK:
        raise conflict(f"dataset {dataset.pid} is archived; its datablocks stay")
    _count_block(session, row, -1)
    for table in (CopyRow, DatablockFileRow):
        session.execute(delete(table).where(col(table.datablock_id) == row.id))
    session.delete(row)


def files(session: Session, row: DatablockRow, *, skip: int = 0, limit: int = 100_000) -> Sequence[Any]:
    """Give a page of a datablock's files, in the order of the tar."""
    columns = [col(getattr(DatablockFileRow, name)) for name in ("path", "size", "time", "chk", "offset")]
    position = col(DatablockFileRow.position)
    statement = select(*columns).where(col(DatablockFileRow.datablock_id) == row.id).order_by(position)
    return session.execute(statement.limit(limit).offset(skip)).all()


def count_files(session: Session, row: DatablockRow) -> int:
    """Count the files that are listed for a datablock."""
    listed = select(func.count()).where(col(DatablockFileRow.datablock_id) == row.id)
    found: int = session.execute(listed).scalar_one()
    return found


def _visible(caller: Caller) -> Select[tuple[DatablockRow]]:
    joined = select(DatablockRow).join(DatasetRow, col(DatasetRow.pid) == col(DatablockRow.dataset_id))
    return joined.where(rights.readable_blocks(caller, col(DatablockRow.is_published)))


def _new_block(dataset: DatasetRow, caller: Caller, sent: DatablockIn) -> DatablockRow:
    given = sent.model_dump(exclude={"id", "dataset_id", "data_file_list", "copies", "number_of_files"})
    given |= {"owner_group": dataset.owner_group, "access_groups": dataset.access_groups}
    given |= {"instrument_group": dataset.instrument_group, "dataset_id": dataset.pid}
    given |= {"created_by": caller.name, "updated_by": caller.name}
    number_of_files = len(sent.data_file_list) if sent.number_of_files is None else sent.number_of_files
    return DatablockRow(id=sent.id or str(uuid4()), number_of_files=number_of_files, **given)


def _check_block(session: Session, dataset: DatasetRow, sent: DatablockIn) -> None:
    taken = (col(DatablockRow.archive_id) == sent.archive_id) | (
        (col(DatablockRow.dataset_id) == dataset.pid) & (col(DatablockRow.number) == sent.number)
    )
    if session.execute(select(col(DatablockRow.id)).where(taken)).first() is not None:
        msg = f"datablock {sent.archive_id}, or number {sent.number} of dataset {dataset.pid}, exists already"
        raise conflict(msg, reason="duplicateId")
    if sent.number and sent.of and sent.number > sent.of:
        raise bad_request(f"datablock {sent.archive_id} is number {sent.number} of {sent.of}")
    if dataset.managed:
        _check_managed(dataset, sent)


def _check_managed(dataset: DatasetRow, sent: DatablockIn) -> None:
    missing = [name for name in _OURS if getattr(sent, name) is None]
    if missing:
        raise bad_request(f"datablock {sent.archive_id} of a managed dataset needs {', '.join(missing)}")
    if dataset.archive_status_message == ArchiveStatus.ON_ARCHIVE_DISK:
        raise conflict(f"dataset {dataset.pid} is archived; it gets no more datablocks")
    check_sha256(sent.data_file_list)


def _count_block(session: Session, row: DatablockRow, sign: int) -> None:
    """Count a block in or out, only while the dataset is not archived: checked and done in one statement."""
    is_open = or_(~col(DatasetRow.managed), col(DatasetRow.archive_status_message) != ArchiveStatus.ON_ARCHIVE_DISK)
    statement = (
        update(DatasetRow)
        .where(col(DatasetRow.pid) == row.dataset_id, is_open)
        .values(
            packed_size=DatasetRow.packed_size + sign * row.packed_size,
            number_of_files_archived=DatasetRow.number_of_files_archived + sign * row.number_of_files,
        )
        .execution_options(synchronize_session=False)
    )
    if cast("CursorResult[Any]", session.execute(statement)).rowcount != 1:
        raise conflict(f"dataset {row.dataset_id} was archived at this moment; its datablocks stay as they are")


def _append(session: Session, row: DatablockRow, first: int, sent: Sequence[DataFileIn]) -> None:
    listed = count_files(session, row)
    if first != listed or first + len(sent) > row.number_of_files:
        msg = f"datablock {row.archive_id} lists {listed} of {row.number_of_files} files"
        raise conflict(f"{msg}; {len(sent)} more from position {first} on do not fit")
    owner = {"datablock_id": row.id, "pid": row.dataset_id}
    rows = [{**owner, "position": first + i, **_comparable(file)} for i, file in enumerate(sent)]
    if rows:
        session.execute(insert(DatablockFileRow), rows)


def _files_at(session: Session, row: DatablockRow, first: int, count: int) -> list[dict[str, Any]]:
    return [dict(file._mapping) for file in files(session, row, skip=first, limit=count)]  # noqa: SLF001 (public by SQLAlchemy's documentation)


def _comparable(file: DataFileIn) -> dict[str, Any]:
    return {"path": file.path, "size": file.size, "time": file.time, "chk": file.chk, "offset": file.offset}
