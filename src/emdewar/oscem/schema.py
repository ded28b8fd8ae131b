"""A record against the published schema of its technique: a finding per violation, with who can mend it."""

import json
import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from jsonschema import Draft201909Validator, FormatChecker, validators
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator

from emdewar.oscem.findings import Finding
from emdewar.oscem.published import MODULES, schema_document
from emdewar.oscem.suppliers import NOBODY, supplier_of

LONGEST_VALUE = 200
"""Characters of a wrong value that a finding repeats."""

_FORMATS = FormatChecker(formats=("date",))


@_FORMATS.checks("date-time", raises=ValueError)
def _is_moment(value: object) -> bool:
    """RFC 3339 demands the day, the time and the offset."""
    return not isinstance(value, str) or ("T" in value.upper() and datetime.fromisoformat(value).tzinfo is not None)


def module_of(record: Mapping[str, Any]) -> str:
    """Name the module of OSC-EM that a record belongs to.

    That is its technique; a record without a known one is judged as a tilt series if it has a tilt, else as `general`.
    """
    acquisition = record.get("acquisition")
    acquisition = acquisition if isinstance(acquisition, Mapping) else {}
    technique = acquisition.get("technique")
    if isinstance(technique, str) and technique in MODULES:
        return technique
    if "tilt_angle" not in acquisition and "tilt_axis_angle" not in acquisition:
        return "general"
    sample = record.get("sample")
    return "cellular_tomo" if isinstance(sample, Mapping) and "specimen_env" in sample else "subtomo"


def validate_record(record: Mapping[str, Any], technique: str | None = None) -> list[Finding]:
    """Compare a record with the published schema of its technique.

    Args:
        record: A plain JSON object.
        technique: One of `MODULES`; by default what `module_of` tells.

    Returns:
        A finding per violation, in the order of paths; `source` says who can supply what is wanted. None: it is valid.
    """
    module = technique or (module_of(record) if isinstance(record, Mapping) else "general")
    if module not in MODULES:
        path, expectation = "acquisition.technique", f"one of {', '.join(MODULES)}"
        return [Finding(path=path, expectation=expectation, value=module, source=supplier_of(path))]
    return sorted(map(_found, _validator(module).iter_errors(record)), key=lambda finding: finding.path)


def _found(fault: ValidationError) -> Finding:
    path = ".".join(str(part) for part in fault.absolute_path)
    value = "none" if fault.validator == "required" else _short(fault.instance)
    source = NOBODY if fault.validator == "additionalProperties" else supplier_of(path)
    return Finding(path=path, expectation=_expectation(fault), value=value, source=source)


def _expectation(fault: ValidationError) -> str:
    wanted: Any = fault.validator_value
    if fault.validator in {"type", "enum"}:
        return " or ".join(map(str, wanted if isinstance(wanted, list) else [wanted]))
    keyword = str(fault.validator)
    return _EXPECTATIONS.get(f"{keyword} {wanted}") or _EXPECTATIONS.get(keyword) or f"{keyword} {_short(wanted)}"


_EXPECTATIONS = {
    "required": "a value: OSC-EM requires one",
    "additionalProperties": "no such slot",
    "format date-time": "a date-time with offset, as 2026-01-31T12:00:00+01:00",
}


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."


@cache
def _validator(module: str) -> Validator:
    made: Any = validators.create(
        meta_schema=Draft201909Validator.META_SCHEMA,
        validators={**Draft201909Validator.VALIDATORS, **_REPLACED},
        type_checker=Draft201909Validator.TYPE_CHECKER.redefine("number", _is_number),
    )
    validator: Validator = made(schema_document(module), format_checker=_FORMATS)
    return validator


def _is_number(_checker: object, value: object) -> bool:
    """NaN and infinities are numbers for Python, and none for JSON."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _required(validator: Validator, names: list[str], value: Any, _schema: Any) -> Iterator[ValidationError]:  # noqa: ANN401 - JSON of any shape
    """Name the slot that is missing, not the object that lacks it."""
    if validator.is_type(value, "object"):
        yield from (ValidationError("is missing", path=[name]) for name in names if name not in value)


def _closed(validator: Validator, allowed: Any, value: Any, schema: Any) -> Iterator[ValidationError]:  # noqa: ANN401 - JSON of any shape
    """Name each slot that OSC-EM does not have, one by one."""
    if validator.is_type(value, "object") and allowed is False:
        for name in value:
            if name not in schema.get("properties", {}):
                yield ValidationError("is not foreseen", path=[name], instance=value[name])


def _any_of(validator: Validator, branches: list[Any], value: Any, _schema: Any) -> Iterator[ValidationError]:  # noqa: ANN401 - JSON of any shape
    """Look into the one branch that is not `null`: OSC-EM says "may be left out" that way, and only that."""
    for branch in branches:
        if branch != {"type": "null"} and value is not None:
            yield from validator.descend(value, branch)  # type: ignore[attr-defined]


_REPLACED = {"required": _required, "additionalProperties": _closed, "anyOf": _any_of}
