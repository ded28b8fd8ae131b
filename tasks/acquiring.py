"""Acquire: find a session, wait until it is settled, bring it to the landing zone with checksums."""

import time
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.runtime import flow_run

from blocks.facility import Facility
from blocks.microscope import Microscope
from emdewar.acquisition import identity, transfer
from emdewar.acquisition.journal import Journal
from emdewar.acquisition.session import SeenFile, Session, list_files, recognise
from emdewar.acquisition.settle import SettleWatch, Verdict
from emdewar.errors import CHANGED_FILES, INCOMPLETE_FILES, UNSAFE_NAMES, RefusedError
from emdewar.lifecycle import ArchiveStatus
from emdewar.records import Dataset, LifecyclePatch
from tasks.progress import Progress
from tasks.retrying import CALLS, TRANSFERS

CHUNKS_AT_MOST = 50
FILES_A_CHUNK_AT_LEAST = 100
JOURNAL_EVERY = 16
"""Files between two entries in the journal: what a killed run has to bring over again."""


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="find the session")
def find(session: str, microscope: Microscope) -> Session:
    """Find a session's folder, which must lie directly in the microscope's drop folder: the path came from outside."""
    if not microscope.holds(session):
        msg = f"{session!r} is not in the drop folder {microscope.drop_folder} of {microscope.instrument}"
        raise RefusedError(msg, reason=UNSAFE_NAMES, paths=[session])
    return recognise(Path(session))


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="announce {session.name}")
def announce(facility: Facility, microscope: Microscope, session: Session) -> Dataset:
    """Register the dataset as soon as its session is seen, so that its operator sees it; twice is once."""
    pid = identity.session_pid(facility.pid_prefix, microscope.instrument, session.name)
    draft = identity.dataset_draft(
        pid,
        session,
        instrument=microscope.instrument,
        owner=microscope.owner,
        owner_group=microscope.owner_group,
        contact_email=microscope.contact_email,
        landing=facility.landing_folder(pid) / "data",
    )
    with facility.catalog.client() as catalog:
        return catalog.register_dataset(draft, status=ArchiveStatus.FILES_NOT_YET_AVAILABLE)


@task(**TRANSFERS, cache_policy=NO_CACHE, task_run_name="wait until {session.name} is settled")
def wait_until_settled(session: Session, microscope: Microscope, *, accept_incomplete: bool) -> dict[str, str]:
    """Look at the session until the microscope is done with it.

    Returns:
        Why each incomplete file is incomplete; empty unless incomplete files are accepted.

    Raises:
        RefusedError: Files stayed incomplete past the limit, and nobody accepted that.
    """
    watch, said = SettleWatch(session.folder, microscope.settle_rule()), (-1, -1)
    while True:
        files = list_files(session.folder)
        verdict = watch.look(files, time.monotonic())
        if said != (said := (verdict.settled_files, len(files))):
            get_run_logger().info("%d of %d files are settled", *said)
        if verdict.quiet and not verdict.waiting:
            break
        time.sleep(microscope.poll_s)
    if not files:
        msg = f"the session {session.name} holds no files: remove its folder, or acquire it again when it has some"
        raise RefusedError(msg, reason=INCOMPLETE_FILES)
    return _accepted(session, verdict, accept_incomplete=accept_incomplete)


def _accepted(session: Session, verdict: Verdict, *, accept_incomplete: bool) -> dict[str, str]:
    if not verdict.incomplete or accept_incomplete:
        return verdict.incomplete
    first = min(verdict.incomplete)
    msg = (
        f"{len(verdict.incomplete)} file(s) of the session {session.name} never became complete, first {first!r}: "
        f"{verdict.incomplete[first]}; mend or remove them, or run acquire with accept_incomplete"
    )
    raise RefusedError(msg, reason=INCOMPLETE_FILES, paths=sorted(verdict.incomplete))


@task(**TRANSFERS, cache_policy=NO_CACHE, task_run_name="plan the transfer of {session.name}")
def plan_transfer(facility: Facility, pid: str, session: Session) -> list[list[SeenFile]]:
    """List what is not in the landing zone yet, in chunks of a task each.

    Raises:
        RefusedError: The dataset's file list is closed, and the session has changed since.
        UnavailableError: The landing zone has no room.
    """
    landing = facility.landing_folder(pid)
    todo = _not_landed(list_files(session.folder), landing)
    if todo:
        _check_open(facility, pid, session, todo)
    transfer.make_landing(facility.landing_zone, landing)
    transfer.check_space(landing, sum(f.size for f in todo))
    step = max(FILES_A_CHUNK_AT_LEAST, -(-len(todo) // CHUNKS_AT_MOST))
    return [todo[i : i + step] for i in range(0, len(todo), step)]


@task(**TRANSFERS, cache_policy=NO_CACHE, task_run_name="bring over {number} of {of}")
def bring_over(  # noqa: PLR0913 - the number and the count are the task's name in the UI
    facility: Facility, pid: str, session: Session, chunk: list[SeenFile], *, number: int, of: int
) -> int:
    """Bring one chunk of files to the landing zone and note it in the journal; gives the bytes."""
    landing = facility.landing_folder(pid)
    journal = Journal(landing / "acquired.jsonl")
    size = sum(file.size for file in chunk)
    with journal.held():
        todo = _not_landed(chunk, landing)
        if todo:
            _check_open(facility, pid, session, todo)
        progress = Progress(size, f"Bringing over {session.name}: part {number} of {of}")
        for start in range(0, len(todo), JOURNAL_EVERY):
            batch = todo[start : start + JOURNAL_EVERY]
            journal.append(transfer.bring_over(batch, session.folder, landing / "data", on_progress=progress.add))
        progress.finish()
    return size


def _not_landed(files: list[SeenFile], landing: Path) -> list[SeenFile]:
    known = Journal(landing / "acquired.jsonl").read()
    return [file for file in files if not transfer.is_landed(file, known.get(file.path), landing / "data")]


def _check_open(facility: Facility, pid: str, session: Session, todo: list[SeenFile]) -> None:
    """Refuse to touch the landing zone of a dataset whose files are declared; asked anew before every chunk."""
    with facility.catalog.client() as catalog:
        status = catalog.dataset(pid).datasetlifecycle.archive_status_message
    if status != ArchiveStatus.FILES_NOT_YET_AVAILABLE:
        msg = (
            f"{len(todo)} file(s) of {session.name} are new or changed, first {todo[0].path!r}, but the file list of "
            f"dataset {pid} is closed; put them in a session folder of their own"
        )
        raise RefusedError(msg, reason=CHANGED_FILES, paths=[f.path for f in todo])


@task(**TRANSFERS, cache_policy=NO_CACHE, task_run_name="compare {session.name} with the landing zone")
def confirm(facility: Facility, pid: str, session: Session) -> list[str]:
    """Look at the session once more: all that is there now must have been brought over.

    Returns:
        Files that were brought over and are gone from the session since; they are kept.

    Raises:
        RefusedError: The microscope went on after the session seemed settled.
    """
    landing, files = facility.landing_folder(pid), list_files(session.folder)
    late = [file.path for file in _not_landed(files, landing)]
    if late:
        msg = (
            f"{len(late)} file(s) of {session.name} came or changed while it was brought over, first {late[0]!r}: "
            f"run acquire again, and give the microscope a longer quiet period"
        )
        raise RefusedError(msg, reason=CHANGED_FILES, paths=late)
    return sorted(Journal(landing / "acquired.jsonl").read().keys() - {file.path for file in files})


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="note what is incomplete")
def note_incomplete(facility: Facility, pid: str, incomplete: dict[str, str]) -> None:
    """Leave in the catalog which incomplete files somebody accepted; nothing to do when there are none."""
    if not incomplete:
        return
    reason = {INCOMPLETE_FILES: {"accepted": True, "number_of_files": len(incomplete), "files": incomplete}}
    with facility.catalog.client() as catalog:
        catalog.move(pid, LifecyclePatch(archive_return_message=reason, flow_run_id=flow_run.id))
