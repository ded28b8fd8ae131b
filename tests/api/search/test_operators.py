"""Every operator finds on every kind of field what MongoDB would find."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlmodel import Session

from catalog_api.database import Database
from catalog_api.json_type import Json
from tests.api.search.collection import found, register


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """Four datasets: a and b are full, c is sparse, d has odd types and keys."""
    with database.writing() as session:
        register(
            session,
            "a",
            description="Apoferritin at 200 kV",
            size=10,
            data_quality_metrics=0.5,
            start_time=datetime(2026, 11, 20, 8, tzinfo=UTC),
            is_published=True,
            keywords=["spa", "krios"],
            archivable=False,
            job_parameters={"copies": 1, "to": {"name": "tape"}, "notes": ["x", "y"]},
            techniques=[{"pid": "t1", "name": "SPA"}, {"pid": "t2", "name": "EFTEM"}],
            scientific_metadata={"camera": "K3", "voltage": {"value": 200, "unit": "kV"}, "tilts": [-60, 60]},
        )
        register(
            session,
            "b",
            description="Lamella, 300 kV\nsecond line",
            size=20,
            data_quality_metrics=2.0,
            start_time=datetime(2026, 11, 21, 8, tzinfo=UTC),
            keywords=["tomo"],
            job_parameters={"copies": 2, "to": {"name": "disk"}, "notes": []},
            techniques=[{"pid": "t3", "name": "cryo-ET"}],
            scientific_metadata={"camera": "Falcon 4i", "voltage": {"value": 300_000, "unit": "V"}, "ok": True},
        )
        register(session, "c", size=30)
        register(
            session,
            "d",
            description="",
            size=40,
            keywords=["Krios"],
            job_parameters={"copies": "1", "to": None, "a.b": {"$c": 1}, "notes": ["x", 5, None]},
            scientific_metadata={"camera": None, "voltage": {"v": 5, "u": "parsecs per fortnight"}, "ok": False},
        )
        yield session


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"description": "Apoferritin at 200 kV"}, "a"),
        ({"description": {"eq": ""}}, "d"),
        ({"description": {"$ne": "Apoferritin at 200 kV"}}, "bcd"),
        ({"description": {"neq": None}}, "abd"),
        ({"description": None}, "c"),
        ({"description": {"inq": ["", None]}}, "cd"),
        ({"description": {"nin": ["", None]}}, "ab"),
        ({"description": {"$nin": [""]}}, "abc"),
        ({"description": {"exists": False}}, "c"),
        ({"description": {"$exists": True}}, "abd"),
        ({"description": {"gt": "B"}}, "b"),
        ({"description": {"lte": "B"}}, "ad"),
        ({"description": {"between": ["A", "B"]}}, "a"),
        ({"description": {"like": "00 kV"}}, "ab"),
        ({"description": {"regexp": "/apo/i"}}, "a"),
        ({"description": {"$regex": "^apo", "$options": "i"}}, "a"),
        ({"description": {"regex": "^second"}}, ""),
        ({"description": {"regex": "^second", "options": "m"}}, "b"),
        ({"description": {"regex": "kV.second"}}, ""),
        ({"description": {"regex": "kV.second", "$options": "s"}}, "b"),
        ({"description": {"like": "LAMELLA"}}, ""),
        ({"description": {"ilike": "LAMELLA"}}, "b"),
        ({"description": {"nlike": "kV"}}, "cd"),
        ({"description": {"nilike": "KV"}}, "cd"),
        ({"description": {"not": {"like": "kV"}}}, "cd"),
        ({"description": {}}, "abcd"),
    ],
)
def test_texts(session: Session, where: dict[str, Json], expected: str) -> None:
    assert found(session, where) == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"size": 20}, "b"),
        ({"size": 20.0}, "b"),
        ({"size": "20"}, "b"),
        ({"size": {"gt": 19.5}}, "bcd"),
        ({"size": {"$lt": 20}}, "a"),
        ({"size": {"gte": 20, "lte": 30}}, "bc"),
        ({"size": {"between": [20, 30]}}, "bc"),
        ({"size": {"in": [10, 40, 99]}}, "ad"),
        ({"size": {"ne": 10}}, "bcd"),
        ({"size": {"gt": 2**62}}, ""),
        ({"numberOfFiles": {"lt": 2**40}}, "abcd"),
        ({"dataQualityMetrics": {"gt": 0.5}}, "b"),
        ({"dataQualityMetrics": {"ne": 0.5}}, "bcd"),
        ({"dataQualityMetrics": {"gt": None}}, ""),
        ({"dataQualityMetrics": None}, "cd"),
        ({"isPublished": True}, "a"),
        ({"isPublished": "true"}, "a"),
        ({"isPublished": {"neq": True}}, "bcd"),
        ({"datasetlifecycle.archivable": False}, "a"),
        ({"startTime": {"gte": "2026-11-21"}}, "b"),
        ({"startTime": {"lt": "2026-11-21T08:00:00Z"}}, "a"),
        ({"startTime": "2026-11-20T09:00:00+01:00"}, "a"),
        ({"startTime": {"lt": 1795248000000}}, "a"),
        ({"startTime": {"exists": False}}, "cd"),
        ({"startTime": {"nin": ["2026-11-20T08:00:00Z"]}}, "bcd"),
    ],
)
def test_numbers_moments_and_truth(session: Session, where: dict[str, Json], expected: str) -> None:
    assert found(session, where) == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"keywords": "spa"}, "a"),
        ({"keywords": {"ne": "spa"}}, "bcd"),
        ({"keywords": {"in": ["spa", "tomo"]}}, "ab"),
        ({"keywords": {"nin": ["spa", "tomo"]}}, "cd"),
        ({"keywords": {"like": "rios"}}, "ad"),
        ({"keywords": {"ilike": "^KRIOS$"}}, "ad"),
        ({"keywords": {"nlike": "rios"}}, "bc"),
        ({"keywords": {"gt": "s"}}, "ab"),
        ({"keywords": {"exists": True}}, "abcd"),
        ({"keywords": {"in": []}}, ""),
        ({"keywords": {"nin": []}}, "abcd"),
        ({"keywords": None}, ""),
    ],
)
def test_lists_of_words(session: Session, where: dict[str, Json], expected: str) -> None:
    assert found(session, where) == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"jobParameters.copies": 1}, "a"),
        ({"jobParameters.copies": "1"}, "d"),
        ({"jobParameters.copies": {"gt": 1}}, "b"),
        ({"jobParameters.copies": {"gte": "0"}}, "d"),
        ({"jobParameters.copies": {"ne": 1}}, "bcd"),
        ({"jobParameters.copies": True}, ""),
        ({"jobParameters.to.name": "tape"}, "a"),
        ({"jobParameters.to.name": {"regex": "^d"}}, "b"),
        ({"jobParameters.to": None}, "cd"),
        ({"jobParameters.to": {"exists": True}}, "abd"),
        ({"jobParameters.to": {"name": "disk"}}, "b"),
        ({"jobParameters": {"exists": False}}, "c"),
        ({"jobParameters.notes": "x"}, "ad"),
        ({"jobParameters.notes": {"nin": ["x"]}}, "bc"),
        ({"jobParameters.notes": ["x", "y"]}, "a"),
        ({"jobParameters.notes": []}, "b"),
        ({"jobParameters.notes": None}, "cd"),
        ({"jobParameters.notes": {"gt": 4}}, "d"),
        ({"jobParameters.notes": {"between": ["y", "z"]}}, "a"),
        ({"jobParameters.a%2Eb.$c": 1}, "d"),
        ({"techniques.name": "EFTEM"}, "a"),
        ({"techniques.name": {"like": "cryo"}}, "b"),
        ({"techniques.pid": {"in": ["t1", "t3"]}}, "ab"),
        ({"techniques": {"pid": "t3", "name": "cryo-ET"}}, "b"),
        ({"techniques.nothing": {"exists": True}}, ""),
    ],
)
def test_free_json_is_searched_through_its_lists(session: Session, where: dict[str, Json], expected: str) -> None:
    assert found(session, where) == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"scientificMetadata.camera": "K3"}, "a"),
        ({"scientificMetadata.camera": {"ne": "K3"}}, "bcd"),
        ({"scientificMetadata.camera": None}, "cd"),
        ({"scientificMetadata.camera": {"exists": True}}, "abd"),
        ({"scientificMetadata.camera": {"like": "^F"}}, "b"),
        ({"scientificMetadata.camera": {"gt": "F", "lt": "G"}}, "b"),
        ({"scientificMetadata.voltage.value": 200}, "a"),
        ({"scientificMetadata.voltage.value": {"gt": 200}}, "b"),
        ({"scientificMetadata.voltage": {"gte": 200}}, "ab"),
        ({"scientificMetadata.voltage": {"lt": 200}}, "d"),
        ({"scientificMetadata.voltage.unit": "kV"}, "a"),
        ({"scientificMetadata.voltage.valueSI": {"gt": 199_999}}, "ab"),
        ({"scientificMetadata.voltage.unitSI": {"exists": True}}, "ab"),
        ({"scientificMetadata.voltage": {"exists": True}}, "abd"),
        ({"scientificMetadata.voltage": {"value": 200, "unit": "kV"}}, "a"),
        ({"scientificMetadata.voltage": {"lte": {"value": 0.2, "unit": "MV"}}}, "a"),
        ({"scientificMetadata.voltage": {"in": [{"value": 300, "unit": "kV"}, 5]}}, "bd"),
        ({"scientificMetadata.tilts": 60}, "a"),
        ({"scientificMetadata.tilts": {"gt": -60, "lt": 60}}, ""),
        ({"scientificMetadata.ok": True}, "b"),
        ({"scientificMetadata.ok": {"ne": True}}, "acd"),
        ({"scientificMetadata": {"exists": False}}, ""),
        ({"scientificMetadata": {}}, "abcd"),
    ],
)
def test_scientific_metadata(session: Session, where: dict[str, Json], expected: str) -> None:
    assert found(session, where) == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"and": [{"size": {"gt": 10}}, {"size": {"lt": 40}}]}, "bc"),
        ({"$or": [{"pid": "a"}, {"description": None}]}, "ac"),
        ({"nor": [{"pid": "a"}, {"description": None}]}, "bd"),
        ({"not": {"description": {"like": "kV"}}}, "cd"),
        ({"$and": [{"$or": [{"pid": "a"}, {"pid": "b"}]}, {"keywords": "tomo"}]}, "b"),
        ({"not": {"not": {"keywords": "tomo"}}}, "b"),
        ({}, "abcd"),
        ({"_id": "c"}, "c"),
        ({"proposalId": "p"}, ""),
    ],
)
def test_conditions_are_joined(session: Session, where: dict[str, Json], expected: str) -> None:
    assert found(session, where) == expected
