"""What the documents of all collections share over the wire: their names, their owners, and how a PATCH is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends
from pydantic import BaseModel, Field
from pydantic.alias_generators import to_camel

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request
from catalog_api.tables.columns import Bookkeeping
from catalog_api.wire.fields import Sent, Text, Word, read
from catalog_api.wire.merge_patch import Merges, merge_patch
from catalog_api.wire.precondition import Seen
from catalog_api.wire.shape import plain


class Owned(Sent):
    """Who owns what a client sends, and who may read it."""

    owner_group: Word
    access_groups: list[Word] = Field([])
    instrument_group: Text | None = None
    is_published: bool = False


def names_of(table: type[Bookkeeping], special: Mapping[str, str]) -> dict[str, str]:
    """Give each column's name on the wire: camel case, but for the names that SciCat writes in its own way."""
    return {column: special.get(column, to_camel(column)) for column in table.model_fields}


def document(row: Bookkeeping, key: str, names: Mapping[str, str]) -> dict[str, Json]:
    """Write a row; `_id` repeats its identifier, as everywhere in SciCat."""
    written = {name: plain(getattr(row, column)) for column, name in names.items()}
    return {"_id": getattr(row, key), **written, "__v": 0}


@dataclass(frozen=True)
class Patch:
    """A PATCH request.

    Attributes:
        body: The fields to change, by their wire names; null sets back to the default.
        merges: Merge objects key by key instead of replacing them.
        seen: The version that the client has seen, where it says so.
    """

    body: dict[str, Any]
    merges: bool
    seen: datetime | None


async def _patch(body: dict[str, Any], merges: Merges, seen: Seen) -> Patch:
    return Patch(body, merges=merges, seen=seen)


ThePatch = Annotated[Patch, Depends(_patch)]


def read_patch(model: type[BaseModel], row: Bookkeeping, patch: Patch) -> dict[str, Any]:
    """Read a PATCH: which columns change to what.

    Args:
        model: What a client may send when the document is made; the result must still be that.
        row: The document as it is.
        patch: What is to change.

    Raises:
        RefusedError: A field should not exist, or the document would not be valid any more.
    """
    columns = {field.alias or name: name for name, field in model.model_fields.items()}
    if unknown := [name for name in patch.body if name not in columns]:
        raise bad_request(f"property {unknown[0]} should not exist")
    old = {alias: plain(getattr(row, column)) for alias, column in columns.items()}
    new = merge_patch(old, patch.body) if patch.merges else {**old, **patch.body}
    checked = read(model, {name: value for name, value in new.items() if value is not None})
    written = checked.model_dump()
    return {columns[name]: written[columns[name]] for name in patch.body}
