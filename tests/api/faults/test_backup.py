"""A copy made while the catalog is written to, brought back elsewhere: one state, and all that was answered before."""

import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from catalog_api.__main__ import commands
from catalog_api.database import Database
from catalog_api.settings import Settings
from tests.api.conftest import PASSWORD
from tests.api.faults.load import Load, wait_until_registered
from tests.catalog_process import CatalogProcess
from tests.postgresql import PostgresServer

TORN = """
SELECT count(*) FROM dataset WHERE number_of_files
<> (SELECT count(*) FROM declared_file WHERE declared_file.pid = dataset.pid)
"""
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command of the catalog; gives its exit code and what it said."""

    def call(url: str, *arguments: object) -> tuple[int, str]:
        monkeypatch.setenv("EMDEWAR_CATALOG_DATABASE_URL", url)
        monkeypatch.setenv("COLUMNS", "1000")
        result = CliRunner().invoke(commands, [str(argument) for argument in arguments])
        return result.exit_code, result.output

    return call


@pytest.fixture
def load(process: CatalogProcess) -> Iterator[Load]:
    """Somebody who registers datasets all the time."""
    load = Load("load", process.client("flows", PASSWORD))
    load.start()
    yield load
    load.ended.set()
    load.join()


def found(url: str, question: str) -> list[tuple[object, ...]]:
    """Ask a database."""
    database = Database(Settings(database_url=url))
    with database.reading() as session:
        rows = [tuple(row) for row in session.execute(text(question))]
    database.close()
    return rows


def check(url: str, copied: str, answered_before: set[str]) -> None:
    """Check that a copy holds one state of the database, with all that was answered before it was made."""
    pids = {str(pid) for (pid,) in found(copied, "SELECT pid FROM dataset WHERE number_of_files > 0")}
    assert answered_before <= pids
    assert found(copied, TORN) == [(0,)]
    for table in ("dataset", "declared_file", "dataset_access"):
        of = f"SELECT * FROM {table} WHERE pid IN (SELECT pid FROM dataset WHERE number_of_files > 0)"  # noqa: S608
        assert set(map(repr, found(copied, of))) <= set(map(repr, found(url, of)))


@pytest.mark.slow
@pytest.mark.usefixtures("sqlite_file")
def test_a_copy_of_a_busy_sqlite_catalog_is_one_state(settings: Settings, load: Load, run: Run, tmp_path: Path) -> None:
    wait_until_registered([load], 5)
    before, copy, again = load.registered(), tmp_path / "copy.sqlite3", f"sqlite:///{tmp_path}/again.sqlite3"

    assert run(settings.database_url, "backup", copy) == (0, "")
    wait_until_registered([load], 2)
    assert run(again, "restore", copy) == (0, "")

    assert copy.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.glob("copy*")) == ["copy.sqlite3"]
    check(settings.database_url, again, before)


@pytest.mark.slow
def test_a_dump_of_a_busy_postgresql_catalog_is_one_state(
    postgresql: PostgresServer, settings: Settings, load: Load, tmp_path: Path
) -> None:
    wait_until_registered([load], 5)
    before, copy = load.registered(), tmp_path / "copy.dump"

    dump = [str(postgresql.programs / "pg_dump"), "--format=custom", f"--file={copy}", settings.database_url]
    subprocess.run(dump, check=True)
    wait_until_registered([load], 2)
    postgresql.run_sql("DROP DATABASE IF EXISTS again", "CREATE DATABASE again TEMPLATE template0 ENCODING 'UTF8'")
    back = [str(postgresql.programs / "pg_restore"), "--exit-on-error", "--single-transaction", "--no-owner"]
    subprocess.run([*back, f"--dbname={postgresql.url('again')}", str(copy)], check=True)

    check(settings.database_url, postgresql.url("again"), before)


def test_a_copy_replaces_nothing(settings: Settings, sqlite_file: Path, run: Run, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite3"
    first = run(settings.database_url, "backup", copy)
    kept = copy.read_bytes()

    again, back = run(settings.database_url, "backup", copy), run(settings.database_url, "restore", copy)

    assert (first, again[0], back[0]) == ((0, ""), 2, 2)
    assert "exists already" in again[1]
    assert f"{sqlite_file} exists already" in back[1]
    assert copy.read_bytes() == kept


@pytest.mark.parametrize("damage", [b"", b"no database", None], ids=["empty", "text", "torn"])
def test_what_is_no_copy_is_not_brought_back(sqlite_file: Path, run: Run, tmp_path: Path, damage: bytes | None) -> None:
    copy = tmp_path / "copy.sqlite3"
    whole = sqlite_file.read_bytes()
    copy.write_bytes(whole[: len(whole) // 2] if damage is None else damage)

    code, said = run(f"sqlite:///{tmp_path}/again.sqlite3", "restore", copy)

    assert code == 2
    assert str(copy) in said
    assert not list(tmp_path.glob("again*"))


def test_a_copy_of_a_damaged_database_is_none(settings: Settings, sqlite_file: Path, run: Run, tmp_path: Path) -> None:
    with closing(sqlite3.connect(sqlite_file)) as connection:
        connection.execute("INSERT INTO dataset_access (audience, pid, created_at) VALUES ('p1', 'gone', '2026-01-01')")
        connection.commit()

    code, said = run(settings.database_url, "backup", tmp_path / "copy.sqlite3")

    assert (code, "does not hold together" in said) == (2, True)
    assert not list(tmp_path.glob("copy*"))


def test_postgresql_is_copied_with_its_own_tools(run: Run, tmp_path: Path) -> None:
    code, said = run("postgresql://catalog@localhost/catalog", "backup", tmp_path / "copy.sqlite3")

    assert (code, "pg_dump" in said) == (2, True)
