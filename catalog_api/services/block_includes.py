"""The dataset beside a file list, where a request asks to include it."""

from collections.abc import Iterable, Iterator, Sequence

from sqlmodel import Session, col

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request
from catalog_api.rules.block_rights import Block
from catalog_api.rules.caller import Caller
from catalog_api.services import datasets
from catalog_api.tables import DatasetRow
from catalog_api.wire.dataset import dataset_wire
from catalog_api.wire.filters import Listing

RELATIONS = frozenset({"dataset", "all"})


def check_relations(names: Iterable[str]) -> bool:
    """Tell whether the dataset is asked for.

    Raises:
        RefusedError: Something else is asked for.
    """
    asked = set(names)
    if unknown := sorted(asked - RELATIONS):
        raise bad_request(
            f"Provided include field {unknown[0]!r} is no relation of a file list; there are dataset, all"
        )
    return bool(asked)


def with_dataset(
    session: Session, caller: Caller, rows: Sequence[Block], items: Iterable[dict[str, Json]], listing: Listing
) -> Iterator[dict[str, Json]]:
    """Add to each block its dataset, in a list as SciCat has it; the list is empty when the caller may not see it.

    Args:
        session: Open session.
        caller: Who asks.
        rows: The blocks.
        items: The same blocks, written.
        listing: What is asked for.
    """
    pids = {row.dataset_id for row in rows}
    found = session.exec(datasets.visible(caller).where(col(DatasetRow.pid).in_(pids))).all() if pids else ()
    written = {row.pid: dataset_wire(row) for row in found}
    for row, item in zip(rows, items, strict=True):
        related = [written[row.dataset_id]] if row.dataset_id in written else []
        yield item | {"dataset": listing.project({"dataset": related}).get("dataset", related)}
