"""Free JSON below a column, searched as MongoDB does: a list is found by its entries, at every step of a path."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from sqlalchemy import Boolean, Select, String, Text, and_, cast, false, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, JSONPATH, array

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request
from catalog_api.wire.by_database import ByCodePoint, ByDatabase
from catalog_api.wire.json_answers import SQLITE_ENTRIES, SQLITE_FUNCTION
from catalog_api.wire.patterns import Pattern
from catalog_api.wire.quantities import quantity_of
from catalog_api.wire.searchable import AS_JSON, RANGE, Condition, Searchable


@dataclass(frozen=True)
class JsonField:
    """Free JSON in a column; `known["jobParams"] = JsonField(column)` answers for `jobParams.a.b` too.

    Attributes:
        column: The column that holds the documents.
        keys: The path below it. Clients write a dot inside a key as `%2E`, the way SciCat keeps it.
    """

    column: Json
    keys: tuple[str, ...] = ()

    def is_among(self, values: list[Json]) -> Condition:
        """Find one of some values; null is also what is missing."""
        return self._asked("among", values, self._postgresql_among(values))

    def is_within(self, bounds: Mapping[str, Json]) -> Condition:
        """Find values within bounds; each bound may be kept by another entry of a list, as in MongoDB."""
        return and_(true(), *(self._bound(name, bound) for name, bound in bounds.items()))

    def exists(self) -> Condition:
        """Find what has a value, be it null."""
        return self._asked("exists", None, self._path_exists())

    def matches(self, pattern: Pattern) -> Condition:
        """Find texts in which a pattern is found."""
        return self._asked("matches", pattern.text, self._some_text(pattern.matches))

    def below(self, path: str) -> Searchable:
        """Give what lies below, by keys joined with dots."""
        return JsonField(self.column, (*self.keys, *(unquote(key) for key in path.split("."))))

    def sorting(self) -> Json:
        """Give what is sorted by: the value, as the database orders JSON."""
        found = cast(self.column, JSONB).op("#>", return_type=JSONB())(_texts(*self.keys))
        return ByDatabase(func.json_extract(self.column, literal(_sqlite_path(self.keys), String)), found)

    def facet(self, chosen: Select[Any], dialect: str) -> Select[Any]:
        """Count rows by value; the entries of a list count each."""
        entry: Json
        if dialect == "postgresql":
            value = func.jsonb_path_query(cast(self.column, JSONB), self._jsonpath(entries=True), type_=JSONB())
            entry = value.column_valued(joins_implicitly=True)
        else:
            entries = func.json_each(getattr(func, SQLITE_ENTRIES)(self.column, literal(json.dumps(self.keys), String)))
            entry = entries.table_valued("value", joins_implicitly=True).c.value.label(AS_JSON)
        return chosen.with_only_columns(entry, func.count(), maintain_column_froms=True).group_by(entry)

    def _bound(self, name: str, bound: Json) -> Condition:
        if (quantity := quantity_of(bound)) is not None:
            number, unit = (
                JsonField(self.column, (*self.keys, "valueSI")),
                JsonField(self.column, (*self.keys, "unitSI")),
            )
            return and_(number._bound(name, quantity.number), unit.is_among([quantity.unit]))
        if bound is None:
            return false()
        if isinstance(bound, str):
            return self._asked(name, bound, self._some_text(lambda text: RANGE[name](ByCodePoint(text), bound)))
        if isinstance(bound, bool) or not isinstance(bound, int | float):
            raise bad_request(f"{name} takes a number or a text, not {str(bound)[:80]!r}")
        return self._asked(name, bound, self._some(lambda value: _is_number(value) & RANGE[name](value, _jsonb(bound))))

    def _asked(self, question: str, operand: Json, on_postgresql: Condition) -> Condition:
        asked = json.dumps([question, self.keys, operand])
        on_sqlite = getattr(func, SQLITE_FUNCTION)(self.column, literal(asked, String), type_=Boolean)
        return ByDatabase(on_sqlite, on_postgresql)

    def _postgresql_among(self, values: list[Json]) -> Condition:
        wanted = [_jsonb(value) for value in values]
        found = self._some(lambda value: value.in_(wanted))
        if any(isinstance(value, list) for value in values):
            found |= self._some(lambda value: value.in_(wanted), entries=False)
        return or_(found, ~func.coalesce(self._path_exists(), false())) if None in values else found

    def _some_text(self, holds: Callable[[Json], Condition]) -> Condition:
        return self._some(lambda value: _is_text(value) & holds(value.op("#>>", return_type=Text())(_texts())))

    def _some(self, holds: Callable[[Json], Condition], *, entries: bool = True) -> Condition:
        found = func.jsonb_path_query(cast(self.column, JSONB), self._jsonpath(entries=entries), type_=JSONB())
        value = found.column_valued()
        return select(literal(1)).where(holds(value)).exists()

    def _path_exists(self) -> Condition:
        return func.jsonb_path_exists(cast(self.column, JSONB), self._jsonpath(entries=False), type_=Boolean())

    def _jsonpath(self, *, entries: bool) -> Json:
        keys = "".join(f".{json.dumps(key, ensure_ascii=False)}" for key in self.keys)
        return cast(literal(f"${keys}{'[*]' * entries}", String), JSONPATH)


def _sqlite_path(keys: tuple[str, ...]) -> str:
    return "$" + "".join(f".{json.dumps(key, ensure_ascii=False)}" for key in keys)


def _is_number(value: Json) -> Condition:
    condition: Condition = func.jsonb_typeof(value) == "number"
    return condition


def _is_text(value: Json) -> Condition:
    condition: Condition = func.jsonb_typeof(value) == "string"
    return condition


def _texts(*keys: str) -> Json:
    return cast(array([literal(key, Text) for key in keys], type_=Text), ARRAY(Text))


def _jsonb(value: Json) -> Json:
    return cast(literal(json.dumps(value), Text), JSONB)
