"""What a filter means, once more, in plain Python over documents: MongoDB's rules, and ours where they differ."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import ge, gt, le, lt

from catalog_api.json_type import Json

LISTS = frozenset({"keywords", "proposalIds"})
FREE = frozenset({"jobParameters", "techniques"})
METADATA = "scientificMetadata"
METRES = {"Å": 1e-10, "nm": 1e-9, "um": 1e-6}
BOUNDS: Mapping[str, Callable[[Json, Json], bool]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}
PATTERNS = frozenset({"like", "ilike", "nlike", "nilike", "regex", "regexp"})


@dataclass(frozen=True)
class Length:
    """A length in metres, to the digits that a conversion keeps."""

    metres: float


@dataclass(frozen=True)
class Place:
    """What a document has where a filter looks.

    Attributes:
        values: Everything that can be compared; the entries of a list, not the list.
        is_there: The path leads somewhere.
        is_null: It leads nowhere, or to null.
        same_value: One and the same value must keep all bounds.
    """

    values: list[Json]
    is_there: bool
    is_null: bool
    same_value: bool = False


def holds(where: Mapping[str, Json], document: Mapping[str, Json]) -> bool:
    """Tell whether a document meets a condition."""
    return all(_term(name, value, document) for name, value in where.items())


def _term(name: str, value: Json, document: Mapping[str, Json]) -> bool:
    word = name.removeprefix("$")
    if word == "not":
        return not holds(value, document)
    if word in {"and", "or", "nor"}:
        parts = [holds(part, document) for part in value]
        return all(parts) if word == "and" else any(parts) is (word == "or")
    return _asked(_place(name, document), value)


def _asked(place: Place, asked: Json) -> bool:
    if not isinstance(asked, dict) or asked.keys() == {"value", "unit"}:
        return _equals(place, asked)
    plain = [(name.removeprefix("$"), operand) for name, operand in asked.items()]
    bounds = {name: bound for name, bound in plain if name in BOUNDS}
    rest = ((name, operand) for name, operand in plain if name not in BOUNDS)
    return _within(place, bounds) and all(_operator(place, name, operand) for name, operand in rest)


def _operator(place: Place, name: str, operand: Json) -> bool:
    if name in PATTERNS:
        flags = re.IGNORECASE if "ilike" in name else 0
        return any(isinstance(one, str) and re.search(operand, one, flags) for one in place.values) is (name[0] != "n")
    if name == "between":
        return _within(place, dict(zip(("gte", "lte"), operand, strict=True)))
    if name == "exists":
        return place.is_there is operand
    if name == "not":
        return not _asked(place, operand)
    wanted = operand if name in {"in", "inq", "nin"} else [operand]
    return any(_equals(place, one) for one in wanted) is (name in {"eq", "in", "inq"})


def _equals(place: Place, wanted: Json) -> bool:
    if wanted is None:
        return place.is_null
    length = _length(wanted) if isinstance(wanted, dict) else wanted
    return any(one == length and isinstance(one, bool) == isinstance(length, bool) for one in place.values)


def _within(place: Place, bounds: Mapping[str, Json]) -> bool:
    sized = {name: _length(bound) if isinstance(bound, dict) else bound for name, bound in bounds.items()}
    kept = [[_compared(one, name, bound) for name, bound in sized.items()] for one in place.values]
    if place.same_value and bounds:
        return any(map(all, kept))
    return all(any(each[number] for each in kept) for number in range(len(sized)))


def _compared(value: Json, name: str, bound: Json) -> bool:
    if isinstance(value, Length) and isinstance(bound, Length):
        return BOUNDS[name](value.metres, bound.metres)
    kinds = [(str,), (int, float)]
    alike = any(type(value) in kind and type(bound) in kind for kind in kinds)
    return alike and BOUNDS[name](value, bound)


def _place(name: str, document: Mapping[str, Json]) -> Place:
    first, *keys = name.split(".")
    if name in LISTS:
        return Place(document[name], is_there=True, is_null=False)
    if first not in {METADATA, *FREE}:
        value = document["datasetlifecycle"].get(keys[0]) if keys else document.get(name)
        return Place([value], is_there=value is not None, is_null=value is None)
    whole = document.get(first)
    reached = list(_reached(whole, keys)) if whole is not None else []
    entries = [entry for one in reached for entry in (one if isinstance(one, list) else [one])]
    if first in FREE:
        return Place(entries, is_there=bool(reached), is_null=not reached or None in entries)
    values = [value for entry in entries for value in _measured(entry)]
    return Place(values, is_there=bool(reached), is_null=not reached or None in values, same_value=True)


def _reached(value: Json, keys: list[str]) -> Iterator[Json]:
    if not keys:
        yield value
        return
    for inside in value if isinstance(value, list) else [value]:
        if isinstance(inside, dict) and keys[0] in inside:
            yield from _reached(inside[keys[0]], keys[1:])


def _measured(entry: Json) -> list[Json]:
    """Give what a piece of metadata can be compared by: a quantity by its value as written, and by its length."""
    if not isinstance(entry, dict):
        return [entry]
    if "value" not in entry:
        return []
    value = entry["value"]
    numbers = value if isinstance(value, list) else [value]
    return [*numbers, *(_length({**entry, "value": number}) for number in numbers if entry.get("unit") in METRES)]


def _length(quantity: Mapping[str, Json]) -> Length:
    return Length(float(f"{quantity['value'] * METRES[quantity['unit']]:.9g}"))
