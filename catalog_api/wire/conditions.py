"""A filter's `where` as a condition for the database: MongoDB's operators and Loopback's, with or without `$`."""

from collections.abc import Callable, Mapping

from sqlalchemy import and_, or_, true

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request
from catalog_api.wire.json_field import JsonField
from catalog_api.wire.patterns import pattern
from catalog_api.wire.searchable import RANGE, Column, Condition, Membership, Searchable, never, no_such_property

__all__ = ["Column", "Condition", "JsonField", "Membership", "Searchable", "condition", "lookup"]

LONGEST_LIST = 10_000
MOST_CONDITIONS = 200
MOST_LEVELS = 20
"""Conditions inside conditions; SQLite reads some thirty."""

TEXT = "$text"
"""Name of the search for words: `{"$text": {"$search": "apoferritin -test"}}`."""

_OPERATORS = ("eq", "ne", "gt", "gte", "lt", "lte", "between", "in", "nin", "exists", "not")
_PATTERNS = {"regex": "", "like": "", "ilike": "i", "nlike": "", "nilike": "i"}
_SYNONYMS = {"inq": "in", "neq": "ne", "regexp": "regex"}
_WORDS: dict[str, str] = {word: word for word in (*_OPERATORS, *_PATTERNS, "options")} | _SYNONYMS
_OPERATOR_OF: Mapping[str, str] = _WORDS | {f"${word}": operator for word, operator in _WORDS.items()}
"""Each operator by its spellings."""


def condition(where: Mapping[str, Json], known: Mapping[str, Searchable]) -> Condition:
    """Compile a `where` to a condition.

    Args:
        where: What to find, as JSON.
        known: What it may name.

    Raises:
        RefusedError: It names an unknown field or operator, or compares what cannot be compared.
    """
    if _size(where) > MOST_CONDITIONS:
        raise bad_request(f"the filter has more than {MOST_CONDITIONS} conditions")
    if _levels(where) > MOST_LEVELS:
        raise bad_request(f"the filter has conditions inside conditions, more than {MOST_LEVELS} levels deep")
    return _all(where, known)


def lookup(name: str, known: Mapping[str, Searchable]) -> Searchable:
    """Find what a filter names, or what lies below something it names.

    Raises:
        RefusedError: There is nothing of that name.
    """
    if name in known:
        return known[name]
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        if (above := known.get(".".join(parts[:length]))) is not None:
            return above.below(".".join(parts[length:]))
    raise no_such_property(name)


def _all(where: Json, known: Mapping[str, Searchable]) -> Condition:
    if not isinstance(where, dict):
        raise bad_request("a condition must be a JSON object")
    return and_(true(), *(_term(name, value, known) for name, value in where.items()))


def _term(name: str, value: Json, known: Mapping[str, Searchable]) -> Condition:
    word = name.removeprefix("$")
    if name == TEXT:
        return lookup(TEXT, known).is_among([value])
    if word == "not" and name not in known:
        return never(_all(value, known))
    if word in _JOINED and name not in known:
        if not isinstance(value, list) or not value:
            raise bad_request(f"{name} takes a list of conditions")
        return _JOINED[word]([_all(part, known) for part in value])
    return _field(lookup(name, known), value)


_JOINED: Mapping[str, Callable[[list[Condition]], Condition]] = {
    "and": lambda parts: and_(true(), *parts),
    "or": lambda parts: or_(*parts),
    "nor": lambda parts: never(or_(*parts)),
}


def _field(searchable: Searchable, value: Json) -> Condition:
    if not isinstance(value, dict):
        return searchable.is_among([value])
    if value and not any(name.startswith("$") or name in _OPERATOR_OF for name in value):
        return searchable.is_among([value])
    asked: list[tuple[str, Json]] = [(_OPERATOR_OF.get(name, name), operand) for name, operand in value.items()]
    options = next((operand for name, operand in asked if name == "options"), "")
    parts = [searchable.is_within(bounds) for bounds in _bounds(asked)]
    others = ((name, operand) for name, operand in asked if name not in {*RANGE, "between", "options"})
    return and_(true(), *parts, *(_operator(searchable, name, operand, options) for name, operand in others))


def _bounds(asked: list[tuple[str, Json]]) -> list[dict[str, Json]]:
    """Put the bounds together that one value may have to keep; a bound that is given twice counts twice."""
    pairs: list[dict[str, Json]] = [{"gte": low, "lte": high} for low, high in map(_pair, _all_of("between", asked))]
    every = {name: _all_of(name, asked) for name in RANGE}
    most = max(map(len, every.values()))
    return pairs + [
        {name: given[place] for name, given in every.items() if place < len(given)} for place in range(most)
    ]


def _all_of(wanted: str, asked: list[tuple[str, Json]]) -> list[Json]:
    return [operand for name, operand in asked if name == wanted]


def _operator(searchable: Searchable, name: str, operand: Json, options: Json) -> Condition:
    if name in _PATTERNS:
        found = searchable.matches(pattern(operand, f"{options}{_PATTERNS[name]}", delimited=name == "regex"))
        return never(found) if name.startswith("n") else found
    if name == "exists":
        return searchable.exists() if _truth(operand) else never(searchable.exists())
    if name == "not":
        return never(_field(searchable, operand))
    if name in {"eq", "ne"}:
        found = searchable.is_among([operand])
    elif name in {"in", "nin"}:
        found = searchable.is_among(_list(name, operand))
    else:
        raise bad_request(f"unknown operator {name!r}; there are {', '.join((*_OPERATORS, *_PATTERNS))}")
    return found if name in {"eq", "in"} else never(found)


def _list(name: str, operand: Json) -> list[Json]:
    if not isinstance(operand, list) or len(operand) > LONGEST_LIST:
        raise bad_request(f"{name} takes a list of up to {LONGEST_LIST} values")
    return operand


def _pair(operand: Json) -> list[Json]:
    if not isinstance(operand, list) or len(operand) != 2:  # noqa: PLR2004 (the smallest and the largest)
        raise bad_request("between takes a list of two values, the smallest and the largest")
    return operand


def _truth(operand: Json) -> bool:
    if operand not in (True, False):
        raise bad_request("exists takes true or false")
    return bool(operand)


def _size(value: Json) -> int:
    if isinstance(value, dict):
        return sum(1 + _size(inner) for inner in value.values())
    if isinstance(value, list):
        return sum(_size(inner) for inner in value)
    return 0


def _levels(value: Json) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_levels, value.values()), default=0)
    if isinstance(value, list):
        return max(map(_levels, value), default=0)
    return 0
