"""What databases must be told where statistics are missing: which table leads, and which index is the wrong one."""

from typing import Any

from sqlalchemy import ColumnElement, Join
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from catalog_api.json_type import Json


class Leading(Join):
    """A join that SQLite reads from the left, row by row; PostgreSQL decides by its statistics."""

    inherit_cache = True


class NoIndex(FunctionElement[Any]):
    """A column that is compared without an index of its own."""

    inherit_cache = True

    def __init__(self, column: ColumnElement[Any]) -> None:
        """Wrap a column."""
        super().__init__(column)
        self.type = column.type


@compiles(Leading, "sqlite")
def _from_the_left(join: Leading, compiler: SQLCompiler, **options: Json) -> str:
    options.pop("asfrom", None)
    left, right = (compiler.process(side, asfrom=True, **options) for side in (join.left, join.right))
    condition = "" if join.onclause is None else f" ON {compiler.process(join.onclause, **options)}"
    return f"{left} CROSS JOIN {right}{condition}"


@compiles(NoIndex)
def _not_null(element: NoIndex, compiler: SQLCompiler, **options: Json) -> str:
    return f"NULLIF({compiler.process(next(iter(element.clauses)), **options)}, NULL)"


@compiles(NoIndex, "sqlite")
def _plus(element: NoIndex, compiler: SQLCompiler, **options: Json) -> str:
    return f"+{compiler.process(next(iter(element.clauses)), **options)}"
