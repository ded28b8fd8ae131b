"""A filter's `where` as a condition for the database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import eq, ge, gt, le, lt, ne
from typing import Protocol

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, TypeDecorator, and_, not_, or_, true
from sqlalchemy.types import TypeEngine

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request
from catalog_api.wire.moments import AnyMoment

LONGEST_LIST = 1_000
MOST_CONDITIONS = 200

Condition = ColumnElement[bool]
_COMPARE: Mapping[str, Callable[[Json, Json], Json]] = {"eq": eq, "ne": ne, "gt": gt, "gte": ge, "lt": lt, "lte": le}
_SYNONYMS = {"neq": "ne", "inq": "in"}
_MOMENT: TypeAdapter[datetime] = TypeAdapter(AnyMoment)


class Searchable(Protocol):
    """Something that a filter can name."""

    def compare(self, operator: str, value: Json) -> Condition:
        """Compare with one value, `operator` being one of eq, ne, gt, gte, lt, lte."""

    def among(self, values: list[Json]) -> Condition:
        """Find one of some values."""


@dataclass(frozen=True)
class Column:
    """A column that a filter can name."""

    column: Json

    def compare(self, operator: str, value: Json) -> Condition:
        """Compare the column with a value of its own type."""
        if value is None and operator not in {"eq", "ne"}:
            raise bad_request("null is neither larger nor smaller than anything; use eq or neq")
        condition: Condition = _COMPARE[operator](self.column, self._typed(value))
        return condition

    def among(self, values: list[Json]) -> Condition:
        """Find the column's value in a list."""
        condition: Condition = self.column.in_([self._typed(value) for value in values])
        return condition

    def _typed(self, value: Json) -> Json:
        kind = _python_type(self.column.type)
        if kind is datetime and value is not None:
            return _moment(value)
        numbers = kind is float and isinstance(value, int)
        if value is None or numbers or type(value) is kind:
            return value
        raise bad_request(f"{self.column.key} is compared with a {kind.__name__}, not with {str(value)[:80]!r}")


@dataclass(frozen=True)
class Membership:
    """A list of words; a filter finds what has a word in it."""

    holds: Callable[[list[str]], Condition]

    def compare(self, operator: str, value: Json) -> Condition:
        """Find what has a word, or what lacks it."""
        if operator not in {"eq", "ne"}:
            raise bad_request("a list is only searched for words it holds: use eq, neq, inq or nin")
        found = self.among([value])
        return found if operator == "eq" else not_(found)

    def among(self, values: list[Json]) -> Condition:
        """Find what has one of some words."""
        if not all(isinstance(value, str) for value in values):
            raise bad_request("a list of words is searched for words")
        return self.holds(values)


def condition(where: Mapping[str, Json], known: Mapping[str, Searchable]) -> Condition:
    """Compile a `where` to a condition.

    Raises:
        RefusedError: It names an unknown field or operator, or compares what cannot be compared.
    """
    if _size(where) > MOST_CONDITIONS:
        raise bad_request(f"the filter has more than {MOST_CONDITIONS} conditions")
    return _all(where, known)


def lookup(name: str, known: Mapping[str, Searchable]) -> Searchable:
    """Find what a filter names.

    Raises:
        RefusedError: There is nothing of that name.
    """
    if name not in known:
        raise bad_request(f"Property {name} should not exist in the filter object")
    return known[name]


def _all(where: Json, known: Mapping[str, Searchable]) -> Condition:
    if not isinstance(where, dict):
        raise bad_request("a condition must be a JSON object")
    return and_(true(), *(_term(name, value, known) for name, value in where.items()))


def _term(name: str, value: Json, known: Mapping[str, Searchable]) -> Condition:
    word = name.removeprefix("$")
    if word not in {"and", "or"}:
        return _field(lookup(name, known), value)
    if not isinstance(value, list) or not value:
        raise bad_request(f"{name} takes a list of conditions")
    parts = [_all(part, known) for part in value]
    return and_(*parts) if word == "and" else or_(*parts)


def _field(searchable: Searchable, value: Json) -> Condition:
    if not isinstance(value, dict):
        return searchable.compare("eq", value)
    return and_(true(), *(_operator(searchable, name, operand) for name, operand in value.items()))


def _operator(searchable: Searchable, name: str, operand: Json) -> Condition:
    operator = _SYNONYMS.get(name.removeprefix("$"), name.removeprefix("$"))
    if operator in _COMPARE:
        return searchable.compare(operator, operand)
    if operator not in {"in", "nin"}:
        raise bad_request(f"unknown operator {name!r}; there are eq, neq, gt, gte, lt, lte, inq, nin")
    if not isinstance(operand, list) or len(operand) > LONGEST_LIST:
        raise bad_request(f"{name} takes a list of up to {LONGEST_LIST} values")
    found = searchable.among(operand)
    return found if operator == "in" else not_(found)


def _size(value: Json) -> int:
    if isinstance(value, dict):
        return sum(1 + _size(inner) for inner in value.values())
    if isinstance(value, list):
        return sum(_size(inner) for inner in value)
    return 0


def _python_type(kind: TypeEngine[Json]) -> type:
    return kind.impl_instance.python_type if isinstance(kind, TypeDecorator) else kind.python_type


def _moment(value: Json) -> datetime:
    try:
        return _MOMENT.validate_python(value)
    except ValidationError as error:
        raise bad_request(f"{str(value)[:80]!r} is no moment; write it like 2026-11-21T12:00:00Z") from error
