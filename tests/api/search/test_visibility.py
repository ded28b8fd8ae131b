"""What a caller may not see is never listed, counted or named, and costs nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session

from catalog_api.accounts import Account
from catalog_api.database import Database
from catalog_api.json_type import Json
from catalog_api.rules.caller import ANONYMOUS, Caller
from catalog_api.search import datasets, metadata_keys
from catalog_api.search.index import index_dataset
from catalog_api.services import listing as lists
from catalog_api.tables import DatasetRow
from catalog_api.wire.filters import Listing
from tests.api.search.collection import ADMIN, caller_in, found, register

FACETS = ["type", "scientificMetadata.acquisition.camera", "keywords", "accessGroups"]
NEWEST_FIRST = (("createdAt", True),)
PIXELS = {"scientificMetadata.acquisition.pixel_size": {"lt": {"value": 1, "unit": "Å"}}}
QUESTIONS: list[dict[str, Json]] = [
    {},
    {"type": "raw"},
    {"ownerGroup": "p1"},
    {"ownerGroup": {"ne": "p9"}},
    {"keywords": "spa"},
    {"keywords": {"nin": ["tomo"]}},
    {"keywords": {"like": "s.a"}},
    {"$text": {"$search": "spa -tomo"}},
    PIXELS,
    {"and": [PIXELS, {"$text": {"$search": "spa"}}]},
    {"or": [PIXELS, {"pid": {"gt": ""}}]},
    {"scientificMetadata.acquisition.camera": "K3"},
    {"scientificMetadata.acquisition.camera": {"ne": "K3"}},
]


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """Datasets of p1, of which p2 sees some; others of p9; published ones."""
    acquisition = {"pixel_size": {"value": 0.083, "unit": "nm"}, "camera": "K3"}
    same: dict[str, Any] = {"keywords": ["spa"], "scientific_metadata": {"acquisition": acquisition}}
    with database.writing() as session:
        register(session, "a", **same)
        register(session, "b", access_groups=["p2", "p3"], **same)
        register(session, "c", owner_group="p9", is_published=True, **same)
        register(session, "d", owner_group="p9", **same | {"keywords": ["tomo", "secret"]})
        register(session, "e", owner_group="p9", access_groups=["p1", "p2"], is_published=True, **same)
        register(session, "f", owner_group="p8", shared_with=["Someone@Example.org"], **same)
        yield session


def _someone(email: str) -> Caller:
    return Caller(Account("x", email, frozenset()))


@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        (ANONYMOUS, "ce"),
        (caller_in("p1"), "abce"),
        (caller_in("p2"), "bce"),
        (caller_in("p2", "p3"), "bce"),
        (caller_in("p9"), "cde"),
        (caller_in(""), "ce"),
        (caller_in("mailto:someone@example.org"), "cef"),
        (_someone("someone@example.org"), "cef"),
        (ADMIN, "abcdef"),
    ],
)
def test_datasets_are_seen_by_their_groups_by_those_they_are_shared_with_and_by_all_when_published(
    session: Session, caller: Caller, expected: str
) -> None:
    assert found(session, {}, caller) == expected
    assert datasets.count(session, caller, {}) == len(expected)


@pytest.mark.parametrize("few", [0, 100])
@pytest.mark.parametrize("looked_at", [1, 3, 100])
@pytest.mark.parametrize("where", QUESTIONS)
def test_every_way_to_find_datasets_finds_the_same(
    session: Session, where: dict[str, Json], few: int, looked_at: int
) -> None:
    caller = caller_in("p1", "p2")
    all_of_them = [row for row in datasets.page(session, ADMIN, Listing(where=where)) if row.pid in "abce"]
    expected = "".join(row.pid for row in sorted(all_of_them, key=lambda row: (row.created_at, row.pid), reverse=True))
    search = datasets.Search(session, caller, where, few=few, looked_at=looked_at)

    pages = [search.page(Listing(where=where, limit=2, skip=skip, default_order=NEWEST_FIRST)) for skip in (0, 2, 4)]
    sorted_page = search.page(Listing(where=where, order=(("pid", False),)))
    [counted] = lists.facets(session, search.matching(), None, datasets.SEARCHABLE, FACETS)

    assert "".join(row.pid for page in pages for row in page) == expected
    assert "".join(row.pid for row in sorted_page) == "".join(sorted(expected))
    assert search.count() == len(expected)
    assert [sum(entry["count"] for entry in counted[name]) for name in FACETS[:2]] == [len(expected)] * 2


def test_facets_and_keys_never_tell_of_what_is_hidden(session: Session) -> None:
    register(session, "g", owner_group="p9", scientific_metadata={"hidden_key": {"value": 1, "human_name": "Hidden"}})

    [counted] = datasets.facets(session, caller_in("p1"), {}, ["ownerGroup", "keywords", "accessGroups"])
    dotted = metadata_keys.dotted_keys(session, caller_in("p1"), {})
    entries = metadata_keys.entries(session, caller_in("p1"), Listing())

    assert counted == {
        "ownerGroup": [{"_id": "p9", "count": 2}, {"_id": "p1", "count": 2}],
        "keywords": [{"_id": "spa", "count": 4}],
        "accessGroups": [{"_id": "p3", "count": 1}, {"_id": "p2", "count": 2}, {"_id": "p1", "count": 1}],
        "all": [{"totalSets": 4}],
    }
    assert dotted == ["acquisition.camera", "acquisition.pixel_size"]
    assert [(entry["key"], entry["usageCount"]) for entry in entries] == [("acquisition", 4)]


def test_a_dataset_that_changes_hands_is_seen_by_the_new_group_only(session: Session) -> None:
    row = session.get_one(DatasetRow, "b")
    row.owner_group, row.access_groups = "p7", []

    index_dataset(session, row, {"owner_group", "access_groups"})

    assert found(session, {}, caller_in("p7")) == "bce"
    assert found(session, {}, caller_in("p1", "p2")) == "ace"


@pytest.mark.usefixtures("sqlite_file")
@pytest.mark.parametrize("where", QUESTIONS)
def test_no_question_reads_more_than_what_is_visible(database: Database, where: dict[str, Json]) -> None:
    asked: list[tuple[str, Any]] = []
    event.listen(database.engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
    with database.reading() as session:
        datasets.page(session, caller_in("p1"), Listing(where=where, default_order=NEWEST_FIRST))
        datasets.page(session, caller_in("p1"), Listing(where=where, order=(("creationTime", True),)))
        datasets.count(session, caller_in("p1"), where)
        datasets.facets(session, caller_in("p1"), where, FACETS)

    with database.engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        plans = [raw.execute(f"EXPLAIN QUERY PLAN {sql}", given).fetchall() for sql, given in asked if "SELECT" in sql]

    steps = [step for plan in plans for *_, step in plan]
    tables = ("dataset", "dataset_access", "dataset_term", "dataset_text", "metadata_value", "dataset_words")
    assert len(plans) >= 7
    assert not [step for step in steps if step.startswith("SCAN") and step.split()[1] in tables]
