"""Archive: pack a dataset into datablocks, prove each copy by reading it back, and only then say so."""

from collections.abc import Sequence
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from blocks.facility import Facility
from blocks.store import PosixArchive
from emdewar.catalog import Catalog
from emdewar.datablock.layout import plan_block
from emdewar.datablock.lead import lead_members
from emdewar.datablock.slices import BlockSlice, slice_files
from emdewar.datablock.verify import VerifiedCopy, verify_copy
from emdewar.datablock.write import write_datablock
from emdewar.lifecycle import ArchiveStatus, JobStatus, JobType
from emdewar.records import DatablockRecord, DataFile, LifecyclePatch
from tasks.progress import Progress
from tasks.retrying import CALLS, TRANSFERS


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
    """Tell whether the catalog holds the dataset as archived."""
    return catalog.dataset(pid).datasetlifecycle.archive_status_message == ArchiveStatus.ON_ARCHIVE_DISK


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
        blocks = slice_files(catalog.files(pid), target_bytes=facility.datablock_target_bytes)
        wanted = {archive.store_name for archive in facility.archives}
        done = {_place(b) for b in catalog.datablocks(pid) if wanted <= {c.store for c in b.copies}}
    return [block for block in blocks if _place(block) not in done]


def _place(block: BlockSlice | DatablockRecord) -> tuple[int, int, int, int]:
    """Say which files of the dataset a block holds: a block cut differently is another one."""
    return block.number, block.of, block.first_file, block.number_of_files


@task(**TRANSFERS, cache_policy=NO_CACHE, task_run_name="write datablock {block.number} of {block.of}")
def write(facility: Facility, pid: str, block: BlockSlice) -> str:
    """Write one datablock to every store in one pass over its files and register it; gives its archive id."""
    with facility.catalog.client() as catalog:
        dataset = catalog.dataset(pid)
        files = _files(catalog, pid, block)
        layout = plan_block(pid, block, files, lead_members(dataset))
        progress = Progress(block.size, f"Writing datablock {block.number} of {block.of} of {dataset.dataset_name}")
        stores = [archive.store() for archive in facility.archives]
        record = write_datablock(layout, Path(dataset.source_folder), stores, on_progress=progress.add)
        catalog.register_datablock(pid, record)
        progress.finish()
        return record.archive_id


@task(
    **TRANSFERS,
    cache_policy=NO_CACHE,
    task_run_name="verify datablock {block.number} of {block.of} on {archive.store_name}",
)
def verify(facility: Facility, pid: str, block: BlockSlice, archive: PosixArchive) -> VerifiedCopy:
    """Read one copy back from its medium, compare every file with the catalog, and record the proof."""
    with facility.catalog.client() as catalog:
        record = _registered(catalog.datablocks(pid), block)
        copy = verify_copy(archive.store(), record, _files(catalog, pid, block))
        catalog.record_copy(record.archive_id, copy)
        return copy


def _files(catalog: Catalog, pid: str, block: BlockSlice) -> list[DataFile]:
    return list(catalog.files(pid, first=block.first_file, count=block.number_of_files))


def _registered(records: Sequence[DatablockRecord], block: BlockSlice) -> DatablockRecord:
    return next(record for record in records if record.number == block.number)


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="record as archived")
def finish(facility: Facility, pid: str, job: str) -> list[DatablockRecord]:
    """Say that the dataset is archived; the catalog checks that every file has its verified copies."""
    with facility.catalog.client() as catalog:
        blocks = catalog.datablocks(pid)
        if not is_archived(catalog, pid):
            result = {"datablocks": len(blocks), "verifiedCopies": sum(len(block.copies) for block in blocks)}
            done = LifecyclePatch(
                archive_status_message=ArchiveStatus.ON_ARCHIVE_DISK,
                archive_return_message={"archived": result},
                flow_run_id=flow_run.id,
            )
            catalog.move(pid, done)
        if job:
            catalog.end_in_job(job, pid, JobStatus.SUCCESSFUL, "All datablocks have their verified copies.")
        return blocks
