"""Who may see a dataset, one row per audience: what lets a list cost what the caller sees, not what others keep."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from catalog_api.tables.columns import Row, UtcMoment

EVERYBODY = ""
"""The audience of published datasets; no group has an empty name."""

MAIL = "mailto:"
"""Begins the audience of one person that a dataset is shared with; groups are named as they are."""


class DatasetAccessRow(Row, table=True):
    """One audience of a dataset: its owner group, each access group, people, and everybody once it is published."""

    __tablename__ = "dataset_access"
    __table_args__ = (Index("ix_dataset_access_newest", "audience", "created_at", "pid"),)

    audience: str = Field(primary_key=True)
    pid: str = Field(primary_key=True, foreign_key="dataset.pid", ondelete="CASCADE", index=True)
    created_at: datetime = Field(sa_type=UtcMoment)
