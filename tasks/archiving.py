"""Archive: pack a dataset into datablocks, prove each copy by reading it back, and only then say so."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run
from prefect.states import Completed

from blocks.facility import Facility
from emdewar.catalog import Catalog
from emdewar.datablock.slices import BlockSlice, slice_files
from emdewar.errors import DewarError, RefusedError
from emdewar.lifecycle import ArchiveStatus, JobStatus, JobType
from emdewar.records import DatablockRecord, DataFile, LifecyclePatch
from tasks import proving, supplying
from tasks.outcomes import raise_gravest
from tasks.progress import Progress
from tasks.proving import AtHand
from tasks.retrying import CALLS, TRANSFERS
from tasks.writing import WrittenTo

WAITING_FOR_TAPE: Final = "WaitingForTape"
"""State of a run that has done what it can: the archive sweep takes its dataset up again."""

ARCHIVED = frozenset({ArchiveStatus.ON_ARCHIVE_DISK, ArchiveStatus.DAMAGED})
"""States of a dataset that was archived; what it lacks since then is the repair's work."""


@dataclass(frozen=True)
class CopyOutcome:
    """What became of one copy.

    Attributes:
        number: Which datablock.
        store: Name of the store.
        waits_for: What must come first; empty for a copy that is proven.
    """

    number: int
    store: str
    waits_for: str = ""


@dataclass(frozen=True)
class Archived:
    """How an archive run ended.

    Attributes:
        blocks: The datablocks with their copies.
        waits_for: What must come before the dataset is archived; empty when it is.
        failures: Copies that failed.
        is_archived: Whether the dataset is archived, with or without those.
    """

    blocks: list[DatablockRecord]
    waits_for: str
    failures: list[DewarError]
    is_archived: bool


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="claim the dataset")
def begin(facility: Facility, pid: str) -> str:
    """Claim the dataset with an archive job, or join the one that holds it; gives the job's id.

    Raises:
        RefusedError: The dataset is not in a state to be archived.
    """
    with facility.catalog.client() as catalog:
        if is_archived(catalog, pid):
            left = catalog.find_open_job(JobType.ARCHIVE, pid)
            return left.id if left else ""
        job = catalog.open_job(JobType.ARCHIVE, pid, {})
        catalog.move_job(job.id, JobStatus.IN_PROGRESS, "Writing datablocks.")
        for status in _way_to_started(catalog, pid):
            catalog.move(pid, LifecyclePatch(archive_status_message=status, flow_run_id=flow_run.id))
        return job.id


def is_archived(catalog: Catalog, pid: str) -> bool:
    """Tell whether the catalog holds the dataset as archived, damaged since or not."""
    return catalog.dataset(pid).datasetlifecycle.archive_status_message in ARCHIVED


def _way_to_started(catalog: Catalog, pid: str) -> list[ArchiveStatus]:
    """A run that joins a job whose dataset failed before has one more step to go."""
    status = catalog.dataset(pid).datasetlifecycle.archive_status_message
    if status in {ArchiveStatus.SCHEDULED, ArchiveStatus.STARTED}:
        return [ArchiveStatus.STARTED]
    return [ArchiveStatus.SCHEDULED, ArchiveStatus.STARTED]


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="plan the datablocks")
def plan(facility: Facility, pid: str) -> list[BlockSlice]:
    """Cut the declared file list into datablocks and leave out those whose copies are all verified."""
    with facility.catalog.client() as catalog:
        if is_archived(catalog, pid):
            return []
        blocks = slice_files(catalog.files(pid), target_bytes=facility.policy.datablock_target_bytes)
        done = {_place(block) for block in catalog.datablocks(pid) if not facility.policy.lacking(good_on(block))}
    return [block for block in blocks if _place(block) not in done]


def good_on(block: DatablockRecord) -> set[str]:
    """Give the stores that hold a verified copy of a datablock."""
    return {copy.store for copy in block.copies if copy.is_good}


def _place(block: BlockSlice | DatablockRecord) -> tuple[int, int, int, int]:
    """Say which files of the dataset a block holds: a block cut differently is another one."""
    return block.number, block.of, block.first_file, block.number_of_files


@task(
    **TRANSFERS,
    cache_policy=NO_CACHE,
    task_run_name="verify datablock {block.number} of {block.of} on {store}",
)
def verify(facility: Facility, pid: str, block: BlockSlice, store: str, location: str) -> CopyOutcome:
    """Read one copy back from its medium, compare every file with the catalog, and record the proof."""
    with facility.catalog.client() as catalog:
        record = registered(catalog, pid, block.number)
        at_hand = AtHand(facility, catalog, record, _files(catalog, pid, block))
        progress = Progress(record.packed_size, f"Reading datablock {block.number} back from {store}")
        waits_for = proving.prove(at_hand, facility.store(store), location, progress.add)
        progress.finish()
        return CopyOutcome(block.number, store, waits_for)


@task(
    **TRANSFERS,
    cache_policy=NO_CACHE,
    task_run_name="copy datablock {block.number} of {block.of} to {store}",
)
def copy_over(facility: Facility, pid: str, block: BlockSlice, store: str) -> CopyOutcome:
    """Make a copy from one that is verified, read it back, and record the proof; one that is there is left alone."""
    with facility.catalog.client() as catalog:
        record = registered(catalog, pid, block.number)
        good = good_on(record)
        if not good:
            return CopyOutcome(block.number, store, "no copy is verified yet that it could be made from")
        waits_for = ""
        if store not in good:
            waits_for = supplying.supply(AtHand(facility, catalog, record, _files(catalog, pid, block)), store)
        return CopyOutcome(block.number, store, waits_for)


def rest(facility: Facility, written: WrittenTo) -> list[str]:
    """Give the stores that neither got the datablock now nor failed to take it; none before it is registered."""
    if written.recalled and not written.locations:
        return []
    tried = written.locations.keys() | written.failed.keys()
    return [rule.store for rule in facility.policy.copies if rule.store not in tried]


def _files(catalog: Catalog, pid: str, block: BlockSlice) -> list[DataFile]:
    return list(catalog.files(pid, first=block.first_file, count=block.number_of_files))


def registered(catalog: Catalog, pid: str, number: int) -> DatablockRecord:
    """Give a datablock of a dataset by its number.

    Raises:
        RefusedError: There is none: the dataset was reset meanwhile.
    """
    for record in catalog.datablocks(pid):
        if record.number == number:
            return record
    msg = f"dataset {pid} has no datablock {number} on record any more: it was reset; archive it again"
    raise RefusedError(msg, reason="notFound")


def recalled(block: BlockSlice, written: WrittenTo) -> list[CopyOutcome]:
    """Say which stores have a datablock of an earlier run that must come back from tape before anybody can tell it."""
    return [CopyOutcome(block.number, store, proving.RECALLED) for store in written.recalled]


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="record as archived")
def finish(
    facility: Facility, pid: str, job: str, copies: Sequence[CopyOutcome] = (), failures: Sequence[DewarError] = ()
) -> Archived:
    """Say that the dataset is archived, if it is; the catalog checks that every file has its verified copies.

    Raises:
        RefusedError: The catalog lacks a proof.
    """
    with facility.catalog.client() as catalog:
        blocks = catalog.datablocks(pid)
        if not is_archived(catalog, pid):
            if not _is_complete(facility, blocks):
                waits_for = _waits_for(copies)
                if waits_for and not failures:
                    catalog.report_job(job, waits_for)
                if waits_for or failures:
                    return Archived(blocks, waits_for, list(failures), is_archived=False)
            _move(catalog, pid, blocks)
        if job:
            catalog.end_in_job(job, pid, JobStatus.SUCCESSFUL, "All datablocks have their verified copies.")
        return Archived(blocks, "", list(failures), is_archived=True)


def _is_complete(facility: Facility, blocks: Sequence[DatablockRecord]) -> bool:
    """Tell whether all datablocks are on record, each with the copies that it needs."""
    is_all = len(blocks) >= max((block.of for block in blocks), default=1)
    return is_all and all(facility.policy.makes_archived(good_on(block)) for block in blocks)


def _waits_for(copies: Sequence[CopyOutcome]) -> str:
    """Say what must come before the dataset is archived."""
    waiting = [copy for copy in copies if copy.waits_for]
    if not waiting:
        return ""
    stores = ", ".join(sorted({copy.store for copy in waiting}))
    return f"{len(waiting)} copies on {stores} wait, the first of datablock {waiting[0].number}: {waiting[0].waits_for}"


def ended(done: Archived, report: str) -> str:
    """Give what the flow ends with: its report, in a state that says so when something must come first.

    Raises:
        DewarError: A copy that is needed could not be made; what the others got is on record.
    """
    if done.is_archived:
        return report
    raise_gravest(done.failures)
    # Prefect takes the state and gives its data to whoever called the flow.
    return cast("str", Completed(name=WAITING_FOR_TAPE, message=done.waits_for, data=report))


def _move(catalog: Catalog, pid: str, blocks: Sequence[DatablockRecord]) -> None:
    counts = {"datablocks": len(blocks), "verifiedCopies": sum(len(good_on(block)) for block in blocks)}
    done = LifecyclePatch(
        archive_status_message=ArchiveStatus.ON_ARCHIVE_DISK,
        archive_return_message={"archived": counts},
        flow_run_id=flow_run.id,
    )
    catalog.move(pid, done)
