"""The database: one engine, sessions that read and sessions that write, and the way to the newest schema."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import NoSuchModuleError
from sqlmodel import Session

from catalog_api.json_type import Json
from catalog_api.settings import Settings
from catalog_api.wire import json_answers, patterns
from emdewar.errors import RefusedError

MIGRATIONS = Path(__file__).parent / "migrations"
WRITES = "emdewar_writes"
MIGRATION_LOCK = 0x454D_4465_7761_72
"""Names the lock that lets one catalog migrate at a time ("EMDewar")."""
CONNECT_TIMEOUT_S, RECYCLE_S = 10, 1800
FUNCTIONS = {
    patterns.SQLITE_FUNCTION: patterns.found,
    json_answers.SQLITE_FUNCTION: json_answers.answer,
    json_answers.SQLITE_ENTRIES: json_answers.entries,
}
"""What filters need and SQLite lacks."""


class Database:
    """A catalog's database.

    A session that will write takes SQLite's write lock when it begins: a transaction that reads first and writes later
    would be refused at once, without waiting, whenever another one wrote in between (SQLITE_BUSY_SNAPSHOT).
    PostgreSQL's writers lock the rows they change; its readers ask for one state explicitly.
    """

    def __init__(self, settings: Settings) -> None:
        """Prepare the engine; nothing is opened yet.

        Raises:
            RefusedError: The database's Python driver is not installed.
        """
        self.engine = _engine(settings)
        self._writing = self.engine.execution_options(**{WRITES: True})
        self._reading = self.engine
        if self.engine.dialect.name == "postgresql":
            one_state = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            self._reading = self.engine.execution_options(**one_state)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that sees one state of the database and changes nothing."""
        with Session(self._reading) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a session that is one transaction: all of it is kept, or none."""
        with Session(self._writing, expire_on_commit=False) as session:
            yield session
            session.commit()

    def migrate(self) -> None:
        """Bring the schema to its newest version; of catalogs that start together, one does and the others wait."""
        with self._without_cascades() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SET LOCAL statement_timeout = 0"))
                connection.execute(text("SET LOCAL lock_timeout = 0"))
                connection.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": MIGRATION_LOCK})
            command.upgrade(alembic_config(connection), "head")

    @contextmanager
    def _without_cascades(self) -> Iterator[Connection]:
        """Begin to migrate.

        SQLite changes a table by making it anew, and dropping the old one would delete the rows that refer to it. The
        switch only works outside of a transaction.
        """
        with self._writing.connect() as connection:
            sqlite = connection.connection.driver_connection if connection.dialect.name == "sqlite" else None
            if sqlite is not None:
                sqlite.execute("PRAGMA foreign_keys=OFF")
            try:
                with connection.begin():
                    yield connection
            finally:
                if sqlite is not None:
                    sqlite.execute("PRAGMA foreign_keys=ON")

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
        return _server_engine(settings)
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


def _server_engine(settings: Settings) -> Engine:
    url = make_url(settings.database_url)
    if url.drivername in {"postgresql", "postgres"}:
        url = url.set(drivername="postgresql+psycopg")
    try:
        return create_engine(
            url,
            connect_args=_connection_options(url, settings) if url.get_driver_name() == "psycopg" else {},
            pool_size=settings.database_connections,
            max_overflow=0,
            pool_timeout=settings.busy_timeout_s,
            # A server that was started again, or a firewall that forgot us, costs no request.
            pool_pre_ping=True,
            pool_recycle=RECYCLE_S,
            pool_use_lifo=True,
        )
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise RefusedError(
            f"there is no Python driver for {url.drivername}: {error}; install it beside the catalog"
        ) from error


def _connection_options(url: URL, settings: Settings) -> dict[str, Json]:
    """Give what each connection is told; what the URL says itself stays."""
    limits_s = {
        "statement_timeout": settings.statement_timeout_s,
        "lock_timeout": settings.busy_timeout_s,
        "idle_in_transaction_session_timeout": settings.statement_timeout_s,
    }
    options = {
        "application_name": "emdewar-catalog",
        "connect_timeout": CONNECT_TIMEOUT_S,
        "options": " ".join(f"-c {name}={round(1000 * limit_s)}" for name, limit_s in limits_s.items()),
    }
    return {name: value for name, value in options.items() if name not in url.query}


def _prepare_sqlite(connection: Json, _record: Json) -> None:
    # Python's driver would begin transactions by itself, deferred and too late: we say BEGIN ourselves.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    for name, function in FUNCTIONS.items():
        connection.create_function(name, 2, function, deterministic=True)


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
