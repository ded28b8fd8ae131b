"""The words of a dataset, for searches."""

from sqlalchemy import Text
from sqlmodel import Field

from catalog_api.tables.columns import BigSerial, Row


class DatasetTextRow(Row, table=True):
    """All words of a dataset, lower case, separated by spaces.

    The index over them is made by the migration, in each database's own way: a generated `tsvector` with GIN on
    PostgreSQL, an FTS5 table kept by triggers on SQLite.
    """

    __tablename__ = "dataset_text"

    id: int | None = Field(default=None, primary_key=True, sa_type=BigSerial)
    pid: str = Field(foreign_key="dataset.pid", ondelete="CASCADE", unique=True)
    document: str = Field(sa_type=Text)
