"""Scientific metadata against the schema that a dataset names: where it differs, what is expected, what is there."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from jsonschema.exceptions import UndefinedTypeCheck, UnknownType, ValidationError, best_match
from jsonschema.protocols import Validator
from referencing.exceptions import Unresolvable

from catalog_api.json_type import Json
from catalog_api.schemas.budget import TooMuchWorkError, budget
from catalog_api.schemas.careful import unwritten
from catalog_api.schemas.documents import schema_named
from emdewar.errors import RefusedError

MOST_FINDINGS = 50
LONGEST_VALUE = 200

# What jsonschema raises when a schema is none: it does not look before it leaps.
_UNUSABLE = (
    UnknownType,
    UndefinedTypeCheck,
    Unresolvable,
    RecursionError,
    ArithmeticError,
    LookupError,
    TypeError,
    AttributeError,
    ValueError,
    RefusedError,
)


@dataclass(frozen=True)
class Finding:
    """One place where metadata differ from their schema.

    Attributes:
        path: Keys joined by dots, below `scientificMetadata`.
        expectation: What the schema wants there.
        value: What is there, cut short.
    """

    path: str
    expectation: str
    value: str

    def wire(self) -> dict[str, str]:
        """Write it."""
        return asdict(self)

    def __str__(self) -> str:
        """Say it in one sentence."""
        return f"scientificMetadata.{self.path}: expected {self.expectation}, found {self.value}"


@dataclass(frozen=True)
class Judgement:
    """What came of a validation.

    Attributes:
        findings: The differences, the first ones when there are many; none when the metadata are valid.
        known: Whether there was a schema to judge by.
    """

    findings: tuple[Finding, ...]
    known: bool = True

    @property
    def valid(self) -> bool:
        """Tell whether the metadata satisfy their schema."""
        return not self.findings


def judge(metadata: Mapping[str, Json], schema: str, folder: Path | None = None) -> Judgement:
    """Compare metadata with the schema that is named with them.

    Args:
        metadata: Scientific metadata; `valueSI` and `unitSI`, which the catalog adds, are left out of the comparison.
        schema: Address of a known schema, or a JSON schema as text.
        folder: The site's own schemas.
    """
    try:
        with budget():
            validator = schema_named(schema, folder)
            if validator is None:
                return _unusable(schema, "the address of a schema that the catalog knows, or a JSON schema as text")
            return Judgement(tuple(_findings(validator, unwritten(_without_si(metadata)))))
    except TooMuchWorkError:
        return _unusable(schema, "a schema that is simple enough to be applied to these metadata")
    except _UNUSABLE as error:
        return _unusable(schema, f"a JSON schema that can be used ({str(error)[:LONGEST_VALUE]})")


def _unusable(schema: str, expectation: str) -> Judgement:
    return Judgement((Finding("$schema", expectation, _short(schema)),), known=False)


def _findings(validator: Validator, metadata: Mapping[str, Json]) -> Iterator[Finding]:
    for error in islice(validator.iter_errors(metadata), MOST_FINDINGS):
        fault = best_match([error]) or error
        path = ".".join(str(part) for part in fault.absolute_path)
        yield Finding(path, _expectation(fault), "nothing" if fault.validator == "required" else _short(fault.instance))


def _expectation(fault: ValidationError) -> str:
    wanted: Any = fault.validator_value
    if fault.validator in {"required", "additionalProperties", "unevaluatedProperties"}:
        return "a value" if fault.validator == "required" else "no such property"
    words = _WORDS.get(str(fault.validator))
    return f"{words} {_short(wanted)}" if words else f"{fault.validator} {_short(wanted)}"


_WORDS = {
    "type": "type",
    "enum": "one of",
    "const": "exactly",
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
    "pattern": "a text with the pattern",
    "format": "a text in the format",
}


def _short(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + "..."


def _without_si(value: Json) -> Json:
    if isinstance(value, list):
        return [_without_si(item) for item in value]
    if not isinstance(value, dict):
        return value
    quantity = {"value", "unit"} <= value.keys() or {"v", "u"} <= value.keys()
    added = {"valueSI", "unitSI"} if quantity else set()
    return {key: _without_si(inner) for key, inner in value.items() if key not in added}
