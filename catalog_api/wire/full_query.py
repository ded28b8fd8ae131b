"""SciCat's `fullquery` and `fullfacet`: a search form, translated to a filter."""

from collections.abc import Mapping
from dataclasses import replace

import re2

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request
from catalog_api.wire.conditions import Searchable
from catalog_api.wire.filters import Listing, Order, listing_of, object_of
from catalog_api.wire.json_faults import parse_as_v8

MOST_FACETS = 50

_METADATA = {"scientific": "scientificMetadata", "characteristics": "sampleCharacteristics"}
_RELATIONS = {
    "EQUAL_TO": "eq",
    "EQUAL_TO_NUMERIC": "eq",
    "EQUAL_TO_STRING": "eq",
    "GREATER_THAN": "gt",
    "GREATER_THAN_OR_EQUAL": "gte",
    "LESS_THAN": "lt",
    "LESS_THAN_OR_EQUAL": "lte",
}
_ENDS = (("begin", "gte"), ("end", "lte"), ("min", "gte"), ("max", "lte"))


def full_query(
    fields_text: str | None,
    limits_text: str | None,
    known: Mapping[str, Searchable],
    *,
    default_limit: int = 100,
    default_order: Order = (),
) -> Listing:
    """Read a search form.

    Args:
        fields_text: JSON of what to find: a field and its value, several values, `{"begin", "end"}` or
            `{"min", "max"}`; and `text`, `mode` (a `where`), `userGroups`, `scientific`, `characteristics`.
        limits_text: JSON of `limit`, `skip` and `order`.
        known: What the form may name.
        default_limit: Rows where it does not say.
        default_order: Order where it does not say.

    Raises:
        RefusedError: It is no such form.
    """
    default = Listing(limit=default_limit, default_order=default_order)
    listing = listing_of({"limits": object_of(limits_text, "limits")}, default)
    return replace(listing, where=where_of(object_of(fields_text, "fields"), known))


def where_of(fields: Mapping[str, Json], known: Mapping[str, Searchable]) -> dict[str, Json]:
    """Translate what a form asks for to a filter's `where`.

    Raises:
        RefusedError: A part of it makes no sense.
    """
    parts = [part for name, value in fields.items() for part in _parts(name, value, known)]
    return {"and": parts} if parts else {}


def facet_names(text: str | None) -> tuple[str, ...]:
    """Read the names of the facets, a JSON list.

    Raises:
        RefusedError: It is none, or too long.
    """
    names = parse_as_v8(text, "facets") if text and text.strip() else []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names) or len(names) > MOST_FACETS:
        raise bad_request(f"facets must be a list of up to {MOST_FACETS} names")
    return tuple(dict.fromkeys(names))


def _parts(name: str, value: Json, known: Mapping[str, Searchable]) -> list[dict[str, Json]]:
    if name == "mode":
        return [value] if isinstance(value, dict) else []
    if name == "text":
        return [{"$text": {"$search": value}}] if value else []
    if name == "userGroups":
        return [{"or": [{"ownerGroup": {"in": value}}, {"accessGroups": {"in": value}}]}] if value else []
    if name in _METADATA:
        return [_metadata(_METADATA[name], asked, known) for asked in _list(name, value)]
    return [{name: _wanted(value)}]


def _wanted(value: Json) -> Json:
    if isinstance(value, list):
        return {"in": value}
    if isinstance(value, dict) and value and value.keys() <= {end for end, _ in _ENDS}:
        return {operator: value[end] for end, operator in _ENDS if value.get(end) is not None}
    return value


def _list(name: str, value: Json) -> list[Json]:
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise bad_request(f'{name} takes a list of {{"lhs", "relation", "rhs", "unit"}}')
    return value


def _metadata(field: str, asked: Mapping[str, Json], known: Mapping[str, Searchable]) -> dict[str, Json]:
    lhs, unit = asked.get("lhs"), asked.get("unit")
    if not isinstance(lhs, str) or not lhs.strip():
        raise bad_request("lhs names a key of the metadata, like acquisition.pixel_size")
    name = f"{field}.{lhs.strip().removesuffix('.value')}"
    wanted = _compared(
        asked.get("relation"), asked.get("rhs"), unit if isinstance(unit, str) and unit.strip() else None
    )
    # A table of metadata values knows itself that the number of `a` may stand in `a.value`; other documents do not.
    places = ("",) if unit or getattr(known.get(field), "knows_quantities", False) else ("", ".v", ".value")
    return {"or": [{name + place: wanted} for place in places]}


def _compared(relation: Json, rhs: Json, unit: str | None) -> dict[str, Json]:
    if relation == "CONTAINS_STRING":
        return {"regex": re2.escape(str(rhs)), "options": "i"}
    if relation == "RANGE":
        if not isinstance(rhs, list) or len(rhs) != 2:  # noqa: PLR2004 (the smallest and the largest)
            raise bad_request("RANGE takes a list of two numbers in rhs")
        return {"gt": _quantity(rhs[0], unit), "lt": _quantity(rhs[1], unit)}
    if relation not in _RELATIONS:
        raise bad_request(
            f"{str(relation)[:40]!r} is no relation; there are {', '.join(_RELATIONS)}, RANGE, CONTAINS_STRING"
        )
    return {_RELATIONS[relation]: _quantity(rhs, unit)}


def _quantity(value: Json, unit: str | None) -> Json:
    if unit is None:
        return value
    try:
        return {"value": float(value) if isinstance(value, str) else value, "unit": unit}
    except ValueError:
        raise bad_request(f"{value[:40]!r} is no number of {unit[:40]}") from None
