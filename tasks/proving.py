"""Prove a copy: what the medium of record holds is read back, compared with the catalog, and only then recorded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from blocks.facility import Facility
from emdewar.catalog import Catalog
from emdewar.datablock.verify import verify_copy
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
        proof = verify_copy(store, block.record, block.files, location=location, on_progress=on_progress)
    except UnavailableError as error:
        if error.reason != OFFLINE:
            raise
        store.recall([location], keep_for=block.facility.policy.recall_keep)  # it left the disk meanwhile
        return RECALLED
    block.catalog.record_copy(block.record.archive_id, proof)
    let_go(store, [location])
    return ""


def let_go(store: Store, names: Sequence[str]) -> None:
    """Tell a store that recalled copies were read: its disk is needed for others."""
    recalled = [name for name, there in store.availability(names).items() if there.online_until is not None]
    if recalled:
        store.release(recalled)
