"""The database: one engine, sessions that read and sessions that write, and the way to the newest schema."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import NoSuchModuleError
from sqlmodel import Session

from catalog_api.json_type import Json
from catalog_api.settings import Settings
from emdewar.errors import RefusedError

MIGRATIONS = Path(__file__).parent / "migrations"
WRITES = "emdewar_writes"


class Database:
    """A catalog's database.

    A session that will write takes SQLite's write lock when it begins: a transaction that reads first and writes later
    would be refused at once, without waiting, whenever another one wrote in between (SQLITE_BUSY_SNAPSHOT).
    """

    def __init__(self, settings: Settings) -> None:
        """Prepare the engine; nothing is opened yet.

        Raises:
            RefusedError: The database's Python driver is not installed.
        """
        self.engine = _engine(settings)
        self._writing = self.engine.execution_options(**{WRITES: True})

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that sees one state of the database and changes nothing."""
        with Session(self.engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a session that is one transaction: all of it is kept, or none."""
        with Session(self._writing, expire_on_commit=False) as session:
            yield session
            session.commit()

    def migrate(self) -> None:
        """Bring the schema to its newest version."""
        with self._writing.begin() as connection:
            command.upgrade(alembic_config(connection), "head")

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def alembic_config(connection: Connection) -> Config:
    """Configure Alembic for a connection; there is no `alembic.ini`."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _engine(settings: Settings) -> Engine:
    if settings.sqlite_file() is None:
        return _server_engine(settings.database_url)
    engine = create_engine(
        settings.database_url,
        connect_args={"timeout": settings.busy_timeout_s, "check_same_thread": False},
        pool_size=20,
        max_overflow=40,
        pool_timeout=settings.busy_timeout_s,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _server_engine(url: str) -> Engine:
    try:
        return create_engine(url, pool_size=20, max_overflow=20, pool_pre_ping=True)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        driver = make_url(url).drivername
        raise RefusedError(f"there is no Python driver for {driver}: {error}; install it beside the catalog") from error


def _prepare_sqlite(connection: Json, _record: Json) -> None:
    # Python's driver would begin transactions by itself, deferred and too late: we say BEGIN ourselves.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
