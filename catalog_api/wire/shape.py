"""Rows as JSON, and answers."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache

import orjson
from pydantic.alias_generators import to_camel
from sqlmodel import SQLModel
from starlette.responses import Response

from catalog_api.json_type import Json
from emdewar.records import iso_milliseconds

_camel = cache(to_camel)
"""The same names come again with every row; making them anew took a quarter of reading a dataset."""


def plain(value: Json) -> Json:
    """Write a column's value as JSON holds it."""
    return iso_milliseconds(value) if isinstance(value, datetime) else value


def wire(row: SQLModel, *, without: Collection[str] = ()) -> dict[str, Json]:
    """Write a row with SciCat's camel-case names."""
    return {_camel(name): plain(getattr(row, name)) for name in type(row).model_fields if name not in without}


def answer(content: Json, status_code: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with JSON."""
    return Response(orjson.dumps(content), status_code, headers, media_type="application/json")


def nothing() -> Response:
    """Answer 200 with an empty body: what SciCat says when a search for one thing finds none."""
    return Response(b"", 200, media_type="application/json")
