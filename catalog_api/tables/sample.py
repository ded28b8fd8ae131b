"""Samples."""

from typing import Any

from sqlmodel import Field

from catalog_api.tables.columns import Bookkeeping, json_list, json_object


class SampleRow(Bookkeeping, table=True):
    """One sample."""

    __tablename__ = "sample"

    sample_id: str = Field(primary_key=True)
    sample_name: str | None = None
    owner: str | None = None
    description: str | None = None
    type: str | None = None
    proposal_id: str | None = Field(default=None, index=True)
    parent_sample_id: str | None = Field(default=None, index=True)
    sample_characteristics: dict[str, Any] = json_object()
    owner_group: str = Field(index=True)
    access_groups: list[str] = json_list()
    instrument_group: str | None = None
    is_published: bool = False
