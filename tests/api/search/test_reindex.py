"""A catalog that is older than its searches is indexed when it is migrated, and anew on command."""

from sqlalchemy import delete
from sqlmodel import Session, col, select
from typer.testing import CliRunner

from catalog_api.__main__ import commands
from catalog_api.database import Database
from catalog_api.json_type import Json
from catalog_api.search.reindex import fill_missing, index_all
from catalog_api.tables import DatasetAccessRow, DatasetRow, DatasetTextRow, MetadataValueRow
from tests.api.search.collection import caller_in, found, register

PIXELS: dict[str, Json] = {"scientificMetadata.pixel_size": {"lt": {"value": 1, "unit": "Å"}}}


def _old_dataset(session: Session, pid: str) -> None:
    row = register(session, pid, scientific_metadata={"pixel_size": {"value": 0.083, "unit": "nm"}})
    row.scientific_metadata = {"pixel_size": {"value": 0.083, "unit": "nm"}}
    for table in (DatasetTextRow, MetadataValueRow):
        session.execute(delete(table).where(col(table.pid) == pid))


def test_datasets_that_were_never_indexed_are(database: Database) -> None:
    with database.writing() as session:
        _old_dataset(session, "a")
        _old_dataset(session, "b")
        register(session, "c")

    filled = fill_missing(database), fill_missing(database)

    assert filled == (2, 0)
    with database.reading() as session:
        assert found(session, PIXELS) == "ab"
        assert found(session, {"$text": {"$search": "pixel"}}, caller_in("p1")) == "ab"
        metadata = session.exec(select(DatasetRow.scientific_metadata).where(DatasetRow.pid == "a")).one()
        assert metadata == {"pixel_size": {"value": 0.083, "unit": "nm", "valueSI": 8.3e-11, "unitSI": "m"}}


def test_everything_is_indexed_anew_on_command(database: Database) -> None:
    with database.writing() as session:
        register(session, "a", keywords=["spa"])
        session.execute(delete(DatasetAccessRow))

    number = index_all(database)

    with database.reading() as session:
        assert number == 1
        assert found(session, {"keywords": "spa"}, caller_in("p1")) == "a"


def test_indexing_leaves_the_datasets_as_they_are(database: Database) -> None:
    with database.writing() as session:
        before = register(session, "a", scientific_metadata={"a": 1}).model_dump()

    index_all(database)

    with database.reading() as session:
        assert session.get_one(DatasetRow, "a").model_dump() == before


def test_the_command_says_how_many_datasets_it_indexed(database: Database, database_url: str) -> None:
    with database.writing() as session:
        register(session, "a", keywords=["spa"])
        session.execute(delete(DatasetTextRow))

    migrated = CliRunner().invoke(commands, ["migrate"], env={"EMDEWAR_CATALOG_DATABASE_URL": database_url})
    found_again = fill_missing(database)
    result = CliRunner().invoke(commands, ["reindex"], env={"EMDEWAR_CATALOG_DATABASE_URL": database_url})

    assert (migrated.exit_code, found_again) == (0, 0)
    assert result.output == "1 datasets indexed\n"
