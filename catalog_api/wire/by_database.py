"""Expressions that SQLite and PostgreSQL write differently."""

from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import String

from catalog_api.json_type import Json


class ByDatabase(FunctionElement[Any]):
    """Two ways to say the same; each database reads its own."""

    inherit_cache = True

    def __init__(self, on_sqlite: ColumnElement[Any], on_postgresql: ColumnElement[Any]) -> None:
        """Keep both ways; the type is the first one's."""
        super().__init__(on_sqlite, on_postgresql)
        self.type = on_sqlite.type


class ByCodePoint(FunctionElement[str]):
    """A text that is compared by code point, as SQLite and MongoDB do; PostgreSQL is told so."""

    type = String()
    inherit_cache = True


@compiles(ByDatabase)
def _first(element: ByDatabase, compiler: SQLCompiler, **options: Json) -> str:
    return _grouped(element, compiler, 0, options)


@compiles(ByDatabase, "postgresql")
def _second(element: ByDatabase, compiler: SQLCompiler, **options: Json) -> str:
    return _grouped(element, compiler, 1, options)


@compiles(ByCodePoint)
def _plain_text(element: ByCodePoint, compiler: SQLCompiler, **options: Json) -> str:
    return _grouped(element, compiler, 0, options)


@compiles(ByCodePoint, "postgresql")
def _collated_text(element: ByCodePoint, compiler: SQLCompiler, **options: Json) -> str:
    return f'({_grouped(element, compiler, 0, options)} COLLATE "C")'


def _grouped(element: FunctionElement[Any], compiler: SQLCompiler, which: int, options: dict[str, Json]) -> str:
    return f"({compiler.process(list(element.clauses)[which], **options)})"
