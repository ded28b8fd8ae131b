"""Copies of a SQLite catalog, made while it runs and proved before they are called copies; and the way back."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from catalog_api.settings import Settings
from emdewar.errors import IntegrityError, RefusedError

WITH_POSTGRESQL = "a catalog on PostgreSQL is copied with pg_dump and brought back with pg_restore, see the manual"


def back_up(settings: Settings, copy: Path) -> None:
    """Copy the database as it is at this moment; the catalog goes on reading and writing meanwhile.

    Args:
        settings: The catalog's.
        copy: A new file; it has its name only once it is whole, proved and on its disk.

    Raises:
        IntegrityError: The copy does not hold together, so neither may the database.
        RefusedError: There is such a file already, or no SQLite database to copy.
    """
    database = _sqlite_file(settings)
    if not database.is_file():
        raise RefusedError(f"there is no database at {database}: check EMDEWAR_CATALOG_DATABASE_URL")
    _copy(database, copy)


def restore(settings: Settings, copy: Path) -> None:
    """Make the database anew from a copy.

    Args:
        settings: The catalog's; the database that they name must not be there yet.
        copy: A file that `back_up` wrote.

    Raises:
        IntegrityError: The copy does not hold together.
        RefusedError: There is a database already, no such copy, or it is no catalog.
    """
    database = _sqlite_file(settings)
    if not copy.is_file():
        raise RefusedError(f"there is no copy at {copy}")
    try:
        with closing(_opened(copy)) as connection:
            versions = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    except sqlite3.DatabaseError as error:
        raise RefusedError(f"{copy} is no copy of a catalog: {error}") from error
    if len(versions) != 1:
        raise RefusedError(f"{copy} is no copy of a catalog: it has no schema version")
    _copy(copy, database)


def _sqlite_file(settings: Settings) -> Path:
    database = settings.sqlite_file()
    if database is None:
        raise RefusedError(WITH_POSTGRESQL)
    return database


def _copy(source: Path, target: Path) -> None:
    """Copy a database into a new file, prove the copy, and only then give it its name."""
    if target.exists():
        raise RefusedError(f"{target} exists already and is not replaced; name another file, or move it away")
    part = target.with_name(target.name + ".part")
    try:
        _write(source, part)
        os.link(part, target)
        _sync(target.parent)
    except (sqlite3.Error, OSError) as error:
        raise RefusedError(f"{source} cannot be copied to {target}: {error}") from error
    finally:
        part.unlink(missing_ok=True)


def _write(source: Path, part: Path) -> None:
    part.unlink(missing_ok=True)
    # It holds what only some may read.
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(_opened(source)) as before, closing(sqlite3.connect(part)) as after:
        # All pages in one step: in several, each write of the catalog would begin it anew.
        before.backup(after)
        # One file, without a log beside it.
        after.execute("PRAGMA journal_mode=DELETE")
        _prove(after, part)
    _sync(part)


def _prove(connection: sqlite3.Connection, file: Path) -> None:
    faults = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(3)") if row[0] != "ok"]
    faults += [f"{row[0]} row {row[1]} refers to nothing" for row in connection.execute("PRAGMA foreign_key_check")][:3]
    if faults:
        raise IntegrityError(f"the copy {file} does not hold together: {'; '.join(faults)}")


def _opened(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
