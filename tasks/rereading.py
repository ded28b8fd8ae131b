"""Fixity: read verified copies back again, those that were not read for longest first, as far as the budget goes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Final

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from blocks.facility import Facility
from emdewar.catalog import Catalog
from emdewar.datablock.verify import read_back
from emdewar.errors import IntegrityError, RefusedError, UnavailableError
from emdewar.lifecycle import CopyStatus
from emdewar.records import CopyOnStore, DatablockRecord
from emdewar.stores.store import Availability, Locality, Store
from tasks.bad_copies import OBJECT_MISSING
from tasks.findings import Finding, report_found
from tasks.progress import Progress
from tasks.proving import let_go, record
from tasks.retrying import CALLS, TRANSFERS

SWEEPS_PER_DAY: Final = 4
"""How often the schedule starts the sweep: each may use up this part of a day's bytes."""

MOST_COPIES: Final = 10_000
"""Copies that one sweep looks at: small ones cost more in the asking than in the reading."""

PART_COPIES: Final = 100
PART_BYTES: Final = 500_000_000_000
"""How much one task reads: a task for each copy would flood the server of Prefect."""


@dataclass(frozen=True)
class Due:
    """What is to be read again on a store.

    Attributes:
        store: Its name.
        budget: Bytes that this sweep may read.
        parts: The copies to read now, in parts.
        recalled: Copies that are on tape, and were asked for: a later sweep reads them.
        missing: Copies that are not there: the reconcile sweep judges them.
        not_on_tape: Copies that only the disk in front of the tape has: reading them proves nothing of the tape.
        trouble: Why the store could not be asked.
    """

    store: str
    budget: int = 0
    parts: list[list[CopyOnStore]] = field(default_factory=list)
    recalled: int = 0
    missing: int = 0
    not_on_tape: int = 0
    trouble: str = ""


@dataclass(frozen=True)
class Reading:
    """What was read of a part.

    Attributes:
        store: Name of the store.
        copies: How many copies were read.
        size: Their bytes.
        findings: Those that are not what the catalog says.
        unread: Why some could not be read: a later sweep tries them again.
    """

    store: str
    copies: int
    size: int
    findings: list[Finding]
    unread: list[str] = field(default_factory=list)


class UnreadError(UnavailableError):
    """One copy could not be read; the others may be."""


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="list the stores")
def stores_to_read(facility: Facility, store: str) -> list[str]:
    """List the stores that the policy wants read again, or the one that was named.

    Raises:
        RefusedError: The facility has no such store.
    """
    if store:
        return [facility.archive(store).store_name]
    return [rule.store for rule in facility.policy.copies if rule.fixity_bytes_per_day]


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="list what is due on {store}")
def choose(facility: Facility, store: str, budget_bytes: int | None) -> Due:
    """Pick the copies that were not read for longest, as far as the budget goes; at least one where one is due.

    What is on tape only is asked for now and read by a later sweep. It counts, so that a sweep never recalls more than
    it may read.
    """
    budget = _budget(facility, store) if budget_bytes is None else budget_bytes
    before = datetime.now(UTC) - timedelta(days=facility.policy.reverify_after_days)
    opened = facility.store(store)
    with facility.catalog.client() as catalog:
        copies = _within(budget, _of_facility(facility, catalog, store, before)) if budget else []
    try:
        where = opened.availability([copy.location for copy in copies]) if copies else {}
        return _sorted_out(facility, opened, budget, copies, where)
    except UnavailableError as error:
        return Due(store, budget, trouble=str(error))


def _budget(facility: Facility, store: str) -> int:
    rule = facility.policy.rule(store)
    return rule.fixity_bytes_per_day // SWEEPS_PER_DAY if rule else 0


def _of_facility(facility: Facility, catalog: Catalog, store: str, before: datetime) -> list[CopyOnStore]:
    found = catalog.copies(store, status=CopyStatus.VERIFIED, verified_before=before, limit=MOST_COPIES)
    return [copy for copy in found if copy.pid.startswith(f"{facility.pid_prefix}/")]


def _within(budget: int, copies: Sequence[CopyOnStore]) -> list[CopyOnStore]:
    taken: list[CopyOnStore] = []
    left = budget
    for copy in copies:
        left -= copy.size
        if taken and left < 0:
            break
        taken.append(copy)
    return taken


def _sorted_out(
    facility: Facility, store: Store, budget: int, copies: list[CopyOnStore], where: dict[str, Availability]
) -> Due:
    readable = [copy for copy in copies if where[copy.location].locality is Locality.ONLINE]
    online = [copy for copy in readable if where[copy.location].is_durable]
    missing = [copy for copy in copies if where[copy.location].locality is Locality.MISSING]
    later = [copy for copy in copies if copy not in readable and copy not in missing]
    if later:
        store.recall([copy.location for copy in later], keep_for=facility.policy.recall_keep)
    return Due(store.name, budget, _parts(online), len(later), len(missing), len(readable) - len(online))


def _parts(copies: Sequence[CopyOnStore]) -> list[list[CopyOnStore]]:
    numbered: list[tuple[int, CopyOnStore]] = []
    part, count, size = 0, 0, 0
    for copy in copies:
        if count == PART_COPIES or (count and size + copy.size > PART_BYTES):
            part, count, size = part + 1, 0, 0
        numbered.append((part, copy))
        count, size = count + 1, size + copy.size
    return [[copy for _, copy in group] for _, group in groupby(numbered, key=lambda entry: entry[0])]


@task(**TRANSFERS, cache_policy=NO_CACHE, task_run_name="read {store} again, part {number}")
def reread(facility: Facility, store: str, copies: list[CopyOnStore], number: int) -> Reading:  # noqa: ARG001 - its name
    """Read some copies back, and tell the catalog of each what was found; one that cannot be read stops no other.

    Raises:
        UnavailableError: The store or the catalog cannot be reached now; what was read is on record.
    """
    opened = facility.store(store)
    progress = Progress(sum(copy.size for copy in copies), f"Reading {len(copies)} copies on {store} again")
    read: list[CopyOnStore] = []
    unread: list[UnavailableError] = []
    findings: list[Finding] = []
    with facility.catalog.client() as catalog:
        for copy in copies:
            block = _still_due(catalog, copy)
            if block is None:
                progress.add(copy.size)
                continue
            try:
                found = _reread_one(catalog, opened, copy, block, progress)
            except UnreadError as error:
                get_run_logger().error("%s on store %s could not be read again: %s", copy.location, store, error)
                unread.append(error)
                if not _answers(opened, copy.location):
                    break
                continue
            read.append(copy)
            findings += [found] if found else []
    if unread and not read:
        raise unread[0]
    let_go(opened, [copy.location for copy in read])
    progress.finish()
    return Reading(store, len(read), sum(copy.size for copy in read), findings, [str(error) for error in unread])


def _answers(store: Store, location: str) -> bool:
    """Tell whether a store is there at all; where it is not, every other copy would only be waited for."""
    try:
        store.availability([location])
    except UnavailableError:
        return False
    return True


def _still_due(catalog: Catalog, copy: CopyOnStore) -> DatablockRecord | None:
    """Give the datablock, unless another sweep read the copy meanwhile, or it was replaced or reset."""
    try:
        blocks = catalog.datablocks(copy.pid)
    except RefusedError:
        return None
    for block in blocks:
        for now in block.copies:
            is_same = (block.archive_id, now.store, now.location) == (copy.archive_id, copy.store, copy.location)
            if is_same and now.is_good and now.verified_at == copy.verified_at:
                return block
    return None


def _reread_one(
    catalog: Catalog, store: Store, copy: CopyOnStore, block: DatablockRecord, progress: Progress
) -> Finding | None:
    """Read one copy.

    Raises:
        UnreadError: It is out of reach. Also where it is not there, as on a store that was unmounted a moment ago: the
            reconcile sweep judges that with all of the store in sight.
    """
    began = datetime.now(UTC)
    files = list(catalog.datablock_files(copy.archive_id))
    try:
        read = read_back(store, block, files, location=copy.location, on_progress=progress.add)
    except UnavailableError as error:
        raise UnreadError(str(error), reason=error.reason) from error
    except IntegrityError as error:
        if error.reason == OBJECT_MISSING:
            raise UnreadError(str(error), reason=error.reason) from error
        return report_found(catalog, copy, error, began)
    try:
        record(catalog, store, read)
    except RefusedError as error:  # somebody found it damaged, or replaced or forgot it, while it was read
        raise UnreadError(str(error), reason=error.reason) from error
    return None
