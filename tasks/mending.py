"""Mend one datablock: give it the verified copies that it lacks, or find out what is left of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from prefect.logging import get_run_logger

from blocks.facility import Facility
from emdewar.catalog import Catalog
from emdewar.datablock.recovery import Recovery, recoverable
from emdewar.datablock.verify import verify_copy
from emdewar.errors import BUSY, OBJECT_EXISTS, DewarError, IntegrityError, UnavailableError
from emdewar.lifecycle import CopyStatus
from emdewar.records import CopyOnStore, CopyRecord, DatablockRecord, DataFile, ShortBlock
from emdewar.stores.store import Store
from tasks import proving
from tasks.archiving import good_on, registered
from tasks.bad_copies import OBJECT_MISSING
from tasks.findings import report_found
from tasks.proving import AtHand
from tasks.standing import check_is_itself
from tasks.supplying import SOURCES_RECALLED, Sources, make, sources

LOOK_AGAIN: Final = timedelta(days=1)
"""How long copies that were found to hold too little are not read again, unless somebody asks."""


@dataclass
class BlockRepair:
    """What became of one datablock.

    Attributes:
        pid: The dataset.
        archive_id: The datablock.
        size: Bytes of a copy.
        made: Stores that have a verified copy again.
        waits: What must come first.
        problems: What went wrong, for people.
        lost: Files that no copy has, when no good copy is left.
        recoverable: Files that are left then, spread over damaged copies.
        was_judged: Whether all that is left of it was read.
    """

    pid: str
    archive_id: str
    size: int = 0
    made: list[str] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    recoverable: list[str] = field(default_factory=list)
    was_judged: bool = False


class Mending:
    """Mends one datablock; one store that fails does not keep the others from their copies."""

    def __init__(self, facility: Facility, catalog: Catalog, short: ShortBlock) -> None:
        """Ask the catalog how things stand."""
        self.result = BlockRepair(short.pid, short.archive_id)
        self._facility = facility
        self._catalog = catalog
        self._short = short
        self._is_in_doubt = False
        self._is_kept_waiting = False
        self._files: Sequence[DataFile] = list(catalog.datablock_files(short.archive_id))
        self._record = self._asked()
        self.result.size = self._record.packed_size

    def run(self, *, is_urgent: bool) -> BlockRepair:
        """Try the ways there are, the surest first.

        Args:
            is_urgent: Whether to read damaged copies again that were read not long ago.
        """
        for copy in self._bad(CopyStatus.LOST):
            self._try(copy.store, partial(self._come_back, copy))
        if not self._good() and (is_urgent or self._is_worth_reading()):
            self._from_what_is_left()
        self._from_good_copies()
        if self._is_in_doubt and self._recheck() and not self._good():
            self._from_what_is_left()
        return self.result

    def _asked(self) -> DatablockRecord:
        record = registered(self._catalog, self._short.pid, self._short.number)
        return record.model_copy(update={"data_file_list": list(self._files)})

    def _at_hand(self) -> AtHand:
        return AtHand(self._facility, self._catalog, self._record, self._files)

    def _good(self) -> list[CopyRecord]:
        return [copy for copy in self._record.copies if copy.is_good]

    def _bad(self, *statuses: CopyStatus) -> list[CopyRecord]:
        known = {archive.store_name for archive in self._facility.archives}
        return [copy for copy in self._record.copies if copy.status in statuses and copy.store in known]

    def _try(self, store: str, act: Callable[[], str]) -> bool:
        """Do something for a store, and note what came of it; true when there is a verified copy now."""
        try:
            waits_for = act()
        except DewarError as error:
            if error.reason in {BUSY, OBJECT_EXISTS}:
                self.result.waits.append(f"{store}: another run is at it")
            else:
                self._is_in_doubt |= isinstance(error, IntegrityError)
                self._is_kept_waiting |= isinstance(error, UnavailableError)
                get_run_logger().error("%s on store %s: %s", self._record.archive_id, store, error)
                self.result.problems.append(f"{store}: {error}")
            return False
        if waits_for:
            self.result.waits.append(f"{store}: {waits_for}")
            return False
        self._record = self._asked()
        is_made = store in good_on(self._record)
        if is_made and store not in self.result.made:
            self.result.made.append(store)
        return is_made

    def _come_back(self, copy: CopyRecord) -> str:
        """Prove a lost copy that is there again, as when a disk is mounted anew."""
        store = self._facility.store(copy.store)
        if store.size_of(copy.location) != self._record.packed_size:
            return ""
        return proving.prove(self._at_hand(), store, copy.location)

    def _from_good_copies(self) -> None:
        if not self._good():
            return
        found = sources(self._facility, self._good())
        if not found.now:
            self._wait_for(found)
            self.result.problems += [f"{store.name}: {copy.location} is not there now" for store, copy in found.missing]
            return
        pairs = [*found.pairs(), *sources(self._facility, self._bad(CopyStatus.DAMAGED)).pairs()]
        for name in self._facility.policy.lacking(good_on(self._record)):
            self._try(name, partial(self._make, pairs, name))

    def _make(self, pairs: Sequence[tuple[Store, str]], name: str) -> str:
        return make(self._at_hand(), pairs, self._facility.store(name))

    def _from_what_is_left(self) -> None:
        """Put a good copy together from damaged ones, or find out what is lost; judge nothing that is out of sight."""
        left = self._left()
        if left.later or left.unreachable:
            self._wait_for(left)
            return
        if any(self._is_settled(store, copy) for store, copy in left.now):
            return
        pairs = left.pairs()
        if pairs and any(self._try(name, partial(self._make, pairs, name)) for name in self._targets()):
            return
        self._judge(left)

    def _left(self) -> Sources:
        """Look for every copy that is on record as damaged or lost; one that is gone is asked for twice."""
        left = sources(self._facility, self._bad(CopyStatus.DAMAGED, CopyStatus.LOST))
        for store, copy in left.missing:
            try:
                check_is_gone(self._catalog, store, copy.location)
            except UnavailableError as error:
                left.unreachable.append(error)
        return left

    def _targets(self) -> list[str]:
        return self._facility.policy.lacking(good_on(self._record))

    def _is_settled(self, store: Store, copy: CopyRecord) -> bool:
        """Read a bad copy once more: somebody may have brought it back in its place; true for one that may be good."""
        began = datetime.now(UTC)
        try:
            waits_for = proving.prove(self._at_hand(), store, copy.location)
        except IntegrityError as error:
            report_found(self._catalog, self._named(copy), error, began)
            return False
        if waits_for:
            self.result.waits.append(f"{store.name}: {waits_for}")
            return True
        self._record = self._asked()
        self.result.made.append(store.name)
        return True

    def _judge(self, left: Sources) -> None:
        """Say file by file what is left; nothing is lost before all that could have it was in sight and was read."""
        pairs = left.pairs()
        found = recoverable(pairs, self._record, self._files) if pairs else Recovery([], [f.path for f in self._files])
        again = self._left()
        if again.later or again.unreachable or len(again.now) != len(left.now):
            self._wait_for(again)
            self.result.problems.append("its copies came or went while they were read: nothing is called lost")
            return
        if not found.lost and (self.result.waits or self._is_kept_waiting):
            return  # all of it is there, and only a store to put it on is not
        self.result.lost, self.result.recoverable = list(found.lost), list(found.good)
        self.result.was_judged = True

    def _recheck(self) -> bool:
        """Read the copies that count as good and did not do as sources; true when one of them is not good."""
        now = sources(self._facility, self._good()).now
        bad = [copy for store, copy in now if not self._is_still_good(store, copy)]
        return bool(bad)

    def _is_still_good(self, store: Store, copy: CopyRecord) -> bool:
        began = datetime.now(UTC)
        try:
            proof = verify_copy(store, self._record, self._files, location=copy.location)
        except IntegrityError as error:
            report_found(self._catalog, self._named(copy), error, began)
            self._record = self._asked()
            return False
        self._catalog.record_copy(self._record.archive_id, proof)
        return True

    def _wait_for(self, found: Sources) -> None:
        if found.later:
            found.recall(self._facility)
            self.result.waits.append(SOURCES_RECALLED)
        self.result.problems += [str(error) for error in found.unreachable]

    def _named(self, copy: CopyRecord) -> CopyOnStore:
        return CopyOnStore(**dict(copy), pid=self._short.pid, archive_id=self._record.archive_id)

    def _is_worth_reading(self) -> bool:
        now = datetime.now(UTC)
        return any(now - (copy.checked_at or copy.verified_at) > LOOK_AGAIN for copy in self._record.copies)


def check_is_gone(catalog: Catalog, store: Store, location: str) -> None:
    """Make sure that an object is not there, on a store that shows others.

    Raises:
        UnavailableError: It may be there and out of sight.
    """
    check_is_itself(catalog, store)
    try:
        with store.open(location):
            msg = f"{location} is on store {store.name} after all: the next repair reads it"
    except IntegrityError as error:
        if error.reason == OBJECT_MISSING:
            return
        raise UnavailableError(str(error)) from error
    raise UnavailableError(msg)
