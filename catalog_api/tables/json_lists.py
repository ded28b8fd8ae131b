"""Searching the short lists that a row holds as JSON, in the same words on SQLite and PostgreSQL."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, String, exists, false, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from catalog_api.json_type import Json


class json_entries(GenericFunction[str]):  # noqa: N801 (the name of an SQL function)
    """The entries of a JSON list as rows with a column `value`."""

    type = String()
    inherit_cache = True


@compiles(json_entries, "sqlite")
def _sqlite(element: json_entries, compiler: SQLCompiler, **options: Json) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(json_entries, "postgresql")
def _postgresql(element: json_entries, compiler: SQLCompiler, **options: Json) -> str:
    return f"json_array_elements_text({compiler.process(element.clauses, **options)})"


def holds_any(column: Json, words: Collection[str]) -> ColumnElement[bool]:
    """Give the condition that a JSON list of words has at least one of some words."""
    if not words:
        return false()
    entries = json_entries(column).table_valued("value")
    return exists(select(1).select_from(entries).where(entries.c.value.in_(sorted(words))))
