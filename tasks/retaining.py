"""Retention: what may go goes, file by file; only against verified copies, and nothing that was not declared."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from blocks.facility import Facility
from emdewar.acquisition.journal import Journal
from emdewar.catalog import Catalog
from emdewar.clearing import Cleared, clear_declared, remove_if_empty
from emdewar.errors import BUSY, RefusedError, UnavailableError
from emdewar.lifecycle import ArchiveStatus, JobType, RetrieveStatus
from emdewar.paths import resolves_inside
from emdewar.policy import Verdict, release_verdict
from emdewar.records import Dataset, LifecycleEvent
from emdewar.stores.system_errors import outside
from tasks.archiving import good_on
from tasks.retrying import CALLS, TRANSFERS


@dataclass(frozen=True)
class Place:
    """A folder that may be cleared.

    Attributes:
        pid: The dataset whose files it holds.
        folder: The folder.
        verdict: Whether its files may go, and why.
    """

    pid: str
    folder: Path
    verdict: Verdict


@dataclass
class Clearing:
    """What became of such a folder.

    Attributes:
        place: The folder.
        cleared: What went, or would go, and what stays.
        refused: Why nothing went after all.
    """

    place: Place
    cleared: Cleared = field(default_factory=Cleared)
    refused: str = ""


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="look at the landing zone")
def landed(facility: Facility) -> list[Place]:
    """Judge each folder of the landing zone by the policy; a folder that no dataset of ours owns is left out."""
    found: list[Place] = []
    with facility.catalog.client() as catalog:
        for folder in _folders(facility.landing_zone):
            where = {"managed": True, "sourceFolder": (folder / "data").as_posix()}
            owners = catalog.datasets(where, limit=1)
            found += [Place(owner.pid, folder, _verdict(facility, catalog, owner)) for owner in owners]
    return found


def _folders(landing_zone: Path) -> list[Path]:
    with outside(f"list the landing zone {landing_zone}"):
        return sorted(path for path in landing_zone.iterdir() if path.is_dir())


def _verdict(facility: Facility, catalog: Catalog, dataset: Dataset) -> Verdict:
    if not dataset.pid.startswith(f"{facility.pid_prefix}/"):
        return Verdict(may_go=False, why="it belongs to another facility")
    status = dataset.datasetlifecycle.archive_status_message
    good = [good_on(block) for block in catalog.datablocks(dataset.pid)]
    archived_at = _when(catalog.history(dataset.pid), ArchiveStatus.ON_ARCHIVE_DISK)
    return release_verdict(facility.policy, status, archived_at, good, now=datetime.now(UTC))


def _when(history: list[LifecycleEvent], status: ArchiveStatus | RetrieveStatus) -> datetime | None:
    return max((event.when for event in history if event.to_status == status), default=None)


@task(**TRANSFERS, cache_policy=NO_CACHE, task_run_name="clear {place.folder.name} in the landing zone")
def clear_landed(facility: Facility, place: Place, *, dry_run: bool) -> Clearing:
    """Release a dataset and remove its declared files; what the catalog refuses stays as it is."""
    try:
        with facility.catalog.client() as catalog, Journal(place.folder / "acquired.jsonl").held():
            if not dry_run:
                needs = facility.policy.release_needs
                catalog.release(place.pid, place.verdict.why, flow_run.id, required_copies=needs)
            cleared = clear_declared(place.folder / "data", catalog.files(place.pid), really=not dry_run)
            if not dry_run:
                _remove_rest(place.folder)
            return Clearing(place, cleared)
    except (RefusedError, UnavailableError) as error:
        if isinstance(error, UnavailableError) and error.reason != BUSY:
            raise
        return Clearing(place, refused=str(error))


def _remove_rest(folder: Path) -> None:
    """Remove our own notes with the last file, and the folder; whatever else is in it stays."""
    if (folder / "data").exists():
        return
    remove_if_empty(folder / "parts")
    for name in ("acquired.jsonl", "acquired.lock"):
        (folder / name).unlink(missing_ok=True)
    remove_if_empty(folder)


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="look at the retrieve folder")
def retrieved(facility: Facility) -> list[Place]:
    """List the folders that a job had filled so long ago that their files may go."""
    days = facility.policy.keep_retrieved_days
    if days is None:
        return []
    before = datetime.now(UTC) - timedelta(days=days)
    with facility.catalog.client() as catalog:
        found = dict.fromkeys(_filled(facility, catalog, before))
        return [place for pid, folder in found if (place := _old(catalog, pid, folder, before))]


def _filled(facility: Facility, catalog: Catalog, before: datetime) -> Iterator[tuple[str, Path]]:
    for job in catalog.ended_jobs(JobType.RETRIEVE, before):
        for dataset in catalog.job_datasets(job.id):
            folder = Path(str(dataset.result.get("destination") or ""))
            is_below = folder.is_absolute() and resolves_inside(facility.retrieve_folder, folder)
            if is_below and folder != facility.retrieve_folder and folder.is_dir():
                yield dataset.pid, folder


def _old(catalog: Catalog, pid: str, folder: Path, before: datetime) -> Place | None:
    """Leave alone what was asked for again since: it may be the same folder."""
    try:
        back = _when(catalog.history(pid), RetrieveStatus.RETRIEVED)
    except RefusedError:
        return None
    if back is None or back >= before or catalog.find_open_job(JobType.RETRIEVE, pid):
        return None
    return Place(pid, folder, Verdict(may_go=True, why=f"retrieved before {before:%Y-%m-%d %H:%M} UTC"))


@task(**TRANSFERS, cache_policy=NO_CACHE, task_run_name="clear {place.folder.name} in the retrieve folder")
def clear_retrieved(facility: Facility, place: Place, *, dry_run: bool) -> Clearing:
    """Remove the files of a dataset from where they were brought back to."""
    with facility.catalog.client() as catalog:
        status = catalog.dataset(place.pid).datasetlifecycle.archive_status_message
        if status != ArchiveStatus.ON_ARCHIVE_DISK:
            return Clearing(place, refused=f"the dataset says {status}: these may be the last good files")
        return Clearing(place, clear_declared(place.folder, catalog.files(place.pid), really=not dry_run))
