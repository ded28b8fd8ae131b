"""A catalog, on a SQLite file and once more on PostgreSQL, and people who talk to it."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlmodel import SQLModel

from catalog_api import tokens
from catalog_api.accounts import hash_password
from catalog_api.application import create_app
from catalog_api.database import Database
from catalog_api.settings import Settings
from catalog_api.site import Site
from tests.api.bodies import As, InProcess
from tests.api.identity_provider import IdentityProvider
from tests.postgresql import FAST, MissingError, PostgresServer, running_server

PASSWORD = "a password of the tests"  # noqa: S105 (opens nothing but the tests' own catalog)
ClientWith = Callable[..., httpx.Client]
"""Gives a client of a catalog with some settings changed."""

ACCOUNTS = {
    "flows": ["emdewar"],
    "admin": ["admin"],
    "owner": ["p1"],
    "member": ["p2"],
    "stranger": ["p9"],
    "archiver": ["archivers"],
    "cleaner": ["cleaners"],
    "office": ["proposals"],
    "steward": ["stewards"],
    "auditor": ["auditors"],
    "agent": ["agents"],
    "reporter": ["reporters"],
    "janitor": ["janitors"],
    "everything": ["p1", "admin", "cleaners"],
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what asks a database on both kinds, unless it is about SQLite's file or PostgreSQL's server."""
    if "kind_of_database" in metafunc.fixturenames:
        kinds = [pytest.param("sqlite"), pytest.param("postgresql", marks=pytest.mark.slow)]
        if "sqlite_file" in metafunc.fixturenames:
            kinds = kinds[:1]
        elif "postgresql" in metafunc.fixturenames:
            kinds = kinds[1:]
        metafunc.parametrize("kind_of_database", kinds)


@pytest.fixture(scope="session")
def accounts_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The functional accounts; one argon2 hash for all, since hashing is slow on purpose."""
    path = tmp_path_factory.mktemp("accounts") / "accounts.json"
    hashed = hash_password(PASSWORD)
    entries = [
        {"username": name, "email": f"{name}@example.org", "password": hashed, "role": groups}
        for name, groups in ACCOUNTS.items()
    ]
    path.write_text(json.dumps(entries))
    return path


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """A PostgreSQL server with one database of the newest schema, `catalog`, which each test empties for itself."""
    try:
        with running_server(*FAST) as server:
            server.run_sql("CREATE DATABASE catalog")
            _migrate(server.url("catalog"))
            yield server
    except MissingError as missing:
        pytest.skip(str(missing))


@pytest.fixture
def quick_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where the system has one: a database that is kept for one test need not reach the disk."""
    in_memory = Path("/dev/shm")  # noqa: S108 (a folder of its own is made in it)
    if not os.access(in_memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="emdewar-tests-", dir=in_memory) as folder:
        yield Path(folder)


@pytest.fixture
def database_url(kind_of_database: str, request: pytest.FixtureRequest, quick_folder: Path) -> str:
    """Where an empty database with the newest schema is."""
    if kind_of_database == "sqlite":
        file = quick_folder / "catalog.sqlite3"
        shutil.copy(request.getfixturevalue("newest_schema"), file)
        return f"sqlite:///{file}"
    server: PostgresServer = request.getfixturevalue("postgresql")
    # Thirty times faster than a database of its own, or TRUNCATE.
    tables = [f'DELETE FROM "{table.name}"' for table in reversed(SQLModel.metadata.sorted_tables)]  # noqa: S608 (our names)
    server.run_sql("; ".join(["SET lock_timeout = 5000", *tables]), database="catalog")
    return server.url("catalog")


@pytest.fixture
def settings(database_url: str, accounts_file: Path) -> Settings:
    """The settings of the catalog under test."""
    return Settings(
        database_url=database_url,
        secret_key=SecretStr("a key of the tests, long enough for HS256"),
        accounts_file=accounts_file,
        update_dataset_lifecycle_groups=frozenset({"archivers"}),
        delete_groups=frozenset({"cleaners"}),
        create_job_privileged_groups=frozenset({"agents"}),
        update_job_privileged_groups=frozenset({"reporters"}),
        delete_job_groups=frozenset({"janitors"}),
        proposal_groups=frozenset({"proposals"}),
        proposal_types=frozenset({"Beamtime"}),
        policy_groups=frozenset({"stewards"}),
        history_groups=frozenset({"auditors"}),
        create_dataset_with_pid_groups=frozenset({"p1"}),
    )


@pytest.fixture(scope="session")
def newest_schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the newest schema, made once and copied."""
    path = tmp_path_factory.mktemp("schema") / "catalog.sqlite3"
    _migrate(f"sqlite:///{path}")
    return path


def _migrate(url: str) -> None:
    database = Database(Settings(database_url=url))
    database.migrate()
    database.close()


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """The database of the catalog under test."""
    database = Database(settings)
    yield database
    database.close()


@pytest.fixture
def app(settings: Settings) -> Iterator[FastAPI]:
    """The application."""
    app = create_app(settings)
    yield app
    site: Site = app.state.site
    site.database.close()


@pytest.fixture
def as_(app: FastAPI) -> As:
    """Log in by name; `nobody` has no token."""

    site: Site = app.state.site

    def log_in(name: str) -> httpx.Client:
        client = httpx.Client(transport=InProcess(app), base_url="http://catalog")
        if account := site.accounts.find(name):
            client.headers["Authorization"] = f"Bearer {tokens.issue(account, site.signing_key, 3600)}"
        return client

    return log_in


@pytest.fixture
def client_with(settings: Settings) -> Iterator[ClientWith]:
    """Gives somebody without a token, at a catalog with other settings on the same database."""
    with ExitStack() as stack:

        def begin(**changes: object) -> httpx.Client:
            app = create_app(settings.model_copy(update=changes))
            stack.callback(app.state.site.close)
            return httpx.Client(transport=InProcess(app), base_url="http://catalog")

        yield begin


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    """An identity provider, for sites that have one."""
    with IdentityProvider() as provider:
        yield provider


@pytest.fixture
def anonymous(as_: As) -> httpx.Client:
    """Somebody without a token."""
    return as_("nobody")


@pytest.fixture
def flows(as_: As) -> httpx.Client:
    """The flows' functional account."""
    return as_("flows")


@pytest.fixture
def admin(as_: As) -> httpx.Client:
    """Somebody who may read and change everything."""
    return as_("admin")


@pytest.fixture
def owner(as_: As) -> httpx.Client:
    """A scientist of group p1."""
    return as_("owner")


@pytest.fixture
def sqlite_file(settings: Settings) -> Path:
    """The database's file; a test that asks for it runs on SQLite only."""
    return settings.sqlite_file() or pytest.fail("this test was not to run on PostgreSQL")
