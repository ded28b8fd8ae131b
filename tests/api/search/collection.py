"""A small collection of datasets that differ in everything that can be searched for."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session

from catalog_api.json_type import Json
from catalog_api.rules.caller import Caller, Power
from catalog_api.search import datasets, index_dataset, with_si
from catalog_api.services.datasets_registering import insert_terms
from catalog_api.tables import DatasetRow
from catalog_api.wire.dataset import LIST_FIELDS
from catalog_api.wire.filters import Listing

FIRST_DAY = datetime(2026, 11, 1, 12, tzinfo=UTC)
ADMIN = Caller(None, frozenset(), frozenset({Power.ADMIN}))


def caller_in(*groups: str) -> Caller:
    """Somebody of some groups, without any power."""
    return Caller(None, frozenset(groups))


def register(session: Session, pid: str, **columns: Json) -> DatasetRow:
    """Put a dataset into the catalog; the later ones are newer."""
    age = timedelta(days=sum(map(ord, pid)))
    given: dict[str, Any] = {
        "type": "raw",
        "dataset_name": pid,
        "owner": "A. Scientist",
        "owner_group": "p1",
        "contact_email": "a.scientist@example.org",
        "source_folder": f"/data/{pid}",
        "creation_time": FIRST_DAY,
        "created_at": FIRST_DAY + age,
        "updated_at": FIRST_DAY + age,
        **columns,
    }
    metadata = with_si(given.pop("scientific_metadata", {}))
    row = DatasetRow(pid=pid, scientific_metadata=metadata, **given)
    session.add(row)
    session.flush()
    insert_terms(session, row, LIST_FIELDS)
    index_dataset(session, row)
    return row


def found(session: Session, where: Mapping[str, Json], caller: Caller = ADMIN) -> str:
    """The one-letter identifiers of what a caller finds, in alphabetical order."""
    listing = Listing(where=where, limit=1_000, order=(("pid", False),))
    return "".join(row.pid for row in datasets.page(session, caller, listing))
