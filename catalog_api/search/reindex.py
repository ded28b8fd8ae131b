"""Makes anew what searches use: for catalogs that are older than it, and after a mistake."""

from sqlalchemy import Select, exists, select
from sqlmodel import Session, col

from catalog_api.database import Database
from catalog_api.search.index import index_dataset
from catalog_api.search.si import with_si
from catalog_api.tables import DatasetRow, DatasetTextRow

AT_ONCE = 200
"""Datasets of one transaction; writers of other datasets wait for no longer."""

EVERYTHING = frozenset(DatasetRow.model_fields)


def fill_missing(database: Database) -> int:
    """Index the datasets that never were; gives their number."""
    unknown = ~exists().where(col(DatasetTextRow.pid) == col(DatasetRow.pid))
    return _index(database, select(col(DatasetRow.pid)).where(unknown))


def index_all(database: Database) -> int:
    """Index all datasets anew; gives their number."""
    return _index(database, select(col(DatasetRow.pid)))


def _index(database: Database, pids: Select[tuple[str]]) -> int:
    done, last = 0, ""
    while True:
        with database.writing() as session:
            some = pids.where(col(DatasetRow.pid) > last).order_by(col(DatasetRow.pid)).limit(AT_ONCE)
            found = list(session.execute(some).scalars())
            for pid in found:
                _index_one(session, pid)
        if not found:
            return done
        done, last = done + len(found), found[-1]


def _index_one(session: Session, pid: str) -> None:
    # Locked, so that a change which is being made is not overwritten by what was read before it.
    row = session.get(DatasetRow, pid, with_for_update=True)
    if row is None:
        return
    metadata = with_si(row.scientific_metadata)
    if metadata != row.scientific_metadata:
        row.scientific_metadata = metadata
        session.flush()
    index_dataset(session, row, EVERYTHING)
