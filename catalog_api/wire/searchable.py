"""What a filter can name: columns and lists of words; free JSON has a module of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import ge, gt, le, lt
from typing import Any, Protocol, TypeAlias

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    Select,
    String,
    TypeDecorator,
    and_,
    false,
    func,
    literal,
    not_,
    or_,
    true,
)
from sqlalchemy.types import TypeEngine

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request
from catalog_api.wire.by_database import ByCodePoint
from catalog_api.wire.moments import AnyMoment
from catalog_api.wire.patterns import Pattern

Condition: TypeAlias = ColumnElement[bool]
RANGE: Mapping[str, Callable[[Json, Json], Json]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}
"""Operators that compare sizes."""

DAY = "day"
"""Name of the column when rows are counted by day."""

AS_JSON = "as_json"
"""Name of the column when rows are counted by values that are written as JSON."""

_MOMENT: TypeAdapter[datetime] = TypeAdapter(AnyMoment)
_TRUTH = {"true": True, "false": False}
_LARGEST = 2**63 - 1


class Searchable(Protocol):
    """Something that a filter can name; the compiler of filters makes every operator of these five questions."""

    def is_among(self, values: list[Json]) -> Condition:
        """Find one of some values; null is what is missing."""

    def is_within(self, bounds: Mapping[str, Json]) -> Condition:
        """Find values within bounds, by the operators of `RANGE`."""

    def exists(self) -> Condition:
        """Find what has a value."""

    def matches(self, pattern: Pattern) -> Condition:
        """Find texts in which a pattern is found."""

    def below(self, path: str) -> "Searchable":
        """Give what lies below, by keys joined with dots."""


def no_such_property(name: str) -> Exception:
    """Refuse a name that a filter cannot use, with the words that SciCat's clients know."""
    return bad_request(f"Property {name} should not exist in the filter object")


@dataclass(frozen=True)
class Column:
    """A column that a filter can name."""

    column: Json

    def is_among(self, values: list[Json]) -> Condition:
        """Find one of some values of the column's type."""
        typed = [self._typed(value) for value in values if value is not None]
        found: Condition = self.column == typed[0] if len(typed) == 1 else self.column.in_(typed)
        if len(typed) == len(values):
            return found
        return or_(found, self.column.is_(None)) if typed else self.column.is_(None)

    def is_within(self, bounds: Mapping[str, Json]) -> Condition:
        """Find values within bounds; nothing is smaller or larger than null."""
        compared = self.sorting()
        parts = [
            RANGE[name](compared, self._typed(bound)) if bound is not None else false()
            for name, bound in bounds.items()
        ]
        return and_(true(), *parts)

    def exists(self) -> Condition:
        """Find what has a value."""
        condition: Condition = self.column.is_not(None)
        return condition

    def matches(self, pattern: Pattern) -> Condition:
        """Find texts in which a pattern is found."""
        if _python_type(self.column.type) is not str:
            raise bad_request(f"{self.column.key} is no text; patterns are for texts")
        return pattern.matches(self.column)

    def below(self, path: str) -> Searchable:
        """Refuse: a column has no inside."""
        raise no_such_property(f"{self.column.key}.{path}")

    def sorting(self) -> Json:
        """Give what the column is sorted by."""
        return ByCodePoint(self.column) if _python_type(self.column.type) is str else self.column

    def facet(self, chosen: Select[Any], dialect: str) -> Select[Any]:
        """Count rows by value; moments by day."""
        value = self.column.label("value")
        if _python_type(self.column.type) is datetime:
            utc = func.to_char(func.timezone("UTC", self.column), "YYYY-MM-DD", type_=String())
            value = (utc if dialect == "postgresql" else func.date(self.column, type_=String())).label(DAY)
        return chosen.with_only_columns(value, func.count(), maintain_column_froms=True).group_by(value)

    def _typed(self, value: Json) -> Json:
        kind = _python_type(self.column.type)
        cast = _CASTS[kind](value)
        if cast is None:
            raise bad_request(f"{self.column.key} is compared with a {kind.__name__}, not with {str(value)[:80]!r}")
        if kind is int:
            return literal(cast, BigInteger if isinstance(cast, int) else Float)
        return float(cast) if kind is float else cast


@dataclass(frozen=True)
class Membership:
    """A list of words; a filter finds what has a word in it."""

    holds: Callable[[list[str]], Condition]

    def is_among(self, values: list[Json]) -> Condition:
        """Find what has one of some words."""
        if not all(isinstance(value, str) for value in values):
            raise bad_request("a list of words is searched for words")
        return self.holds(values)

    def is_within(self, bounds: Mapping[str, Json]) -> Condition:
        """Refuse: words of a list have no size."""
        raise bad_request(
            f"a list is searched for words it holds, with eq, neq, inq or nin; not with {next(iter(bounds))}"
        )

    def exists(self) -> Condition:
        """Find everything: a list is always there, though it may be empty."""
        return true()

    def matches(self, pattern: Pattern) -> Condition:
        """Refuse: these words are only found whole."""
        raise bad_request(f"this list is searched for whole words, not for the pattern {pattern.text!r}")

    def below(self, path: str) -> Searchable:
        """Refuse: a word has no inside."""
        raise no_such_property(path)


def never(found: Condition) -> Condition:
    """Negate a condition; where it is unknown, for something is missing, it does not hold, as in MongoDB."""
    return not_(func.coalesce(found, false()))


def moment(value: Json) -> datetime:
    """Read a moment, as a text or in milliseconds since 1970.

    Raises:
        RefusedError: It is none.
    """
    try:
        if type(value) in {int, float}:
            return _MOMENT.validate_python(datetime.fromtimestamp(value / 1000, UTC))
        return _MOMENT.validate_python(value, strict=False)
    except (ValidationError, ValueError, OverflowError, OSError) as error:
        raise bad_request(f"{str(value)[:80]!r} is no moment; write it like 2026-11-21T12:00:00Z") from error


def _python_type(kind: TypeEngine[Json]) -> type:
    return kind.impl_instance.python_type if isinstance(kind, TypeDecorator) else kind.python_type


def _text(value: Json) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else None


def _number(value: Json) -> float | None:
    if isinstance(value, str):
        try:
            value = float(value) if set(value) & set(".eE") else int(value)
        except ValueError:
            return None
    if type(value) not in {int, float} or not -_LARGEST <= value <= _LARGEST:
        return None
    number: float = value
    return number


def _flag(value: Json) -> bool | None:
    return value if isinstance(value, bool) else _TRUTH.get(value) if isinstance(value, str) else None


_CASTS: Mapping[type, Callable[[Json], Json]] = {
    str: _text,
    int: _number,
    float: _number,
    bool: _flag,
    datetime: moment,
}
"""Values of JSON as a column's type, the way that SciCat's server reads them: `"5"` is a number where one belongs."""
