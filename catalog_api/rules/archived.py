"""When a dataset is archived: every declared file lies in a datablock, and every datablock on enough stores.

All of it is asked of the database, whose answer is one number per question, however many files there are.
"""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Select, and_, distinct, exists, func, select
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col

from catalog_api.refusals import conflict
from catalog_api.tables import CopyRow, DatablockFileRow, DatablockRow, DatasetRow, DeclaredFileRow
from emdewar.lifecycle import ArchiveStatus, CopyStatus


def check_archived(
    session: Session, dataset: DatasetRow, required_copies: int, wanted: str = ArchiveStatus.ON_ARCHIVE_DISK.value
) -> None:
    """Refuse to call a dataset archived while anything of the proof is missing.

    Args:
        session: A transaction that holds the dataset, so that no copy is found damaged meanwhile.
        dataset: The dataset.
        required_copies: On how many stores each datablock must have a good copy.
        wanted: What the dataset is to be, for the message.

    Raises:
        RefusedError: Something is missing; the message says what.
    """
    missing = "; ".join(_missing(session, dataset, required_copies))
    if missing:
        raise conflict(f"dataset {dataset.pid} cannot be {wanted!r}: {missing}", reason="notVerified")


def check_damaged(session: Session, dataset: DatasetRow) -> None:
    """Refuse to call a dataset damaged while every datablock has a good copy.

    Raises:
        RefusedError: Nothing is known against the copies.
    """
    if not _count(session, _blocks_short_of_copies(dataset.pid, 1)):
        msg = f"every datablock of dataset {dataset.pid} has a verified copy; report first which copies are not good"
        raise conflict(f"{msg}, then it can be {ArchiveStatus.DAMAGED.value!r}", reason="notVerified")


def _missing(session: Session, dataset: DatasetRow, required_copies: int) -> Iterator[str]:
    pid = dataset.pid
    yield from _missing_blocks(session, pid)
    if short := _count(session, _blocks_short_of_copies(pid, required_copies)):
        yield f"{short} datablock(s) have verified copies on fewer than {required_copies} store(s)"
    yield from _file_differences(session, pid)


def _missing_blocks(session: Session, pid: str) -> Iterator[str]:
    of = col(DatablockRow.of)
    columns = (func.count(), func.count(distinct(col(DatablockRow.number))), func.min(of), func.max(of))
    blocks, numbers, least, most = session.execute(select(*columns).where(col(DatablockRow.dataset_id) == pid)).one()
    if not blocks:
        yield "it has no datablock"
    elif not blocks == numbers == least == most:
        yield f"it has {blocks} datablock(s) that call themselves {least} to {most} in all"


def _blocks_short_of_copies(pid: str, required: int) -> Select[tuple[int]]:
    stores = (
        select(func.count(distinct(col(CopyRow.store))))
        .where(col(CopyRow.datablock_id) == col(DatablockRow.id), col(CopyRow.status) == CopyStatus.VERIFIED.value)
        .scalar_subquery()
    )
    return select(func.count()).where(col(DatablockRow.dataset_id) == pid, stores < required)


def _file_differences(session: Session, pid: str) -> Iterator[str]:
    declared = _totals(session, col(DeclaredFileRow.size), col(DeclaredFileRow.pid) == pid)
    archived = _totals(session, col(DatablockFileRow.size), col(DatablockFileRow.pid) == pid)
    if not declared[0]:
        yield "no files were declared"
    if declared != archived:
        yield f"{declared[0]} files of {declared[1]} bytes were declared, {archived[0]} of {archived[1]} bytes archived"
    elif strangers := _count(session, _declared_but_not_archived(pid)):
        yield f"{strangers} declared file(s) are not in the datablocks with the same path, size and sha256"


def _declared_but_not_archived(pid: str) -> Select[tuple[int]]:
    # Counts are equal and declared paths are unique: when each declared file is found, the two sets are equal.
    same = and_(
        col(DatablockFileRow.pid) == pid,
        col(DatablockFileRow.path) == col(DeclaredFileRow.path),
        col(DatablockFileRow.chk) == col(DeclaredFileRow.chk),
        col(DatablockFileRow.size) == col(DeclaredFileRow.size),
    )
    return select(func.count()).where(col(DeclaredFileRow.pid) == pid, ~exists().where(same))


def _totals(session: Session, size: Mapped[int], condition: ColumnElement[bool]) -> tuple[int, int]:
    files, size_bytes = session.execute(select(func.count(), func.coalesce(func.sum(size), 0)).where(condition)).one()
    return int(files), int(size_bytes)


def _count(session: Session, statement: Select[tuple[int]]) -> int:
    found: int = session.execute(statement).scalar_one()
    return found
