"""Retrieve: bring a dataset, or some of its files, back from a verified copy, and compare every byte."""

from fnmatch import fnmatchcase
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from pydantic import BaseModel

from blocks.facility import Facility
from emdewar.catalog import Catalog
from emdewar.datablock.restore import restore_files
from emdewar.errors import BUSY, MISSING_FILES, IntegrityError, RefusedError, UnavailableError
from emdewar.lifecycle import JobStatus, JobType, RetrieveStatus
from emdewar.records import DatablockRecord, DataFile, Job, LifecyclePatch
from emdewar.stores.store import Store
from tasks.progress import Progress
from tasks.retrying import CALLS, TRANSFERS


class Order(BaseModel, frozen=True):
    """What is to be brought back, and where to.

    Attributes:
        job: The job that holds the dataset meanwhile.
        names: Paths of the wanted files.
        patterns: Shell patterns of wanted paths; with neither names nor patterns, every file is wanted.
        destination: Folder to restore into.
    """

    job: str
    names: frozenset[str] = frozenset()
    patterns: tuple[str, ...] = ()
    destination: str

    def wants(self, file: DataFile) -> bool:
        """Tell whether a file is wanted."""
        if file.path in self.names:
            return True
        if self.patterns:
            return any(fnmatchcase(file.path, pattern) for pattern in self.patterns)
        return not self.names


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
def begin(facility: Facility, pid: str, patterns: list[str], destination: str, job: str) -> Order:
    """Take up the job that asks, or open one, or join the open one that wants the same.

    Raises:
        RefusedError: Nothing can be restored to the destination.
        UnavailableError: Another retrieval of the dataset, with other files or another destination, is going on.
    """
    with facility.catalog.client() as catalog:
        if job:
            order = _taken_up(facility, catalog, pid, catalog.job(job))
        else:
            order = _opened(facility, catalog, pid, patterns, destination)
        catalog.move_job(order.job, JobStatus.IN_PROGRESS, "Bringing files back.")
        catalog.move(pid, LifecyclePatch(retrieve_status_message=RetrieveStatus.STARTED, flow_run_id=flow_run.id))
        return order


def _opened(facility: Facility, catalog: Catalog, pid: str, patterns: list[str], destination: str) -> Order:
    target = destination or facility.retrieve_target(pid).as_posix()
    facility.check_destination(Path(target))
    wanted = {"patterns": patterns, "destination": target}
    job = catalog.open_job(JobType.RETRIEVE, pid, wanted)
    if any(job.job_params.get(name) != value for name, value in wanted.items()):
        msg = f"dataset {pid} is being retrieved for job {job.id}, with other files or another destination"
        raise UnavailableError(f"{msg}: wait for it to end, or take it up with the parameter job", reason=BUSY)
    return Order(job=job.id, patterns=tuple(patterns), destination=target)


def _taken_up(facility: Facility, catalog: Catalog, pid: str, asked: Job) -> Order:
    """Do what a job asks for; one that has ended for this dataset is asked for again."""
    entry = next((entry for entry in asked.job_params.get("datasetList", []) if entry.get("pid") == pid), None)
    if entry is None:
        raise RefusedError(f"job {asked.id} does not name dataset {pid}", reason="notFound")
    wanted = str(asked.job_params.get("destination") or "")
    target = facility.ordered_target(pid, wanted).as_posix()
    held = catalog.find_open_job(JobType.RETRIEVE, pid)
    holds = held is not None and held.id == asked.id
    params = {"destination": wanted} if wanted else {}
    job = asked if holds else catalog.open_job(JobType.RETRIEVE, pid, params, files=entry.get("files", []))
    return Order(job=job.id, names=frozenset(entry.get("files", [])), destination=target)


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="find the datablocks")
def select(facility: Facility, pid: str, order: Order) -> list[Wanted]:
    """Find the datablocks that hold the wanted files.

    Raises:
        RefusedError: No file matches.
    """
    selected: list[Wanted] = []
    with facility.catalog.client() as catalog:
        for block in catalog.datablocks(pid):
            files = [f for f in catalog.datablock_files(block.archive_id) if order.wants(f)]
            if files:
                size = sum(f.size for f in files)
                selected.append(Wanted(archive_id=block.archive_id, number=block.number, files=len(files), size=size))
    if not selected:
        wanted = list(order.patterns) or sorted(order.names)[:10]
        msg = f"no file of dataset {pid} matches {wanted}: check them against the dataset's file list"
        raise RefusedError(msg, reason=MISSING_FILES)
    return selected


@task(**TRANSFERS, cache_policy=NO_CACHE, task_run_name="restore {wanted.files} files of datablock {wanted.number}")
def restore(facility: Facility, pid: str, wanted: Wanted, order: Order) -> int:
    """Restore the wanted files of one datablock by range reads, each hashed as it is written; gives their number."""
    with facility.catalog.client() as catalog:
        block = next(b for b in catalog.datablocks(pid) if b.archive_id == wanted.archive_id)
        files = list(catalog.datablock_files(wanted.archive_id))
    names, destination = {file.path for file in files if order.wants(file)}, Path(order.destination)
    progress = Progress(wanted.size, f"Restoring datablock {wanted.number}")
    whole = block.model_copy(update={"data_file_list": files})
    *others, last = _stores_with_copy(facility, block)
    for store in others:
        try:
            restore_files(store, whole, names, destination, on_progress=progress.add)
            break
        except (IntegrityError, UnavailableError) as error:
            get_run_logger().error("trying the next copy of %s: %s", block.archive_id, error)
    else:
        restore_files(last, whole, names, destination, on_progress=progress.add)
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
def finish(facility: Facility, pid: str, order: Order, files: int) -> None:
    """Say that the files are back: every one was compared with its checksum while it was written."""
    result = {"destination": order.destination, "files": files}
    patch = LifecyclePatch(
        retrieve_status_message=RetrieveStatus.RETRIEVED,
        retrieve_integrity_check=True,
        retrieve_return_message={"retrieved": result},
        flow_run_id=flow_run.id,
    )
    with facility.catalog.client() as catalog:
        catalog.move(pid, patch)
        said = f"{files} files are back in {order.destination}."
        catalog.end_in_job(order.job, pid, JobStatus.SUCCESSFUL, said, result)
