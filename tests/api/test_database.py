"""The database: one schema however it came to be, all or nothing in a transaction, no surprise when it is busy."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable
from sqlmodel import SQLModel

from catalog_api.database import Database
from catalog_api.settings import Settings
from tests.api.bodies import ARCHIVE, As, dataset, declare, events, life, path


@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_the_migrations_make_exactly_the_tables_of_the_models(newest_schema: Path) -> None:
    with create_engine(f"sqlite:///{newest_schema}").connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": _is_no_search_index})
        differences = compare_metadata(context, SQLModel.metadata)
    connection.engine.dispose()

    assert differences == []


def _is_no_search_index(name: str | None, kind: str, _parents: object) -> bool:
    return not (kind == "table" and str(name).startswith("dataset_words"))


def test_migrating_twice_changes_nothing(database: Database) -> None:
    database.migrate()

    with database.reading() as session:
        versions = session.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    assert versions == ["0003"]


@pytest.mark.parametrize("table", SQLModel.metadata.sorted_tables, ids=lambda table: table.name)
def test_every_table_can_be_made_on_postgresql(table: object) -> None:
    text = str(CreateTable(table).compile(dialect=postgresql.dialect()))  # type: ignore[arg-type, no-untyped-call]

    assert text.lstrip().startswith("CREATE TABLE")


def test_a_file_list_that_fails_half_way_leaves_nothing(flows: httpx.Client) -> None:
    flows.post("/api/v4/datasets", json=dataset())
    declare(flows, range(900, 901))

    answer = declare(flows, range(1000), _id="half")

    assert answer.status_code == 409
    assert flows.get("/api/v4/origdatablocks/half").status_code == 404
    assert (flows.get(path()).json()["numberOfFiles"], len(flows.get(path() + "/files").json())) == (1, 1)


KILLED = """
import os, sys
from catalog_api.accounts import Account, Accounts
from catalog_api.database import Database
from catalog_api.jobs.reading import builtin_types
from catalog_api.rules.caller import caller_of
from catalog_api.services.jobs_opening import Desk, open_job
from catalog_api.settings import Settings
from catalog_api.wire.jobs import JobIn

settings = Settings()
owner = caller_of(Account("owner", "", frozenset({"p1"}), ""), settings)
params = {"datasetList": [{"pid": "20.500/abc", "files": []}]}
body = {"type": "archive", "ownerGroup": "p1", "jobParams": params}
with Database(settings).writing() as session:
    open_job(session, owner, Desk(builtin_types(), Accounts([]), True), JobIn.model_validate(body))
    session.flush()
    os.kill(os.getpid(), 9)
"""


def test_a_catalog_killed_in_the_middle_of_a_job_has_neither_job_nor_move(
    settings: Settings, flows: httpx.Client
) -> None:
    flows.post("/api/v4/datasets", json=dataset())
    environment = os.environ | {"EMDEWAR_CATALOG_DATABASE_URL": settings.database_url}

    killed = subprocess.run([sys.executable, "-c", KILLED], env=environment, cwd=Path(__file__).parents[2], check=False)

    assert killed.returncode == -9
    assert (flows.get("/api/v4/jobs").json(), len(events(flows))) == ([], 1)
    assert life(flows)["archiveStatusMessage"] == "datasetCreated"
    assert flows.post("/api/v4/jobs", json=ARCHIVE).status_code == 201


@pytest.fixture
def impatient(settings: Settings) -> Settings:
    """A catalog that does not wait for the database."""
    settings.busy_timeout_s = 0.05
    return settings


@pytest.mark.usefixtures("impatient")
def test_a_busy_database_is_said_to_be_busy(sqlite_file: Path, as_: As) -> None:
    with sqlite3.connect(sqlite_file, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = as_("flows").post("/api/v4/datasets", json=dataset())
        reading = as_("flows").get("/api/v4/datasets")
        other.execute("ROLLBACK")
    other.close()

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert reading.status_code == 200
