"""Supply a store with a copy of a datablock that it lacks, made from the copies there are, bit for bit."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from prefect.logging import get_run_logger

from blocks.facility import Facility
from emdewar.datablock.members import object_name
from emdewar.datablock.remake import remake_copy
from emdewar.errors import IntegrityError, RefusedError, UnavailableError
from emdewar.recall import NO_GOOD_COPY
from emdewar.records import CopyRecord
from emdewar.stores.store import Locality, Store
from tasks import proving
from tasks.placing import open_generations
from tasks.progress import Progress
from tasks.proving import AtHand

SOURCES_RECALLED = "the copies to make it from were recalled"


@dataclass
class Sources:
    """Copies that another may be made from.

    Attributes:
        now: Those that can be read now, with their stores, the best first.
        later: Those that must be recalled first.
        missing: Those that are not there, as far as their stores say.
        unreachable: Stores that could not be asked, and why.
    """

    now: list[tuple[Store, CopyRecord]] = field(default_factory=list)
    later: list[tuple[Store, CopyRecord]] = field(default_factory=list)
    missing: list[tuple[Store, CopyRecord]] = field(default_factory=list)
    unreachable: list[UnavailableError] = field(default_factory=list)

    def pairs(self) -> list[tuple[Store, str]]:
        """Give stores and names of what can be read now."""
        return [(store, copy.location) for store, copy in self.now]

    def recall(self, facility: Facility) -> None:
        """Ask for what is offline."""
        for store, copy in self.later:
            store.recall([copy.location], keep_for=facility.policy.recall_keep)


def sources(facility: Facility, copies: Sequence[CopyRecord]) -> Sources:
    """Look which of some copies can be read, in the order of the policy."""
    found = Sources()
    for name, store in facility.stores().items():
        for copy in copies:
            if copy.store != name:
                continue
            try:
                where = store.availability([copy.location])[copy.location].locality
            except UnavailableError as error:
                found.unreachable.append(error)
                continue
            if where is Locality.ONLINE:
                found.now.append((store, copy))
            elif where is Locality.MISSING:
                found.missing.append((store, copy))
            else:
                found.later.append((store, copy))
    return found


def supply(block: AtHand, target: str) -> str:
    """Make a copy on a store from verified ones and prove it; gives what must come first, or nothing when it is done.

    Raises:
        IntegrityError: No source has every file as it should be, or the copy reads back wrong.
        RefusedError: There is no verified copy, or the store spoiled too many copies already.
        UnavailableError: A store cannot be reached now, or is full.
    """
    found = sources(block.facility, [copy for copy in block.record.copies if copy.is_good])
    if found.now:
        return make(block, found.pairs(), block.facility.store(target))
    if found.later:
        found.recall(block.facility)
        return SOURCES_RECALLED
    if found.unreachable:
        raise found.unreachable[0]
    if found.missing:
        store, copy = found.missing[0]
        msg = f"{copy.location} is not on store {store.name} now, though it is on record: reconcile tells why"
        raise UnavailableError(msg)
    msg = f"datablock {block.record.archive_id} has no verified copy to make another from: mend what failed first"
    raise RefusedError(msg, reason=NO_GOOD_COPY)


def make(block: AtHand, pairs: Sequence[tuple[Store, str]], target: Store) -> str:
    """Make a copy under the next name, or prove the one that a killed run made; gives what must come first.

    Raises:
        IntegrityError: No source has every file, or the copy reads back wrong.
        RefusedError: The store spoiled too many copies already.
        UnavailableError: A store cannot be reached now, or is full.
    """
    record = block.record
    for generation in open_generations(record, target.name):
        location = object_name(record.archive_id, generation)
        if target.size_of(location) is None:
            said = f"Making a copy of {record.archive_id} on {target.name}"
            progress = Progress(record.packed_size, said)
            remake_copy(pairs, target, record, block.files, location=location, on_progress=progress.add)
            progress.finish()
            return proving.prove(block, target, location)
        try:
            return proving.prove(block, target, location)
        except IntegrityError as error:
            get_run_logger().warning("%s on store %s is left as it is: %s", location, target.name, error)
    msg = (
        f"store {target.name} holds several copies of {record.archive_id} and none reads back right: "
        "look at its medium, and move them away"
    )
    raise RefusedError(msg, reason="spoiledStore")
