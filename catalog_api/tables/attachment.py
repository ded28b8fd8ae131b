"""Small pictures and plots of a dataset."""

from typing import Any

from sqlmodel import Field

from catalog_api.tables.columns import Bookkeeping, json_list


class AttachmentRow(Bookkeeping, table=True):
    """One attachment; the thumbnail is a data URL."""

    __tablename__ = "attachment"

    aid: str = Field(primary_key=True)
    dataset_id: str = Field(foreign_key="dataset.pid", index=True)
    thumbnail: str | None = None
    caption: str
    relationships: list[dict[str, Any]] = json_list()
    owner_group: str
    access_groups: list[str] = json_list()
    instrument_group: str | None = None
    is_published: bool = False
