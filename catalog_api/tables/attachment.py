"""Small pictures and plots of datasets, proposals and samples."""

from typing import Any

from sqlalchemy import Index
from sqlmodel import Field

from catalog_api.tables.columns import Bookkeeping, Row, json_list


class AttachmentRow(Bookkeeping, table=True):
    """One attachment; the thumbnail is a data URL."""

    __tablename__ = "attachment"

    aid: str = Field(primary_key=True)
    thumbnail: str | None = None
    caption: str
    relationships: list[dict[str, Any]] = json_list()
    owner_group: str = Field(index=True)
    access_groups: list[str] = json_list()
    instrument_group: str | None = None
    is_published: bool = False


class AttachmentAccessRow(Row, table=True):
    """One audience of an attachment: its owner group, each access group, and everybody once it is published."""

    __tablename__ = "attachment_access"

    audience: str = Field(primary_key=True)
    aid: str = Field(primary_key=True, foreign_key="attachment.aid", ondelete="CASCADE", index=True)


class AttachmentTargetRow(Row, table=True):
    """What an attachment belongs to, so that the attachments of a dataset are found by index."""

    __tablename__ = "attachment_target"
    __table_args__ = (Index("ix_attachment_target", "target_type", "target_id"),)

    aid: str = Field(primary_key=True, foreign_key="attachment.aid", ondelete="CASCADE")
    target_type: str = Field(primary_key=True)
    target_id: str = Field(primary_key=True)
