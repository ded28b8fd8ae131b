"""Published data: datasets that share a DOI."""

from datetime import datetime
from typing import Any

from sqlmodel import Field

from catalog_api.tables.columns import Bookkeeping, UtcMoment, json_list, json_object


class PublishedDataRow(Bookkeeping, table=True):
    """One publication; `details` is what SciCat calls `metadata`, a name that SQLAlchemy keeps for itself."""

    __tablename__ = "published_data"

    doi: str = Field(primary_key=True)
    title: str
    abstract: str
    dataset_pids: list[str] = json_list()
    proposal_ids: list[str] = json_list()
    sample_ids: list[str] = json_list()
    status: str = Field(default="private", index=True)
    registered_time: datetime | None = Field(default=None, sa_type=UtcMoment)
    number_of_files: int = 0
    size_of_archive: float = 0
    details: dict[str, Any] = json_object()
