"""A catalog on a SQLite file, or on the PostgreSQL that EMDEWAR_TEST_POSTGRESQL names, and people who talk to it."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text

from catalog_api import tokens
from catalog_api.accounts import hash_password
from catalog_api.application import create_app
from catalog_api.database import Database
from catalog_api.settings import Settings
from catalog_api.site import Site
from tests.api.bodies import As, InProcess

POSTGRESQL = os.environ.get("EMDEWAR_TEST_POSTGRESQL")
"""URL of a PostgreSQL database that the tests may clear; without it they run on SQLite."""

PASSWORD = "a password of the tests"  # noqa: S105 (opens nothing but the tests' own catalog)
ACCOUNTS = {
    "flows": ["emdewar"],
    "admin": ["admin"],
    "owner": ["p1"],
    "member": ["p2"],
    "stranger": ["p9"],
    "archiver": ["archivers"],
    "cleaner": ["cleaners"],
}


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


@pytest.fixture
def settings(tmp_path: Path, accounts_file: Path) -> Settings:
    """The settings of the catalog under test."""
    return Settings(
        database_url=POSTGRESQL or f"sqlite:///{tmp_path}/catalog.sqlite3",
        secret_key=SecretStr("a key of the tests, long enough for HS256"),
        accounts_file=accounts_file,
        update_dataset_lifecycle_groups=frozenset({"archivers"}),
        delete_groups=frozenset({"cleaners"}),
        create_dataset_with_pid_groups=frozenset({"p1"}),
    )


@pytest.fixture(scope="session")
def newest_schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with the newest schema, made once and copied."""
    path = tmp_path_factory.mktemp("schema") / "catalog.sqlite3"
    database = Database(Settings(database_url=f"sqlite:///{path}"))
    database.migrate()
    database.close()
    return path


@pytest.fixture
def database(settings: Settings, newest_schema: Path) -> Iterator[Database]:
    """The database of the catalog under test."""
    database = Database(settings)
    if file := settings.sqlite_file():
        shutil.copy(newest_schema, file)
    else:
        with database.engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        database.migrate()
    yield database
    database.close()


@pytest.fixture
def app(settings: Settings, database: Database) -> Iterator[FastAPI]:  # noqa: ARG001 (it must be migrated)
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
def anonymous(as_: As) -> httpx.Client:
    """Somebody without a token."""
    return as_("nobody")


@pytest.fixture
def flows(as_: As) -> httpx.Client:
    """The flows' functional account."""
    return as_("flows")


@pytest.fixture
def owner(as_: As) -> httpx.Client:
    """A scientist of group p1."""
    return as_("owner")


@pytest.fixture
def sqlite_file(settings: Settings) -> Path:
    """The database's file; a test that needs one is skipped on PostgreSQL."""
    file = settings.sqlite_file()
    return file or pytest.skip("this rule is about SQLite files")
