"""Text search: all words must be there, in any case and with or without accents."""

from collections.abc import Iterator

import pytest
from sqlmodel import Session

from catalog_api.database import Database
from catalog_api.search.index import index_dataset
from catalog_api.search.words import MOST_BYTES, document
from catalog_api.tables import DatasetRow
from tests.api.search.collection import ADMIN, caller_in, found, register


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """Three datasets with words in different places."""
    with database.writing() as session:
        register(session, "a", dataset_name="Apoferritin on Krios G4", keywords=["spa"], owner="Zoë Müller")
        register(session, "b", description="Krios G3: test of apo-ferritin", techniques=[{"pid": "t", "name": "SPA"}])
        register(session, "c", scientific_metadata={"sample": {"name": "Lamella 7b", "grid_type": "Quantifoil"}})
        yield session


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("apoferritin", "a"),
        ("APOFERRITIN krios", "a"),
        ("krios", "ab"),
        ("krios -test", "a"),
        ("-krios", "c"),
        ('"krios g4"', "a"),
        ('"g4 krios"', ""),
        ("krios g3 g4", ""),
        ('krios -"g4"', "b"),
        ("spa", "ab"),
        ("zoe muller", "a"),
        ("lamella", "c"),
        ("7b", "c"),
        ("grid", "c"),
        ("grid_type", "c"),
        ("lam", ""),
        ("apo ferritin", "b"),
        ("apo-ferritin", "b"),
        ("data", "abc"),
        ("", "abc"),
        ("!?", "abc"),
        ("krios' OR 1=1 --", ""),
        ('" OR "x', ""),
        ("NEAR(krios g4)", ""),
        ("krios & !test | (", "b"),
    ],
)
def test_words_phrases_and_exclusions(session: Session, search: str, expected: str) -> None:
    assert found(session, {"$text": {"$search": search}}) == expected


@pytest.mark.parametrize("search", ["apoferritin", "krios -test", '"krios g4"'])
def test_what_is_hidden_is_not_found(session: Session, search: str) -> None:
    assert found(session, {"$text": {"$search": search}}, caller_in("p9")) == ""
    assert found(session, {"$text": {"$search": search}}, caller_in("p1")) == "a"


def test_a_changed_dataset_is_found_by_its_new_words_only(session: Session) -> None:
    row = session.get_one(DatasetRow, "a")
    row.dataset_name = "Ribosome"

    index_dataset(session, row, {"dataset_name"})

    assert found(session, {"$text": {"$search": "ribosome"}}) == "a"
    assert found(session, {"$text": {"$search": "apoferritin"}}) == ""


def test_very_long_texts_are_searched_by_their_beginning(session: Session) -> None:
    text = " ".join(f"word{number}" for number in range(100_000))

    row = register(session, "d", description=text)

    assert len(document(row).encode()) <= MOST_BYTES
    assert found(session, {"$text": {"$search": "word1 word999"}}, ADMIN) == "d"
