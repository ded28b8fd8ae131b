"""Whatever is sent as a schema, and whatever as metadata, there is a judgement, and it can be written."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator, Draft202012Validator

from catalog_api.json_type import Json
from catalog_api.schemas.budget import TooMuchWorkError, budget, spend
from catalog_api.schemas.careful import unwritten
from catalog_api.schemas.judgement import judge

DIALECTS = ["http://json-schema.org/draft-04/schema#", "https://json-schema.org/draft/2020-12/schema"]
KEYWORDS = sorted({*Draft4Validator.VALIDATORS, *Draft202012Validator.VALIDATORS, "$schema", "$id", "$defs"})
WORDS = st.sampled_from(["a", "#", "#/a", "string", "number", "object", "(", "a+", "", *DIALECTS])
LEAVES = st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False, allow_infinity=False) | WORDS
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYWORDS) | WORDS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    schema=st.dictionaries(st.sampled_from(KEYWORDS), ANYTHING, max_size=5),
    metadata=st.dictionaries(WORDS, ANYTHING, max_size=4),
)
def test_any_schema_gives_a_judgement(schema: dict[str, Any], metadata: dict[str, Json]) -> None:
    judgement = judge(metadata, json.dumps(schema))

    assert judgement.known or not judgement.valid
    assert json.dumps([finding.wire() for finding in judgement.findings])


@pytest.mark.parametrize(
    "address",
    [
        "https://w3id.org/oscem-schemas/latest/spa",
        "http://w3id.org/oscem-schemas/1.0.2/subtomo/",
        "https://w3id.org/oscem-schemas/v1.0.2/general/jsonschema/oscem_schemas_general.schema.json",
        "https://json-schema.org/draft/2019-09/schema",
    ],
)
def test_published_schemas_are_known_by_all_their_addresses(address: str) -> None:
    assert judge({}, address).known


@pytest.mark.parametrize(
    "address",
    [
        "https://w3id.org/oscem-schemas/v9.9.9/spa",
        "https://w3id.org/oscem-schemas/latest/another",
        "https://w3id.org.example.org/oscem-schemas/latest/spa",
        "file:///etc/passwd",
        "../spa",
        "",
    ],
)
def test_nothing_else_is_known(address: str) -> None:
    assert not judge({}, address).known


def test_work_ends_with_its_budget() -> None:
    with budget(3):
        spend(3)
        with pytest.raises(TooMuchWorkError):
            spend(1)


WIDE = {f"k{number}": list(range(20)) for number in range(100)}
DEEP = {
    f"d{level}": {"dependentSchemas": {key: {"$ref": f"#/$defs/d{level + 1}"} for key in "xy"}} for level in range(40)
}
COSTLY: dict[str, Json] = {
    "doubling": {"$defs": {**DEEP, "d40": {}}, "$ref": "#/$defs/d0"},
    "many looks at all entries": {"allOf": [{"additionalProperties": {"items": True}}] * 2000},
    "many large comparisons": {"$defs": {"a": {"const": WIDE}}, "allOf": [{"not": {"$ref": "#/$defs/a"}}] * 2000},
    "many differences": {"$defs": {"a": {"additionalProperties": False}}, "anyOf": [{"$ref": "#/$defs/a"}] * 2000},
}


@pytest.mark.parametrize("kind", COSTLY)
def test_a_hostile_schema_is_refused_by_its_steps(kind: str) -> None:
    judgement = judge({"x": 1, "y": 1, **WIDE}, json.dumps(COSTLY[kind]))

    assert not judgement.known
    assert "simple enough" in judgement.findings[0].expectation


def test_differences_are_made_without_writing_out_what_differs() -> None:
    written = repr(unwritten({"a": [1, "text" * 100]})), repr(unwritten(["a"])), repr(unwritten("a" * 1000))

    judgement = judge({"a": "b" * 1000}, json.dumps({"properties": {"a": {"const": "c"}}}))

    assert written == ("{...}", "[...]", "'...'")
    assert judgement.findings[0].value.startswith('"bbb')
