"""Restore what is wanted of one datablock: from the first good copy, else the next, else from what is left."""

from datetime import UTC, datetime
from typing import Final

from prefect.logging import get_run_logger
from pydantic import BaseModel

from blocks.facility import Facility
from emdewar.catalog import Catalog
from emdewar.datablock.recovery import recoverable
from emdewar.datablock.restore import restore_files
from emdewar.errors import BUSY, NO_SPACE, IntegrityError, UnavailableError
from emdewar.lifecycle import CopyStatus
from emdewar.recall import Asked
from emdewar.records import CopyRecord
from tasks import bad_copies, destinations, recalling
from tasks.ordering import Order
from tasks.presence import Presence
from tasks.progress import Progress
from tasks.recalling import Plan
from tasks.standing import check_is_itself

OF_DESTINATION: Final = frozenset({BUSY, NO_SPACE})
"""Reasons that are the destination's when files are restored: another copy would not help."""


class Outcome(BaseModel, frozen=True):
    """What came of the wanted files of one datablock.

    Attributes:
        archive_id: The datablock.
        is_back: Whether they are all at the destination, proven.
        asked: The copy that is waited for.
        lost: Files of which no copy can be read.
        out_of_reach: Copies that may be good and cannot be read.
        is_busy: Whether another run restores the same files at this moment.
    """

    archive_id: str
    is_back: bool = False
    asked: Asked | None = None
    lost: tuple[str, ...] = ()
    out_of_reach: tuple[str, ...] = ()
    is_busy: bool = False


class BlockRestore:
    """Restores what is wanted of one datablock, from whatever copy has it."""

    def __init__(self, facility: Facility, catalog: Catalog, pid: str, plan: Plan, order: Order) -> None:
        """Read the record of the datablock."""
        self._facility, self._catalog, self._pid, self._plan, self._order = facility, catalog, pid, plan, order
        self._stores = facility.stores()
        self._id = plan.wanted.archive_id
        block = next(block for block in catalog.datablocks(pid) if block.archive_id == self._id)
        self._record = block.model_copy(update={"data_file_list": list(catalog.datablock_files(self._id))})
        self._names = {file.path for file in self._record.data_file_list if order.wants(file)}
        self._damaged = [c for c in block.copies if c.status is CopyStatus.DAMAGED and c.store in self._stores]
        self._good = [copy for copy in block.copies if copy.is_good]
        self._presence = Presence(catalog, order.job, pid)
        self._progress = Progress(plan.wanted.size, f"Restoring datablock {plan.wanted.number}")

    def run(self) -> Outcome:
        """Restore from good copies, else ask for the next one, else take what is left.

        Raises:
            RefusedError: Something else bears the name of a file.
            UnavailableError: The destination cannot be written, or no copy that is online can be read now.
        """
        if self._from_good_copies():
            self._progress.finish()
            return Outcome(archive_id=self._id, is_back=True)
        if self._plan.later:
            return Outcome(archive_id=self._id, asked=self._asked_for(self._plan.later[0]))
        return self._from_what_is_left()

    def _from_good_copies(self) -> bool:
        unavailable: UnavailableError | None = None
        for copy in self._plan.now:
            began = datetime.now(UTC)
            try:
                self._restore_all(copy)
            except IntegrityError as error:
                self._condemn(copy, error, began)
            except UnavailableError as error:
                if error.reason in OF_DESTINATION:
                    raise
                get_run_logger().warning("trying the next copy of %s: %s", self._id, error)
                unavailable = error
            else:
                return True
        if unavailable and not self._plan.later:
            raise unavailable
        return False

    def _restore_all(self, copy: CopyRecord) -> None:
        """Restore from one copy; that it is gone is only believed of a store that shows other things."""
        try:
            self._restore(copy, self._names)
        except IntegrityError as error:
            if error.reason == bad_copies.OBJECT_MISSING:
                check_is_itself(self._catalog, self._stores[copy.store])
            raise

    def _condemn(self, copy: CopyRecord, error: IntegrityError, began: datetime) -> None:
        bad_copies.report(self._catalog, self._pid, self._id, copy, error, began=began)
        self._good.remove(copy)
        if error.reason != bad_copies.OBJECT_MISSING:
            self._damaged.append(copy)

    def _asked_for(self, copy: CopyRecord) -> Asked:
        moment = datetime.now(UTC)
        recalling.recall(self._facility, self._stores[copy.store], [copy.location])
        return Asked(archive_id=self._id, store=copy.store, location=copy.location, first=moment, last=moment)

    def _from_what_is_left(self) -> Outcome:
        """Restore, of copies that are damaged, the files that are not."""
        missing, out_of_reach = set(self._names), [copy.location for copy in self._good]
        for copy in self._damaged:
            try:
                missing -= self._whole_files(copy, missing)
            except UnavailableError as error:
                get_run_logger().warning("what is left of %s is not known: %s", copy.location, error)
                out_of_reach.append(copy.location)
        if missing and out_of_reach:
            return Outcome(archive_id=self._id, out_of_reach=tuple(out_of_reach))
        return Outcome(archive_id=self._id, is_back=not missing, lost=tuple(sorted(missing)))

    def _whole_files(self, copy: CopyRecord, missing: set[str]) -> set[str]:
        """Restore, of some files, those that one damaged copy has whole; gives them."""
        wanted = [file for file in self._record.data_file_list if file.path in missing]
        good = set(recoverable([(self._stores[copy.store], copy.location)], self._record, wanted).good)
        self._restore(copy, good)
        return good

    def _restore(self, copy: CopyRecord, names: set[str]) -> None:
        store = self._stores[copy.store]
        with destinations.opened(self._facility, self._order.destination) as destination:
            restore_files(store, self._record, names, destination, location=copy.location, on_progress=self._add)

    def _add(self, size: int) -> None:
        self._progress.add(size)
        self._presence.show()
