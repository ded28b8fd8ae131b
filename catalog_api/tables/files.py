"""The files of a dataset as declared at ingest, in the lists they were declared with."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from catalog_api.tables.columns import Bookkeeping, JsonValue, PathText, Row, UtcMoment, json_list


class OrigDatablockRow(Bookkeeping, table=True):
    """One list of files, as a client declared it."""

    __tablename__ = "orig_datablock"

    id: str = Field(primary_key=True)
    dataset_id: str = Field(foreign_key="dataset.pid", index=True)
    size: int = Field(sa_type=BigInteger)
    number_of_files: int
    chk_alg: str
    owner_group: str
    access_groups: list[str] = json_list()
    instrument_group: str | None = None
    is_published: bool = False


class DeclaredFileRow(Row, table=True):
    """One declared file; a path is declared once per dataset."""

    __tablename__ = "declared_file"
    __table_args__ = (Index("ix_declared_file_list", "orig_datablock_id"),)

    pid: str = Field(primary_key=True, foreign_key="dataset.pid")
    path: str = Field(primary_key=True, sa_type=PathText)
    orig_datablock_id: str = Field(foreign_key="orig_datablock.id", ondelete="CASCADE")
    size: int = Field(sa_type=BigInteger)
    time: datetime = Field(sa_type=UtcMoment)
    chk: str | None = None
    owner: Any = Field(default=None, sa_type=JsonValue, nullable=True)
