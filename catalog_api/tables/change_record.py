"""What was changed, by whom, from what to what; rows are only ever added."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field

from catalog_api.tables.columns import BigSerial, JsonValue, Row, UtcMoment, now


class ChangeRecordRow(Row, table=True):
    """One change of one document, as SciCat's generic history has it; only the fields that changed are kept."""

    __tablename__ = "change_record"
    __table_args__ = (Index("ix_change_record_document", "subsystem", "document_id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigSerial)
    subsystem: str
    document_id: str
    operation: str
    before: dict[str, Any] | None = Field(default=None, sa_type=JsonValue, nullable=True)
    after: dict[str, Any] | None = Field(default=None, sa_type=JsonValue, nullable=True)
    timestamp: datetime = Field(default_factory=now, sa_type=UtcMoment, index=True)
    user: str = ""
