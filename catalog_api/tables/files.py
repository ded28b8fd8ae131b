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
    number: int
    """Counts the lists of a dataset, from 1."""
    size: int = Field(sa_type=BigInteger)
    number_of_files: int
    chk_alg: str
    owner_group: str
    access_groups: list[str] = json_list()
    instrument_group: str | None = None
    is_published: bool = False


class DeclaredFileRow(Row, table=True):
    """One declared file.

    In a managed dataset a path is declared once: what is archived is compared with it. Elsewhere each list is its own,
    as in SciCat, where two lists may name the same file. One key says both: `list_number` is 0 in managed datasets and
    the number of the list elsewhere, so that no second index is needed and no race can pass it.
    """

    __tablename__ = "declared_file"
    __table_args__ = (Index("ix_declared_file_list", "orig_datablock_id", "position"),)

    pid: str = Field(primary_key=True)
    path: str = Field(primary_key=True, sa_type=PathText)
    list_number: int = Field(primary_key=True)
    orig_datablock_id: str = Field(foreign_key="orig_datablock.id", ondelete="CASCADE")
    position: int
    size: int = Field(sa_type=BigInteger)
    time: datetime = Field(sa_type=UtcMoment)
    chk: str | None = None
    owner: Any = Field(default=None, sa_type=JsonValue, nullable=True)
