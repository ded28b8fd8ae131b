"""Inserting very many rows: each database in its own fastest way, within the session's transaction."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from sqlalchemy import Connection, Table, insert
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, SQLModel

from catalog_api.json_type import Json

ROWS_AT_ONCE = 5_000


def insert_many(session: Session, row: type[SQLModel], rows: Iterable[Sequence[Json]]) -> None:
    """Insert rows, of which only a few thousand are held at a time.

    PostgreSQL takes them with COPY. Other databases take batches of plain values, without an object for each row.

    Args:
        session: Open session that writes.
        row: Whose table.
        rows: The values of all columns of each row, in the table's order.

    Raises:
        sqlalchemy.exc.IntegrityError: A row contradicts a constraint; whatever was inserted must be rolled back.
    """
    connection = session.connection()
    table: Table = row.__table__  # type: ignore[attr-defined]
    prepared = _prepared(connection, [column.type for column in table.columns], rows)
    if connection.dialect.driver == "psycopg":
        _copy(connection, table, prepared)
        return
    statement = str(insert(table).compile(dialect=connection.dialect))
    while batch := list(islice(prepared, ROWS_AT_ONCE)):
        connection.exec_driver_sql(statement, batch)


def _prepared(
    connection: Connection, types: Sequence[Json], rows: Iterable[Sequence[Json]]
) -> Iterator[tuple[Json, ...]]:
    """Bring each value into the form that the driver takes, as SQLAlchemy would."""
    processors = [kind.dialect_impl(connection.dialect).bind_processor(connection.dialect) for kind in types]
    places = [(place, process) for place, process in enumerate(processors) if process is not None]
    for row in rows:
        values = list(row)
        for place, process in places:
            values[place] = process(values[place])
        yield tuple(values)


def _copy(connection: Connection, table: Table, rows: Iterable[tuple[Json, ...]]) -> None:
    quoted = connection.dialect.identifier_preparer
    names = ", ".join(quoted.quote(column.name) for column in table.columns)
    statement = f"COPY {quoted.format_table(table)} ({names}) FROM STDIN"
    driver: Json = connection.connection.driver_connection
    errors: Json = connection.dialect.loaded_dbapi
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for values in rows:
                copy.write_row(values)
    except errors.Error as error:
        # What the session itself would raise, so that it is answered like everything else.
        raise DBAPIError.instance(statement, None, error, errors.Error, dialect=connection.dialect) from error
