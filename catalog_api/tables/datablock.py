"""Datablocks as written, the files in them, and their copies."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field

from catalog_api.tables.columns import Bookkeeping, JsonValue, PathText, Row, UtcMoment, json_list
from emdewar.lifecycle import CopyStatus


class DatablockRow(Bookkeeping, table=True):
    """One datablock; number and digests are known for blocks of our own format.

    Attributes:
        verified_on: Names of the stores with a good copy, sorted, with commas between; None where the flows do not
            manage the dataset. It follows from the copies, and finds the few blocks that lack one by index.
    """

    __tablename__ = "datablock"
    __table_args__ = (
        UniqueConstraint("dataset_id", "number", name="uq_datablock_number"),
        Index("ix_datablock_verified_on", "verified_on", "archive_id"),
    )

    id: str = Field(primary_key=True)
    archive_id: str = Field(unique=True)
    dataset_id: str = Field(foreign_key="dataset.pid", index=True)
    number: int | None = None
    of: int | None = None
    size: int = Field(sa_type=BigInteger)
    packed_size: int = Field(sa_type=BigInteger)
    chk_alg: str
    version: str
    first_file: int | None = None
    number_of_files: int
    crc64nvme: str | None = None
    manifest_sha256: str | None = None
    owner_group: str
    access_groups: list[str] = json_list()
    instrument_group: str | None = None
    is_published: bool = False
    verified_on: str | None = None


class DatablockFileRow(Row, table=True):
    """One file inside a datablock, in the order of the tar."""

    __tablename__ = "datablock_file"
    __table_args__ = (Index("ix_datablock_file_path", "pid", "path"),)

    datablock_id: str = Field(primary_key=True, foreign_key="datablock.id", ondelete="CASCADE")
    position: int = Field(primary_key=True)
    pid: str = Field(foreign_key="dataset.pid")
    path: str = Field(sa_type=PathText)
    size: int = Field(sa_type=BigInteger)
    time: datetime = Field(sa_type=UtcMoment)
    chk: str | None = None
    offset: int | None = Field(default=None, sa_type=BigInteger)
    owner: Any = Field(default=None, sa_type=JsonValue, nullable=True)


class CopyRow(Row, table=True):
    """One copy of a datablock; a store holds a block once, the copies that were replaced are in the history.

    Attributes:
        verified_at: When it was last found good.
        checked_at: When it was last looked at.
        status: A word of `emdewar.lifecycle.CopyStatus`.
        finding: What is wrong with it.
    """

    __tablename__ = "copy"
    # Whatever is asked of all copies on a store is answered from this index alone, the bytes included.
    __table_args__ = (Index("ix_copy_oldest", "store", "status", "verified_at", "datablock_id", "size"),)

    datablock_id: str = Field(primary_key=True, foreign_key="datablock.id", ondelete="CASCADE")
    store: str = Field(primary_key=True)
    location: str
    size: int = Field(sa_type=BigInteger)
    crc64nvme: str
    manifest_sha256: str
    number_of_files: int
    verified_at: datetime = Field(sa_type=UtcMoment)
    read_from: str
    recorded_at: datetime = Field(sa_type=UtcMoment)
    recorded_by: str
    status: str = CopyStatus.VERIFIED.value
    checked_at: datetime = Field(sa_type=UtcMoment)
    finding: Any = Field(default=None, sa_type=JsonValue, nullable=True)
