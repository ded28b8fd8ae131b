"""Fill a catalog's tables fast: a few thousand kinds of datasets by our own code, multiplied by the database."""

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import psycopg
import typer
from sqlalchemy import Column, MetaData, Table, insert
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel

from benchmarks.catalog_facility import Dataset, datasets, kinds
from catalog_api.database import Database
from catalog_api.search.values import rows_of
from catalog_api.search.words import document
from catalog_api.settings import Settings
from catalog_api.tables import DatasetRow, DatasetTermRow, DatasetTextRow, MetadataValueRow
from catalog_api.wire.dataset import LIST_FIELDS

KINDS, DATASETS, FILE_LISTS = 10_000, 540_900, 1_000_000
FILLED = ("dataset", "dataset_access", "dataset_term", "dataset_text", "metadata_value", "orig_datablock")
STAGED = """CREATE TABLE bench_dataset (pid text, kind text, name text, owner_group text, access_groups text,
    created_at {moment}, is_published boolean, words text)"""
_LISTS = sorted(set(LIST_FIELDS) - {"access_groups"})


class Bare(Protocol):
    """A connection of the database's own driver, for what must be fast."""

    moment: str

    def run(self, *statements: str) -> None:
        """Run statements."""

    def load(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Put rows into a table."""

    def without_indexes(self) -> Any:  # noqa: ANN401 - a context
        """Take the indexes off the tables that are filled, and put them back at the end."""


def fill(url: str, count: int) -> None:
    """Make the schema, and fill it with so many datasets."""
    database = Database(Settings(database_url=url))
    database.migrate()
    with timed("kinds"):
        _load_kinds(database, min(KINDS, count))
    database.close()
    bare: Bare = _Postgres(url) if url.startswith("postgresql") else _Sqlite(url)
    with timed("datasets"):
        bare.run(STAGED.format(moment=bare.moment))
        bare.load("bench_dataset", (_staged(dataset) for dataset in datasets(count, min(KINDS, count))))
    with bare.without_indexes():
        for table, statement in _multiplying(count).items():
            with timed(table):
                bare.run(statement)
        bare.run(*(f"DROP TABLE bench_{name}" for name in ("dataset", "kind", "value", "term", "text")))


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Say how long something took."""
    started_s = time.perf_counter()
    yield
    typer.echo(f"  {what}: {time.perf_counter() - started_s:.0f} s", err=True)


def _load_kinds(database: Database, count: int) -> None:
    """Write what the kinds say by our own code: rows, words, values and terms, into tables like the real ones."""
    aside = MetaData()
    like: dict[str, type[SQLModel]] = {
        "kind": DatasetRow,
        "value": MetadataValueRow,
        "term": DatasetTermRow,
        "text": DatasetTextRow,
    }
    for name, model in like.items():
        _alike(model, f"bench_{name}", aside)
    with database.engine.begin() as connection:
        aside.create_all(connection)
        for some in _batches(kinds(count), 1000):
            rows = {
                "kind": [row.model_dump() for row in some],
                "value": [value for row in some for value in rows_of(row.pid, row.scientific_metadata)],
                "term": [term for row in some for term in _terms(row)],
                "text": [{"pid": row.pid, "document": document(row)} for row in some],
            }
            for name, entries in rows.items():
                connection.execute(insert(aside.tables[f"bench_{name}"]), entries)


def _alike(model: type[SQLModel], name: str, aside: MetaData) -> None:
    """Describe a table with the columns of a real one, and nothing that costs time."""
    columns: list[Any] = [Column(column.name, column.type) for column in _table(model).columns]
    Table(name, aside, *columns)


def _table(model: type[SQLModel]) -> Table:
    table: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel's own
    return table


def _terms(row: DatasetRow) -> list[dict[str, str]]:
    return [
        {"pid": row.pid, "field": name, "value": word} for name in _LISTS for word in sorted(set(getattr(row, name)))
    ]


def _staged(dataset: Dataset) -> tuple[Any, ...]:
    groups = json.dumps(list(dataset.access_groups))
    moment = dataset.created_at.strftime("%Y-%m-%d %H:%M:%S.%f")
    kind = f"kind/{dataset.kind}"
    return (dataset.pid, kind, dataset.name, dataset.owner_group, groups, moment, dataset.is_published, dataset.words)


def _multiplying(count: int) -> dict[str, str]:
    own = {"pid": "d.pid", "dataset_name": "d.name", "owner_group": "d.owner_group", "is_published": "d.is_published"}
    own |= dict.fromkeys(("created_at", "updated_at", "creation_time"), "d.created_at")
    own |= {"access_groups": "d.access_groups{json}"}
    columns = list(DatasetRow.model_fields)
    taken = ", ".join(own.get(name, f"k.{name}") for name in columns)
    of = "FROM bench_dataset d JOIN bench_{} k ON k.pid = d.kind"
    audiences = """SELECT owner_group, pid, created_at FROM bench_dataset
        UNION SELECT substr(access_groups, 3, 3), pid, created_at FROM bench_dataset WHERE access_groups <> '[]'
        UNION SELECT '', pid, created_at FROM bench_dataset WHERE is_published"""
    lists = f"""SELECT n.letter || d.pid, d.pid, n.number, k.size / 2, k.number_of_files / 2, 'sha256', d.owner_group,
        d.access_groups{{json}}, NULL, d.is_published, d.created_at, d.created_at, 'emdewar', 'emdewar'
        {of.format("kind")} JOIN (SELECT 'a' AS letter, 1 AS number UNION SELECT 'b', 2) n ON true
        ORDER BY 1 LIMIT {{lists}}"""
    written = {  # all of it our own names
        "dataset": f"({', '.join(columns)}) SELECT {taken} {of.format('kind')} ORDER BY d.pid",
        "dataset_access": f"(audience, pid, created_at) {audiences} ORDER BY 1, 2",
        "dataset_term": f"(pid, field, value) SELECT d.pid, k.field, k.value {of.format('term')} UNION ALL "  # noqa: S608 - our own names
        "SELECT pid, 'access_groups', substr(access_groups, 3, 3) FROM bench_dataset WHERE access_groups <> '[]'",
        "dataset_text": f"(pid, document) SELECT d.pid, d.words || ' ' || k.document {of.format('text')}",
        "metadata_value": "(pid, path, position, number, unit, text, flag) SELECT d.pid, k.path, k.position, k.number,"
        f" k.unit, k.text, k.flag {of.format('value')} ORDER BY 1, 2, 3",
        "orig_datablock": "(id, dataset_id, number, size, number_of_files, chk_alg, owner_group, access_groups,"
        f" instrument_group, is_published, created_at, updated_at, created_by, updated_by) {lists}",
    }
    wanted = str(round(count * FILE_LISTS / DATASETS))
    return {table: f"INSERT INTO {table} {rest.replace('{lists}', wanted)}" for table, rest in written.items()}


def _batches(rows: Iterable[DatasetRow], size: int) -> Iterator[list[DatasetRow]]:
    some: list[DatasetRow] = []
    for row in rows:
        some.append(row)
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some


@dataclass
class _Postgres:
    """PostgreSQL by COPY; constraints and indexes come last."""

    url: str
    moment = "timestamptz"

    def __post_init__(self) -> None:
        self._link = psycopg.connect(self.url, autocommit=True, options="-c session_replication_role=replica")
        self.run("SET maintenance_work_mem = '1GB'", "SET work_mem = '512MB'", "SET synchronous_commit = off")

    def run(self, *statements: str) -> None:
        for statement in statements:
            self._link.execute(statement.replace("{json}", "::json").encode())

    def load(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        with self._link.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy:
            for row in rows:
                copy.write_row(row)

    @contextmanager
    def without_indexes(self) -> Iterator[None]:
        bound = self._link.execute(
            """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE conrelid::regclass::text = ANY(%(filled)s) OR confrelid::regclass::text = ANY(%(filled)s)
            ORDER BY contype <> 'f', conname""",
            {"filled": list(FILLED)},
        ).fetchall()
        for table, name, _ in bound:
            self.run(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        indexes = self._link.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s)", [list(FILLED)]
        ).fetchall()
        self.run(*(f'DROP INDEX "{name}"' for name, _ in indexes))
        yield
        with timed("indexes"):
            for table, name, rule in reversed(bound):
                self.run(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {rule}')
            self.run(*(rule for _, rule in indexes))
        with timed("analyze"):
            self.run("VACUUM (ANALYZE)", "CHECKPOINT")
        self._link.close()


@dataclass
class _Sqlite:
    """SQLite without a journal; secondary indexes and the full text come last."""

    url: str
    moment = "text"

    def __post_init__(self) -> None:
        self._link = sqlite3.connect(str(make_url(self.url).database), isolation_level=None)
        pragmas = ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-2000000")
        self.run(*(f"PRAGMA {pragma}" for pragma in pragmas), "PRAGMA locking_mode=EXCLUSIVE")

    def run(self, *statements: str) -> None:
        for statement in statements:
            self._link.execute(statement.replace("{json}", ""))

    def load(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        self.run("BEGIN")
        self._link.executemany(f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)  # noqa: S608 - ours
        self.run("COMMIT")

    @contextmanager
    def without_indexes(self) -> Iterator[None]:
        names = ", ".join(f"'{name}'" for name in FILLED)
        found = self._link.execute(
            f"""SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name IN ({names})
            AND type IN ('index', 'trigger')"""  # noqa: S608 - our own names
        ).fetchall()
        self.run(*(f'DROP {kind} "{name}"' for kind, name, _ in found))
        yield
        with timed("indexes"):
            self.run(*(rule for _, _, rule in found))
            self.run("INSERT INTO dataset_words(dataset_words) VALUES ('rebuild')")
        with timed("analyze"):
            self.run("ANALYZE")
        self._link.close()
