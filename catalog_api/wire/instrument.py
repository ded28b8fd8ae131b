"""Instruments over the wire."""

from typing import Any

from pydantic import Field

from catalog_api.json_type import Json
from catalog_api.tables import InstrumentRow
from catalog_api.wire.document import document, names_of
from catalog_api.wire.fields import Sent, Word

NAMES = names_of(InstrumentRow, {})


class InstrumentChange(Sent):
    """What can be changed of an instrument."""

    unique_name: Word
    name: Word
    custom_metadata: dict[str, Any] = Field({}, description="Free JSON.")


class InstrumentIn(InstrumentChange):
    """An instrument as a client sends it."""

    pid: Word | None = Field(None, description="Made by the catalog when not given.")


def instrument_wire(row: InstrumentRow) -> dict[str, Json]:
    """Write an instrument; `id` repeats its identifier once more, for SciCat's clients."""
    return {**document(row, "pid", NAMES), "id": row.pid}
