"""Catalogs of earlier versions are brought up to date with all that they hold."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from alembic import command
from sqlalchemy import JSON, Boolean, Connection, DateTime, Integer, MetaData, Numeric, Table, insert, text

from catalog_api.database import Database, alembic_config
from catalog_api.settings import Settings

MOMENT = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEPT = {
    "SELECT pid, path, orig_datablock_id, position, list_number FROM declared_file ORDER BY pid, path": [
        (pid, f"{name}{number}", f"{pid}{number}", position, 0)
        for pid in ("foreign", "managed")
        for position, name in enumerate("ab")
        for number in (1, 2)
    ],
    "SELECT id, number FROM orig_datablock ORDER BY id": [
        (f"{pid}{number}", number) for pid in ("foreign", "managed") for number in (1, 2)
    ],
    "SELECT path, owner FROM datablock_file": [("a1", None)],
    "SELECT job_id, pid FROM job_dataset": [("j1", "managed")],
    "SELECT job_id, kind FROM job_claim": [("j1", "archive")],
    "SELECT aid, target_type, target_id FROM attachment_target": [("a1", "dataset", "managed")],
    "SELECT audience FROM attachment_access ORDER BY audience": [("",), ("p1",), ("p2",)],
    "SELECT audience FROM dataset_access WHERE pid = 'managed'": [("p1",)],
}
COPIES_KEPT = {
    "SELECT id, verified_on FROM datablock ORDER BY id": [
        ("foreign1", None),
        ("managed1", "Disk,s3,tape"),
        ("managed2", ""),
    ],
    "SELECT location, status, finding FROM copy WHERE datablock_id = 'managed1' ORDER BY location": [
        (f"on {store}", "verified", None) for store in ("Disk", "s3", "tape")
    ],
    "SELECT count(*) FROM copy WHERE checked_at = verified_at": [(4,)],
}

Add = Callable[..., None]
"""Adds a row to a table, with plain values in the columns that are not named."""


@pytest.fixture
def empty(kind_of_database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without any table."""
    url = f"sqlite:///{tmp_path}/catalog.sqlite3"
    if kind_of_database == "postgresql":
        server, name = request.getfixturevalue("postgresql"), f"upgraded_{uuid4().hex}"
        server.run_sql(f"CREATE DATABASE {name}")
        url = server.url(name)
    database = Database(Settings(database_url=url))
    yield database
    database.close()


def test_nothing_is_lost_on_the_way_to_the_newest_version(empty: Database) -> None:
    _begin(empty, "0001", _fill)

    empty.migrate()

    assert _answers(empty, KEPT) == KEPT


def test_copies_of_the_second_version_are_good_and_their_blocks_know_where_they_are(empty: Database) -> None:
    _begin(empty, "0002", _fill_copies)

    empty.migrate()

    assert _answers(empty, COPIES_KEPT) == COPIES_KEPT


def _begin(database: Database, version: str, fill: Callable[[Add], None]) -> None:
    with database.engine.begin() as connection:
        command.upgrade(alembic_config(connection), version)
        fill(_adding(connection))


def _answers(database: Database, questions: Iterable[str]) -> dict[str, list[tuple[Any, ...]]]:
    with database.reading() as session:
        return {question: [tuple(row) for row in session.execute(text(question))] for question in questions}


def _adding(connection: Connection) -> Add:
    known = MetaData()

    def add(name: str, **values: Any) -> None:  # noqa: ANN401 (each column has its own type)
        table = Table(name, known, autoload_with=connection, resolve_fks=False)
        columns = {column.name: _plain(column.type) for column in table.columns if not column.nullable}
        connection.execute(insert(table), columns | values)

    return add


def _fill_copies(add: Add) -> None:
    for pid in ("foreign", "managed"):
        add("dataset", pid=pid, managed=pid == "managed")
        add("datablock", id=f"{pid}1", archive_id=f"{pid}1", dataset_id=pid)
    add("datablock", id="managed2", archive_id="managed2", dataset_id="managed", number=2)
    for store in ("tape", "Disk", "s3"):
        add("copy", datablock_id="managed1", store=store, location=f"on {store}", verified_at=MOMENT)
    add("copy", datablock_id="foreign1", store="tape", verified_at=MOMENT)


def _fill(add: Add) -> None:
    for pid in ("foreign", "managed"):
        add("dataset", pid=pid, managed=pid == "managed", owner_group="p1")
        for number in (1, 2):
            add("orig_datablock", id=f"{pid}{number}", dataset_id=pid, number_of_files=2)
            for name in "ba":
                add("declared_file", pid=pid, path=f"{name}{number}", orig_datablock_id=f"{pid}{number}")
    add("datablock", id="b1", archive_id="b1", dataset_id="managed")
    add("datablock_file", datablock_id="b1", pid="managed", path="a1")
    add("job", id="j1")
    add("job_dataset", job_id="j1", pid="managed")
    add("job_claim", job_id="j1", pid="managed", kind="archive")
    add("attachment", aid="a1", dataset_id="managed", owner_group="p1", access_groups=["p2"], is_published=True)


def _plain(kind: object) -> Any:  # noqa: ANN401 (each type has its own value)
    values = {JSON: [], Boolean: False, DateTime: MOMENT, Integer: 0, Numeric: 0}
    return next((value for one, value in values.items() if isinstance(kind, one)), "")
