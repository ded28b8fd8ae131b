"""The scientific metadata of datasets, one row per value, so that a condition on them uses an index."""

from sqlalchemy import Index, Text, func, text
from sqlmodel import Field

from catalog_api.tables.columns import PathText, Row

INDEXED_CHARACTERS = 200
"""Characters of a text that its index holds; equality compares these first and then the whole text."""


class MetadataValueRow(Row, table=True):
    """One value; the entries of a list share their path, as MongoDB's conditions see them.

    A quantity `{"value": 0.83, "unit": "Å"}` at `a.b` has rows for `a.b` (in SI: 8.3e-11, unit m), `a.b.value` (0.83)
    and `a.b.unit`.

    Attributes:
        path: Keys joined by dots, below `scientificMetadata`.
        number: A number, in SI units where `unit` is set.
        unit: The SI unit of a quantity.
        text: A text as it is.
        flag: A truth value.
    """

    __tablename__ = "metadata_value"
    __table_args__ = (
        Index("ix_metadata_value_number", "path", "number", postgresql_include=["pid"]),
        Index("ix_metadata_value_text", "path", func.substr(text("text"), 1, text(str(INDEXED_CHARACTERS)))),
        {"sqlite_with_rowid": False},
    )

    pid: str = Field(primary_key=True, foreign_key="dataset.pid", ondelete="CASCADE")
    path: str = Field(primary_key=True, sa_type=PathText)
    position: int = Field(primary_key=True)
    number: float | None = None
    unit: str | None = None
    text: str | None = Field(default=None, sa_type=Text, nullable=True)
    flag: bool | None = None
