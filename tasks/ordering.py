"""Take up an order to bring files back: open its job, or join the one that does the same."""

from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run
from pydantic import BaseModel, ValidationError

from blocks.facility import Facility
from emdewar.catalog import Catalog
from emdewar.errors import BUSY, RefusedError, UnavailableError
from emdewar.lifecycle import JobStatus, JobType, RetrieveStatus
from emdewar.recall import Waiting
from emdewar.records import DataFile, Job, LifecyclePatch
from tasks import destinations
from tasks.retrying import CALLS

WAITING = "waiting"
"""Key of a job's results, below which stands how far it is."""

WHOLE_PLACE = "destinationIsWhole"
"""Parameter of jobs whose destination is a whole path: those of people at Prefect, who may name any folder."""

OPENED_BY = "openedBy"
"""Parameter of jobs that a flow run opened: which run, and with which parameters."""


class Order(BaseModel, frozen=True):
    """What is to be brought back, and where to.

    Attributes:
        job: The job that holds the dataset meanwhile.
        names: Paths of the wanted files.
        patterns: Shell patterns of wanted paths; with neither names nor patterns, every file is wanted.
        destination: Folder to restore into, or a place in the facility's bucket.
        has_links: Whether links to the files are wanted.
        so_far: How far the runs before this one came, with this run as the one that works.
        before: How far it was said to be when this run began.
    """

    job: str
    names: frozenset[str] = frozenset()
    patterns: tuple[str, ...] = ()
    destination: str
    has_links: bool = False
    so_far: Waiting | None = None
    before: Waiting | None = None

    def wants(self, file: DataFile) -> bool:
        """Tell whether a file is wanted."""
        if file.path in self.names:
            return True
        if self.patterns:
            return any(fnmatchcase(file.path, pattern) for pattern in self.patterns)
        return not self.names

    @property
    def progress(self) -> Waiting:
        """Give how far it is; an order that was begun has that."""
        return self.so_far or Waiting(run="", parameters={}, since=datetime.now(UTC))


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
        before = progress_of(catalog, order.job, pid)
        so_far = _taken_over(before)
        catalog.move_job(order.job, JobStatus.IN_PROGRESS, "Bringing files back.")
        catalog.move(pid, LifecyclePatch(retrieve_status_message=RetrieveStatus.STARTED, flow_run_id=flow_run.id))
        catalog.report_job(order.job, "Bringing files back.", kept(so_far), pid=pid)
        return order.model_copy(update={"so_far": so_far, "before": before})


def progress_of(catalog: Catalog, job: str, pid: str) -> Waiting | None:
    """Read how far a job is with a dataset; None where nobody has begun."""
    entry = next((dataset for dataset in catalog.job_datasets(job) if dataset.pid == pid), None)
    return read_progress(entry.result) if entry and entry.status_code is None else None


def kept(waiting: Waiting) -> dict[str, Any]:
    """Write how far it is, as it is kept in the job's results for the dataset."""
    return {WAITING: waiting.model_dump(mode="json", by_alias=True)}


def read_progress(result: dict[str, Any]) -> Waiting | None:
    """Read how far a job is from its results; what cannot be read counts as not begun."""
    try:
        return Waiting.model_validate(result[WAITING])
    except (KeyError, ValidationError):
        return None


def opened_by(job: Job) -> Waiting | None:
    """Read which run opened a job: all that is known of one that was killed before its first word."""
    match job.job_params.get(OPENED_BY):
        case {"run": str() as run, "parameters": dict() as parameters} if job.created_at:
            return Waiting(run=run, is_working=True, parameters=parameters, since=job.created_at)
    return None


def _taken_over(before: Waiting | None) -> Waiting:
    """Go on from where the last run came to, with this run's parameters."""
    run, now = flow_run.id or "", datetime.now(UTC)
    parameters = dict(flow_run.parameters or {})
    mine = Waiting(run=run, is_working=True, parameters=parameters, since=now, seen=now, broken_off=0)
    if before is None:
        return mine
    broken_off = before.broken_off + 1 if before.is_working and before.run != run else 0
    so_far = before.model_dump(include={"since", "datablocks", "back", "given_up"})
    return mine.model_copy(update={**so_far, "asked": before.asked, "broken_off": broken_off})


def _opened(facility: Facility, catalog: Catalog, pid: str, patterns: list[str], destination: str) -> Order:
    target = destinations.chosen(facility, pid, destination)
    has_links = destination == destinations.LINKS
    wanted: dict[str, Any] = {"patterns": patterns, "destination": destinations.LINKS if has_links else target}
    wanted[WHOLE_PLACE] = True
    wanted[OPENED_BY] = {"run": flow_run.id or "", "parameters": dict(flow_run.parameters or {})}
    job = catalog.open_job(JobType.RETRIEVE, pid, wanted)
    order = Order(job=job.id, patterns=tuple(patterns), destination=target, has_links=has_links)
    if _wishes(facility, pid, job) != order:
        msg = f"dataset {pid} is being retrieved for job {job.id}, with other files or another destination"
        raise UnavailableError(f"{msg}: wait for it to end, or take it up with the parameter job", reason=BUSY)
    return order


def _taken_up(facility: Facility, catalog: Catalog, pid: str, asked: Job) -> Order:
    """Do what a job asks for; one that has ended for this dataset is asked for again."""
    order = _order_of(pid, asked)
    wanted = str(asked.job_params.get("destination") or "")
    target = destinations.ordered(facility, pid, wanted)
    held = catalog.find_open_job(JobType.RETRIEVE, pid)
    holds = held is not None and held.id == asked.id
    params = {key: asked.job_params[key] for key in ("destination", "patterns") if asked.job_params.get(key)}
    job = asked if holds else catalog.open_job(JobType.RETRIEVE, pid, params, files=sorted(order.names))
    return order.model_copy(update={"job": job.id, "destination": target})


def _order_of(pid: str, job: Job) -> Order:
    """Read what a job asks for, with its destination as it stands there."""
    params = job.job_params
    entry = next((entry for entry in params.get("datasetList", []) if entry.get("pid") == pid), None)
    if entry is None:
        raise RefusedError(f"job {job.id} does not name dataset {pid}", reason="notFound")
    patterns = params.get("patterns") or []
    if not isinstance(patterns, list) or not all(isinstance(pattern, str) for pattern in patterns):
        raise RefusedError(f"job {job.id}: `patterns` must be a list of shell patterns", reason="badRequest")
    destination = str(params.get("destination") or "")
    return Order(
        job=job.id,
        names=frozenset(entry.get("files", [])),
        patterns=tuple(patterns),
        destination=destination,
        has_links=destination == destinations.LINKS,
    )


def _wishes(facility: Facility, pid: str, job: Job) -> Order:
    """Read what an open job does, be it a person's or a flow's, for comparison."""
    order = _order_of(pid, job)
    if job.job_params.get(WHOLE_PLACE) and not order.has_links:
        return order
    try:
        return order.model_copy(update={"destination": destinations.ordered(facility, pid, order.destination)})
    except RefusedError:
        # That job will fail for its bad destination; nobody wants the same.
        return order
