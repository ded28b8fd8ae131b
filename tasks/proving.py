"""Prove a copy: what the medium of record holds is read back, compared with the catalog, and only then recorded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from prefect.logging import get_logger

from blocks.facility import Facility
from emdewar.catalog import Catalog
from emdewar.datablock.verify import ReadBack, read_back
from emdewar.datablock.written import index_name
from emdewar.errors import OFFLINE, UnavailableError
from emdewar.records import DatablockRecord, DataFile
from emdewar.stores.store import Locality, Store

NOT_ON_TAPE: Final = "the tape system has not written it yet"
RECALLED: Final = "it was recalled, to be read back"


@dataclass(frozen=True)
class AtHand:
    """The datablock that is worked on, and where it is on record.

    Attributes:
        facility: The facility.
        catalog: Its catalog, logged in.
        record: The datablock.
        files: Its files, as declared at ingest.
    """

    facility: Facility
    catalog: Catalog
    record: DatablockRecord
    files: Sequence[DataFile]


def prove(block: AtHand, store: Store, location: str, on_progress: Callable[[int], None] | None = None) -> str:
    """Read a copy back and record the proof; gives what must come first, or nothing when it is proven.

    A copy that is still on its way to tape is no copy yet. One that is on tape only is recalled, and never waited for.

    Raises:
        IntegrityError: The copy is missing or differs.
        UnavailableError: The store or the catalog cannot be reached now.
    """
    there = store.availability([location])[location]
    if there.locality is not Locality.MISSING and not there.is_durable:
        return NOT_ON_TAPE
    if there.locality in {Locality.OFFLINE, Locality.RECALLING}:
        store.recall([location], keep_for=block.facility.policy.recall_keep)
        return RECALLED
    try:
        read = read_back(store, block.record, block.files, location=location, on_progress=on_progress)
    except UnavailableError as error:
        if error.reason != OFFLINE:
            raise
        store.recall([location], keep_for=block.facility.policy.recall_keep)  # it left the disk meanwhile
        return RECALLED
    record(block.catalog, store, read)
    let_go(store, [location])
    return ""


def record(catalog: Catalog, store: Store, read: ReadBack) -> None:
    """Record the proof, and put the index beside the copy where a killed run did not come so far."""
    catalog.record_copy(read.record.archive_id, read.copy)
    name = index_name(read.record.archive_id)
    try:
        if store.size_of(name) is None:
            store.put_small(name, read.index())
    except UnavailableError as error:
        get_logger(__name__).warning("%s is put beside its copy when that is read again: %s", name, error)


def let_go(store: Store, names: Sequence[str]) -> None:
    """Tell a store that recalled copies were read, as its disk is needed for others; it matters to no proof."""
    try:
        recalled = [name for name, there in store.availability(names).items() if there.online_until is not None]
        if recalled:
            store.release(recalled)
    except UnavailableError as error:
        get_logger(__name__).warning("store %s is not told that its recalled copies were read: %s", store.name, error)
