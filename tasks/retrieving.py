"""Retrieve: bring a dataset, or some of its files, back from a verified copy, and compare every byte."""

from fnmatch import fnmatchcase
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from pydantic import BaseModel

from blocks.facility import Facility
from emdewar.datablock.restore import restore_files
from emdewar.errors import BUSY, MISSING_FILES, IntegrityError, RefusedError, UnavailableError
from emdewar.lifecycle import JobStatus, JobType, RetrieveStatus
from emdewar.records import DatablockRecord, DataFile, LifecyclePatch
from emdewar.stores.store import Store
from tasks.progress import Progress
from tasks.retrying import CALLS, TRANSFERS


class Wanted(BaseModel, frozen=True):
    """What is wanted of one datablock.

    Attributes:
        archive_id: The datablock.
        number: Its number in the dataset.
        files: How many files are wanted.
        size: Their bytes.
    """

    archive_id: str
    number: int
    files: int
    size: int


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="claim the dataset")
def begin(facility: Facility, pid: str, patterns: list[str], destination: str) -> str:
    """Open a retrieve job, or join the open one that wants the same; gives the job's id.

    Raises:
        RefusedError: Nothing can be restored to the destination.
        UnavailableError: Another retrieval of the dataset, with other files or another destination, is going on.
    """
    facility.check_destination(Path(destination))
    wanted = {"patterns": patterns, "destination": destination}
    with facility.catalog.client() as catalog:
        job = catalog.open_job(JobType.RETRIEVE, pid, wanted)
        if any(job.job_params.get(name, value) != value for name, value in wanted.items()):
            msg = f"dataset {pid} is being retrieved to {job.job_params['destination']}: wait for job {job.id} to end"
            raise UnavailableError(msg, reason=BUSY)
        catalog.move_job(job.id, JobStatus.IN_PROGRESS, "Bringing files back.")
        catalog.move(pid, LifecyclePatch(retrieve_status_message=RetrieveStatus.STARTED, flow_run_id=flow_run.id))
        return job.id


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="find the datablocks")
def select(facility: Facility, pid: str, patterns: list[str]) -> list[Wanted]:
    """Find the datablocks that hold the wanted files.

    Raises:
        RefusedError: No file matches.
    """
    selected: list[Wanted] = []
    with facility.catalog.client() as catalog:
        for block in catalog.datablocks(pid):
            files = [f for f in catalog.datablock_files(block.archive_id) if is_wanted(f, patterns)]
            if files:
                size = sum(f.size for f in files)
                selected.append(Wanted(archive_id=block.archive_id, number=block.number, files=len(files), size=size))
    if not selected:
        msg = f"no file of dataset {pid} matches {patterns}: check the patterns against the dataset's file list"
        raise RefusedError(msg, reason=MISSING_FILES)
    return selected


def is_wanted(file: DataFile, patterns: list[str]) -> bool:
    """Tell whether a file matches one of the shell patterns; no pattern means every file."""
    return not patterns or any(fnmatchcase(file.path, pattern) for pattern in patterns)


@task(**TRANSFERS, cache_policy=NO_CACHE, task_run_name="restore {wanted.files} files of datablock {wanted.number}")
def restore(facility: Facility, pid: str, wanted: Wanted, patterns: list[str], destination: str) -> int:
    """Restore the wanted files of one datablock by range reads, each hashed as it is written; gives their number."""
    with facility.catalog.client() as catalog:
        block = next(b for b in catalog.datablocks(pid) if b.archive_id == wanted.archive_id)
        files = list(catalog.datablock_files(wanted.archive_id))
    names = {file.path for file in files if is_wanted(file, patterns)}
    progress = Progress(wanted.size, f"Restoring datablock {wanted.number}")
    whole = block.model_copy(update={"data_file_list": files})
    *others, last = _stores_with_copy(facility, block)
    for store in others:
        try:
            restore_files(store, whole, names, Path(destination), on_progress=progress.add)
            break
        except (IntegrityError, UnavailableError) as error:
            get_run_logger().error("trying the next copy of %s: %s", block.archive_id, error)
    else:
        restore_files(last, whole, names, Path(destination), on_progress=progress.add)
    progress.finish()
    return wanted.files


def _stores_with_copy(facility: Facility, block: DatablockRecord) -> list[Store]:
    holding = {copy.store for copy in block.copies}
    stores = [archive.store() for archive in facility.archives if archive.store_name in holding]
    if stores:
        return stores
    msg = f"no store of this facility holds a verified copy of datablock {block.archive_id}; it is on {sorted(holding)}"
    raise RefusedError(msg, reason=MISSING_FILES)


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="record as retrieved")
def finish(facility: Facility, pid: str, job: str, destination: str, files: int) -> None:
    """Say that the files are back: every one was compared with its checksum while it was written."""
    result = {"destination": destination, "files": files}
    patch = LifecyclePatch(
        retrieve_status_message=RetrieveStatus.RETRIEVED,
        retrieve_integrity_check=True,
        retrieve_return_message={"retrieved": result},
        flow_run_id=flow_run.id,
    )
    with facility.catalog.client() as catalog:
        catalog.move(pid, patch)
        catalog.end_in_job(job, pid, JobStatus.SUCCESSFUL, f"{files} files are back in {destination}.", result)
