"""Instruments."""

from typing import Any

from sqlmodel import Field

from catalog_api.tables.columns import Bookkeeping, json_object


class InstrumentRow(Bookkeeping, table=True):
    """One instrument, a microscope for instance."""

    __tablename__ = "instrument"

    pid: str = Field(primary_key=True)
    unique_name: str = Field(unique=True)
    name: str
    custom_metadata: dict[str, Any] = json_object()
