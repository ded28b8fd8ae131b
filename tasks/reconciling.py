"""Reconcile: compare what the catalog says with what lies on a store, name by name; nothing is ever removed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from prefect import task
from prefect.cache_policies import NO_CACHE

from blocks.facility import Facility
from emdewar.catalog import Catalog
from emdewar.datablock.written import INDEX_ENDING
from emdewar.errors import IntegrityError, RefusedError
from emdewar.records import CopyOnStore
from emdewar.stores.store import Locality, Store, StoredObject
from tasks.bad_copies import OBJECT_MISSING
from tasks.findings import Finding, report_found
from tasks.retrying import CALLS, TRANSFERS
from tasks.standing import LOOKS_UNMOUNTED

OLD_LEFTOVER: Final = timedelta(days=1)
"""Age at which what a writer left unfinished is discarded; the store never takes a living one's."""

MOST_LOST_PERCENT: Final = 10
"""A store that lacks more of its copies, and more than one, is taken for one that is not mounted."""

SIZE_DIFFERS: Final = "sizeDiffers"
"""Reason for an object that has another size than the one that was verified."""

AT_ONCE: Final = 1000
"""How many objects a tape system is asked about in one batch."""

FIRST_UNKNOWN: Final = 1_000


@dataclass(frozen=True)
class Unknown:
    """An object that nothing on record explains.

    Attributes:
        name: Its name.
        size: Bytes.
        modified: When it was written: what is new may belong to a run that is at work.
    """

    name: str
    size: int
    modified: datetime


@dataclass
class StoreReport:
    """What was found on a store.

    Attributes:
        store: Its name.
        copies: Copies on record.
        objects: Objects on the store, companions included.
        size: Their bytes.
        findings: Copies that are lost, or have another size.
        bad: Copies that were on record as damaged or lost before.
        unknown: Objects that nothing on record explains, the first of them.
        unknown_count: How many there are.
        discarded: Leftovers of dead writers.
    """

    store: str
    copies: int = 0
    objects: int = 0
    size: int = 0
    findings: list[Finding] = field(default_factory=list)
    bad: int = 0
    unknown: list[Unknown] = field(default_factory=list)
    unknown_count: int = 0
    discarded: list[str] = field(default_factory=list)


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="list the stores")
def stores_to_compare(facility: Facility, store: str) -> list[str]:
    """List all stores, or the one that was named.

    Raises:
        RefusedError: The facility has no such store.
    """
    names = [archive.store_name for archive in facility.archives]
    return [facility.archive(store).store_name] if store else names


@task(**TRANSFERS, cache_policy=NO_CACHE, task_run_name="compare {store} with the catalog")
def compare(facility: Facility, store: str, *, accept_losses: bool) -> StoreReport:
    """Report copies that are lost or have another size to the catalog; list what nobody knows; tidy leftovers.

    Raises:
        RefusedError: The store lacks so much that it is hardly the right folder.
        UnavailableError: It cannot be reached now.
    """
    opened = facility.store(store)
    report = StoreReport(store)
    with facility.catalog.client() as catalog:
        # The record first: what is on record by then has its object already.
        known = {copy.location: copy for copy in catalog.copies(store)}
        seen = _look(opened, known, report)
        if facility.archive(store).kind == "nearline":
            seen = _without_lost(opened, known, seen)
        suspects = list(_suspects(known, seen))
        _check_is_mounted(report, suspects, accept_losses=accept_losses)
        for copy, error in suspects:
            found = _judge(catalog, opened, copy, error)
            report.findings += [found] if found else []
    report.discarded = opened.discard_unfinished(older_than=OLD_LEFTOVER)
    return report


def _look(store: Store, known: dict[str, CopyOnStore], report: StoreReport) -> dict[str, int]:
    """Go through the objects once; gives the sizes of those on record."""
    report.copies = sum(copy.is_good for copy in known.values())
    report.bad = len(known) - report.copies
    companions = {f"{copy.archive_id}{INDEX_ENDING}" for copy in known.values()}
    seen: dict[str, int] = {}
    for found in store.objects():
        report.objects += 1
        report.size += found.size
        if found.name in known:
            seen[found.name] = found.size
        elif found.name not in companions:
            _note_unknown(report, found)
    return seen


def _without_lost(store: Store, known: dict[str, CopyOnStore], seen: dict[str, int]) -> dict[str, int]:
    """Leave out what only a stub is left of: the folder in front of a tape still lists what the tape has lost."""
    good = [name for name in seen if known[name].is_good]
    lost: set[str] = set()
    for first in range(0, len(good), AT_ONCE):
        where = store.availability(good[first : first + AT_ONCE])
        lost |= {name for name, there in where.items() if there.locality is Locality.MISSING}
    return {name: size for name, size in seen.items() if name not in lost}


def _note_unknown(report: StoreReport, found: StoredObject) -> None:
    report.unknown_count += 1
    if len(report.unknown) < FIRST_UNKNOWN:
        report.unknown.append(Unknown(found.name, found.size, found.modified))


def _suspects(known: dict[str, CopyOnStore], seen: dict[str, int]) -> Iterator[tuple[CopyOnStore, IntegrityError]]:
    for name, copy in known.items():
        if not copy.is_good:
            continue
        if name not in seen:
            msg = f"{name} is not on store {copy.store} any more"
            yield copy, IntegrityError(msg, reason=OBJECT_MISSING)
        elif seen[name] != copy.size:
            msg = f"{name} on store {copy.store} has {seen[name]} bytes instead of {copy.size}"
            yield copy, IntegrityError(msg, reason=SIZE_DIFFERS)


def _check_is_mounted(
    report: StoreReport, suspects: list[tuple[CopyOnStore, IntegrityError]], *, accept_losses: bool
) -> None:
    lost = sum(error.reason == OBJECT_MISSING for _, error in suspects)
    is_empty = lost > 0 and report.objects == 0
    if accept_losses or not (is_empty or lost > max(1, report.copies * MOST_LOST_PERCENT // 100)):
        return
    msg = (
        f"store {report.store} shows {report.objects} objects and lacks {lost} of {report.copies} copies: check that "
        "the right folder is mounted there; if they are lost indeed, run reconcile with accept_losses"
    )
    raise RefusedError(msg, reason=LOOKS_UNMOUNTED)


def _judge(catalog: Catalog, store: Store, copy: CopyOnStore, error: IntegrityError) -> Finding | None:
    """Look once more, at this copy alone, before the catalog is told."""
    began = datetime.now(UTC)
    is_there = store.availability([copy.location])[copy.location].locality is not Locality.MISSING
    if error.reason == OBJECT_MISSING and is_there:
        return None
    if error.reason == SIZE_DIFFERS and store.size_of(copy.location) == copy.size:
        return None
    return report_found(catalog, copy, error, began)
