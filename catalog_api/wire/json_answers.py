"""Answers about JSON documents, as MongoDB would give them; SQLite calls this for every row."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

import orjson

from catalog_api.json_type import Json
from catalog_api.wire.patterns import found
from catalog_api.wire.searchable import RANGE

SQLITE_FUNCTION = "emdewar_json"
"""Name of the function on SQLite: `emdewar_json(document, question)`."""

SQLITE_ENTRIES = "emdewar_json_entries"
"""Name of another one: `emdewar_json_entries(document, keys)`."""


def answer(document: str | None, question: str) -> bool:
    """Tell whether a condition holds for a document.

    Args:
        document: The document as JSON.
        question: JSON of what is asked (`among`, `exists`, `matches` or a bound's name), the keys, and the operand.
    """
    asked, keys, operand = _question(question)
    values = list(_reached(_document(document), keys)) if document is not None else []
    return asked(values, operand)


def entries(document: str | None, keys: str) -> str | None:
    """Give what lies at a path, list by list and entry by entry: a JSON list of JSON texts."""
    if document is None:
        return None
    reached = _reached(_document(document), json.loads(keys))
    each = [entry for value in reached for entry in (value if isinstance(value, list) else [value])]
    return json.dumps([json.dumps(entry, sort_keys=True) for entry in each])


def _among(values: list[Json], wanted: list[Json]) -> bool:
    if None in wanted and not values:
        return True
    return any(same(entry, one) for value in values for entry in _entries(value) for one in wanted)


def _matches(values: list[Json], expression: str) -> bool:
    return any(isinstance(entry, str) and found(expression, entry) for value in values for entry in _entries(value))


def _bound(name: str) -> Callable[[list[Json], Json], bool]:
    def holds(values: list[Json], bound: Json) -> bool:
        kinds = (str,) if isinstance(bound, str) else (int, float)
        entries = (entry for value in values for entry in _entries(value))
        return any(type(entry) in kinds and RANGE[name](entry, bound) for entry in entries)

    return holds


_ASKED: Mapping[str, Callable[[list[Json], Json], bool]] = {
    "among": _among,
    "exists": lambda values, _: bool(values),
    "matches": _matches,
    **{name: _bound(name) for name in RANGE},
}


def same(one: Json, other: Json) -> bool:
    """Tell whether two JSON values are the same; true is not 1, and 1 is 1.0."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _reached(value: Json, keys: list[str]) -> Iterator[Json]:
    """Follow a path, through every object of a list."""
    if not keys:
        yield value
        return
    for inside in value if isinstance(value, list) else [value]:
        if isinstance(inside, dict) and keys[0] in inside:
            yield from _reached(inside[keys[0]], keys[1:])


def _entries(value: Json) -> list[Json]:
    return [*value, value] if isinstance(value, list) else [value]


@lru_cache(maxsize=256)
def _question(question: str) -> tuple[Callable[[list[Json], Json], bool], list[str], Json]:
    name, keys, operand = json.loads(question)
    return _ASKED[name], keys, operand


@lru_cache(maxsize=2)
def _document(document: str) -> Json:
    return orjson.loads(document)
