"""Samples over the wire."""

from typing import Any

from pydantic import Field

from catalog_api.json_type import Json
from catalog_api.tables import SampleRow
from catalog_api.wire.document import Owned, document, names_of
from catalog_api.wire.fields import Text, Word

NAMES = names_of(SampleRow, {})


class SampleChange(Owned):
    """What can be changed of a sample."""

    sample_name: Word | None = Field(None, description="Optional, since older clients do not know it.")
    owner: Text | None = None
    description: Text | None = None
    type: Text | None = None
    proposal_id: Word | None = None
    parent_sample_id: Word | None = None
    sample_characteristics: dict[str, Any] = Field({}, description="Free JSON; `{value, unit}` gains SI units.")


class SampleIn(SampleChange):
    """A sample as a client sends it."""

    sample_id: Word | None = Field(None, description="Made by the catalog when not given.")


def sample_wire(row: SampleRow) -> dict[str, Json]:
    """Write a sample."""
    return document(row, "sample_id", NAMES)
