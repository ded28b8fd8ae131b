"""JSON Schema for strangers' schemas: patterns in linear time, every step counted, nothing fetched.

Made of jsonschema's drafts, with the keywords replaced whose cost a stranger could choose.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache

from jsonschema import (
    Draft4Validator,
    Draft6Validator,
    Draft7Validator,
    Draft201909Validator,
    Draft202012Validator,
    FormatChecker,
    validators,
)
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator

from catalog_api.json_type import Json
from catalog_api.schemas.budget import spend
from catalog_api.wire.patterns import found

Check = Callable[[Json, Json, Json, Json], Iterable[ValidationError] | None]
"""What jsonschema asks for a keyword: validator, the keyword's value, the metadata there, the schema around."""

_SHORT = 100
_DIFFERENCE = 4
"""Steps that making a difference, or handing it on, is worth."""
_DATA = frozenset({"const", "enum", "dependentRequired", "dependencies"})
"""Keywords whose values are gone through whole."""

_OLD: tuple[Json, ...] = (Draft4Validator, Draft6Validator, Draft7Validator)
_DRAFTS: tuple[Json, ...] = (*_OLD, Draft201909Validator, Draft202012Validator)

FORMATS = FormatChecker(formats=("date", "email", "ipv4", "ipv6", "uuid"))
"""Formats that are checked; the same ones in every installation."""


@FORMATS.checks("date-time", raises=ValueError)
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or ("T" in value.upper() and bool(datetime.fromisoformat(value)))


def drafts() -> dict[str, Json]:
    """Give the drafts of JSON Schema by the bare addresses of their own schemas."""
    return {bare(str(draft.META_SCHEMA.get("$id", draft.META_SCHEMA.get("id")))): draft for draft in _DRAFTS}


def bare(address: str) -> str:
    """Bring an address to the form in which addresses are compared."""
    return address.strip().removeprefix("https://").removeprefix("http://").rstrip("#").rstrip("/")


def validator_of(document: Mapping[str, Json]) -> Validator:
    """Make a validator of a schema."""
    schema = unwritten(without_dialects(document))
    made: Validator = _careful(bare(str(document.get("$schema"))))(schema, format_checker=FORMATS)
    return made


def without_dialects(document: Json) -> Json:
    """Leave out every `$schema`: jsonschema would change to its own classes wherever it meets one."""
    if isinstance(document, dict):
        return {
            name: without_dialects(value)
            for name, value in document.items()
            if name != "$schema" or not isinstance(value, str)
        }
    return [without_dialects(item) for item in document] if isinstance(document, list) else document


class _Object(dict[str, Json]):
    def __repr__(self) -> str:
        return "{...}"


class _List(list[Json]):
    def __repr__(self) -> str:
        return "[...]"


class _Text(str):
    __slots__ = ()

    def __repr__(self) -> str:
        return "'...'"


def unwritten(document: Json) -> Json:
    """Give the same JSON, which is not written out: jsonschema would do it whole for each difference it finds."""
    if isinstance(document, dict):
        return _Object({unwritten(name): unwritten(value) for name, value in document.items()})
    if isinstance(document, list):
        return _List(map(unwritten, document))
    return _Text(document) if isinstance(document, str) and len(document) > _SHORT else document


@cache
def _careful(named: str) -> Json:
    draft = drafts().get(named, Draft202012Validator)
    return validators.create(
        meta_schema=draft.META_SCHEMA,
        validators={name: _counted(check) for name, check in {**draft.VALIDATORS, **_REPLACED}.items()},
        type_checker=draft.TYPE_CHECKER,
        format_checker=FORMATS,
        id_of=draft.ID_OF,
        applicable_validators=_applicable(alone=draft in _OLD),
    )


def _applicable(*, alone: bool) -> Json:
    def count(schema: Mapping[str, Json]) -> Iterable[tuple[str, Json]]:
        spend(1 + sum(_nodes(value) if name in _DATA else _weight(value) for name, value in schema.items()))
        # Up to draft 7, nothing beside a `$ref` counts.
        return [("$ref", schema["$ref"])] if alone and "$ref" in schema else schema.items()

    return count


def _counted(check: Check) -> Json:
    """Count what a keyword goes through, and each difference again at each level that hands it on."""

    def counted(validator: Json, value: Json, instance: Json, schema: Json) -> Iterator[ValidationError]:
        spend(_weight(instance))
        for error in check(validator, value, instance, schema) or ():
            spend(_DIFFERENCE)
            yield error

    return counted


def _nodes(value: Json) -> int:
    if isinstance(value, dict):
        return 1 + sum(map(_nodes, value.values()))
    return 1 + sum(map(_nodes, value)) if isinstance(value, list) else _weight(value)


def _weight(value: Json) -> int:
    if isinstance(value, dict | list):
        return 1 + len(value)
    return 1 + len(value) // 16 if isinstance(value, str) else 1


def _pattern(validator: Json, pattern: str, instance: Json, _schema: Json) -> Iterator[ValidationError]:
    if validator.is_type(instance, "string"):
        spend(1 + len(instance) // 256)
        if not found(pattern, instance):
            yield ValidationError("the pattern is not found")


def _pattern_properties(
    validator: Json, patterns: Mapping[str, Json], instance: Json, _schema: Json
) -> Iterator[ValidationError]:
    if not validator.is_type(instance, "object"):
        return
    spend(1 + len(patterns) * len(instance))
    for pattern, subschema in patterns.items():
        for name, value in instance.items():
            if found(pattern, name):
                yield from validator.descend(value, subschema, path=name, schema_path=pattern)


def _additional(
    validator: Json, allowed: Json, instance: Json, schema: Mapping[str, Json]
) -> Iterator[ValidationError]:
    if not validator.is_type(instance, "object"):
        return
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    spend(1 + len(patterns) * len(instance))
    for name, value in instance.items():
        if name in named or any(found(pattern, name) for pattern in patterns):
            continue
        if allowed is False:
            yield ValidationError("is not foreseen", path=[name], instance=value)
        else:
            yield from validator.descend(value, allowed, path=name)


def _required(validator: Json, names: Iterable[str], instance: Json, _schema: Json) -> Iterator[ValidationError]:
    if validator.is_type(instance, "object"):
        for name in names:
            if name not in instance:
                yield ValidationError("is missing", path=[name], instance=None)


def _unique(validator: Json, wanted: Json, instance: Json, _schema: Json) -> Iterator[ValidationError]:
    if wanted and validator.is_type(instance, "array"):
        written = [json.dumps(item, sort_keys=True) for item in instance]
        spend(1 + sum(map(len, written)) // 16)
        if len(set(written)) < len(written):
            yield ValidationError("an entry is there twice")


_REPLACED: Mapping[str, Json] = {
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional,
    "required": _required,
    "uniqueItems": _unique,
}
