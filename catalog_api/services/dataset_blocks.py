"""What file lists and datablocks have in common: they belong to a dataset, and the dataset counts them.

Whoever adds, changes or deletes a block locks its dataset first. So all of them wait in one line, none waits for
another that waits for it, and the counters are right whatever happens at the same time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import case, delete, exists, update
from sqlmodel import Session, col

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request, not_found
from catalog_api.services import datasets
from catalog_api.services.documents import Collection
from catalog_api.tables import DatablockRow, DatasetRow, OrigDatablockRow

COUNTED: Mapping[str, type[OrigDatablockRow] | type[DatablockRow]] = {
    "size": OrigDatablockRow,
    "number_of_files": OrigDatablockRow,
    "packed_size": DatablockRow,
    "number_of_files_archived": DatablockRow,
}
"""The counters of a dataset, and the blocks that they count."""

AnyBlock = TypeVar("AnyBlock", OrigDatablockRow, DatablockRow)


@dataclass(frozen=True)
class Which:
    """Which block is meant.

    Attributes:
        key: Its identifier.
        pid: The dataset that it must belong to; any when None.
    """

    key: str
    pid: str | None = None


def lock_dataset(session: Session, pid: str | None) -> DatasetRow:
    """Take a dataset for a change of its blocks; others wait until the transaction ends.

    Raises:
        RefusedError: There is no such dataset, or none is named.
    """
    if pid is None:
        raise bad_request("datasetId must name the dataset that the files belong to")
    return datasets.lock(session, pid)


def lock_block(session: Session, blocks: Collection[AnyBlock], which: Which) -> tuple[DatasetRow, AnyBlock]:
    """Take a block and, before it, its dataset.

    Raises:
        RefusedError: There is no such block.
    """
    found = session.get(blocks.table, which.key)
    if found is None or which.pid not in {None, found.dataset_id}:
        raise not_found(blocks.name, which.key)
    return lock_dataset(session, found.dataset_id), blocks.lock(session, which.key)


def count(session: Session, dataset: DatasetRow, **changes: int) -> None:
    """Add to the counters of a dataset that is locked, before its blocks themselves change.

    What a client declared of a dataset without blocks ends with the first one.

    Args:
        session: The transaction.
        dataset: The dataset.
        changes: How much comes to each counter, or goes from it.
    """
    counters = {name: _counted(name, dataset.pid) + change for name, change in changes.items()}
    statement = update(DatasetRow).where(col(DatasetRow.pid) == dataset.pid).values(counters)
    session.execute(statement.execution_options(synchronize_session=False))


def _counted(name: str, pid: str) -> Json:
    there = exists().where(col(COUNTED[name].dataset_id) == pid)
    return case((there, getattr(DatasetRow, name)), else_=0)


def groups_of(dataset: DatasetRow) -> dict[str, Any]:
    """Give the groups that a new block gets, whatever is sent: the dataset's."""
    return {
        "owner_group": dataset.owner_group,
        "access_groups": list(dataset.access_groups),
        "instrument_group": dataset.instrument_group,
    }


def opened(dataset: DatasetRow) -> bool:
    """Tell whether a new block is open: the dataset was published with all that belongs to it, and still is."""
    return dataset.is_published and dataset.published_on is not None


def forget(session: Session, pid: str) -> None:
    """Delete all blocks of a dataset that is itself deleted; their files and copies go with them."""
    for block in (OrigDatablockRow, DatablockRow):
        session.execute(delete(block).where(col(block.dataset_id) == pid))
