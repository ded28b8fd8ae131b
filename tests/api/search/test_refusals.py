"""A condition that makes no sense is refused, and nothing is asked of the database."""

import pytest

from catalog_api.database import Database
from catalog_api.json_type import Json
from catalog_api.wire.conditions import MOST_CONDITIONS, MOST_LEVELS
from emdewar.errors import RefusedError
from tests.api.search.collection import found, register


def _nested(levels: int) -> dict[str, Json]:
    return {"not": _nested(levels - 1)} if levels > 1 else {"pid": "a"}


@pytest.mark.parametrize(
    "where",
    [
        {"nothing": 1},
        {"proposals.pi_email": "x"},
        {"pid.below": "x"},
        {"keywords.below": "x"},
        {"pid": {"near": 1}},
        {"size": "five"},
        {"size": {"gt": [1]}},
        {"size": {"like": "5"}},
        {"isPublished": "perhaps"},
        {"startTime": {"gt": "yesterday"}},
        {"keywords": {"in": [1]}},
        {"keywords": {"in": "spa"}},
        {"pid": {"in": ["x"] * 10_001}},
        {"pid": {"between": [1]}},
        {"pid": {"exists": "yes"}},
        {"pid": {"regex": "("}},
        {"pid": {"regex": "(?=x)"}},
        {"pid": {"regex": "x" * 2_000}},
        {"pid": {"regex": "x", "options": "q"}},
        {"or": []},
        {"or": {"pid": "a"}},
        {"and": [5]},
        {"jobParameters.copies": {"gt": True}},
        {"scientificMetadata.voltage": {"lt": {"value": 1, "unit": "parsecs per fortnight"}}},
        {"scientificMetadata.voltage": {"lt": {"value": "x", "unit": "V"}}},
        {"scientificMetadata.voltage": {"gt": {"value": 1, "unit": "V"}, "lt": {"value": 1, "unit": "m"}}},
        {"$text": 5},
        {"$text": {"$search": "word " * 60}},
        {"and": [{"pid": "a"}] * (MOST_CONDITIONS + 1)},
        _nested(MOST_LEVELS + 1),
    ],
)
def test_what_makes_no_sense_is_refused(database: Database, where: dict[str, Json]) -> None:
    with database.reading() as session, pytest.raises(RefusedError) as refused:
        found(session, where)

    assert refused.value.reason == "badRequest"


def test_conditions_inside_conditions_are_answered_to_the_last_level(database: Database) -> None:
    with database.writing() as session:
        for pid in "ab":
            register(session, pid)

        assert found(session, _nested(MOST_LEVELS)) == "b"
