"""Claims: an open job's hold on its datasets, taken for all of them in a few statements and one transaction."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from pydantic.alias_generators import to_camel
from sqlalchemy import CursorResult, Select, delete, insert, literal, select, update
from sqlmodel import Session, col

from catalog_api.json_type import Json
from catalog_api.refusals import conflict
from catalog_api.rules.caller import Caller, Power
from catalog_api.services import changes
from catalog_api.services.jobs import in_parts
from catalog_api.tables import DatasetRow, JobClaimRow, JobDatasetRow, JobRow, LifecycleEventRow
from catalog_api.tables.columns import later_than
from catalog_api.wire.jobs import DatasetToDo
from catalog_api.wire.lifecycle import COLUMNS, lifecycle_wire
from emdewar.lifecycle import ArchiveStatus
from emdewar.lifecycle import JobType as Kind

_NAMED = 10
"""How many datasets a message names."""


def holder(
    session: Session, caller: Caller, kind: Kind, to_do: Sequence[DatasetToDo], params: Mapping[str, Any]
) -> JobRow | None:
    """Give the open job that holds all of some datasets already, for the caller to join; None when nobody holds any.

    Args:
        session: Open session.
        caller: Who asks.
        kind: Kind of hold.
        to_do: The datasets.
        params: Parameters of the job that is asked for.

    Raises:
        RefusedError: A job that the caller cannot join holds some of them, or several jobs do.
    """
    pids = sorted({entry.pid for entry in to_do})
    claims = [claim for part in in_parts(pids) for claim in session.execute(_claims(kind, part)).scalars()]
    if not claims:
        return None
    jobs = {claim.job_id for claim in claims}
    if len(jobs) == 1 and len(claims) == len(pids):
        job = session.get(JobRow, next(iter(jobs)))
        if job is not None and _may_join(session, caller, job, pids) and _is_wanted(caller, kind, job, to_do, params):
            return job
    held = ", ".join(sorted(claim.pid for claim in claims)[:_NAMED])
    raise conflict(f"an open {kind.value} job holds {held}; wait for it, or ask for the other datasets only")


def lock(session: Session, pids: Sequence[str]) -> None:
    """Keep others from claiming or moving datasets until the transaction ends.

    Args:
        session: A transaction that writes.
        pids: Which datasets, sorted: in one order for everybody, so that two never wait for each other.
    """
    for part in in_parts(pids):
        rows = select(col(DatasetRow.pid)).where(col(DatasetRow.pid).in_(part)).order_by(col(DatasetRow.pid))
        # Without the key: what only refers to a dataset need not wait.
        session.execute(rows.with_for_update(key_share=True))


def check_not_held(session: Session, pid: str, *, but_by: str) -> None:
    """Refuse to change a dataset under the hands of an open job.

    Args:
        session: A transaction that holds the dataset, so that no job takes it meanwhile.
        pid: The dataset.
        but_by: Kind of the jobs that ask for this very change.

    Raises:
        RefusedError: A job of another kind holds it.
    """
    held = select(JobClaimRow).where(col(JobClaimRow.pid) == pid, col(JobClaimRow.kind) != but_by)
    if (claim := session.execute(held.limit(1)).scalar()) is not None:
        msg = f"an open {claim.kind} job ({claim.job_id}) holds dataset {pid}; wait for it, or end it first"
        raise conflict(msg, reason="held")


def claim(session: Session, job: JobRow, kind: Kind) -> None:
    """Take hold of the datasets of a new job, which are locked and which nobody holds."""
    taken = _pids(job).add_columns(literal(kind.value), literal(job.id))
    session.execute(insert(JobClaimRow).from_select(["pid", "kind", "job_id"], taken))


def prepare(session: Session, caller: Caller, job: JobRow, kind: Kind) -> None:
    """Check that the datasets of a job can be archived, or retrieved, now; those to be archived are scheduled.

    Raises:
        RefusedError: One of them cannot.
    """
    ready = col(DatasetRow.archivable) if kind is Kind.ARCHIVE else col(DatasetRow.retrievable)
    of_job = col(DatasetRow.pid).in_(_pids(job))
    states = select(col(DatasetRow.pid), col(DatasetRow.archive_status_message)).where(of_job, ready.is_(False))
    if unfit := session.execute(states.order_by(col(DatasetRow.pid)).limit(_NAMED)).all():
        word = "archivable" if kind is Kind.ARCHIVE else "retrievable"
        told = ", ".join(f"{pid} is {status!r}" for pid, status in unfit)
        raise conflict(f"not {word} now: {told}; leave these datasets out, or wait")
    if kind is Kind.ARCHIVE:
        _schedule(session, caller, job)


def release(session: Session, job_id: str, pid: str | None = None) -> None:
    """Let go of the datasets of a job, or of one of them."""
    held = delete(JobClaimRow).where(col(JobClaimRow.job_id) == job_id)
    session.execute(held if pid is None else held.where(col(JobClaimRow.pid) == pid))


def unschedule(session: Session, caller: Caller, job: JobRow) -> None:
    """Bring datasets that were only scheduled for archiving back to where they were, as their job is taken back."""
    held = select(col(JobClaimRow.pid)).where(
        col(JobClaimRow.job_id) == job.id, col(JobClaimRow.kind) == Kind.ARCHIVE.value
    )
    lock(session, sorted(session.execute(held).scalars()))
    scheduled = (col(DatasetRow.pid).in_(held), col(DatasetRow.archive_status_message) == ArchiveStatus.SCHEDULED.value)
    _move_all(session, caller, scheduled, ArchiveStatus.CREATED, {"archivable": True})


def _schedule(session: Session, caller: Caller, job: JobRow) -> None:
    of_job = (col(DatasetRow.pid).in_(_pids(job)), col(DatasetRow.archivable).is_(True))
    _move_all(session, caller, of_job, ArchiveStatus.SCHEDULED, {"archivable": False})


def _move_all(
    session: Session, caller: Caller, which: tuple[Any, ...], status: ArchiveStatus, more: Mapping[str, Any]
) -> None:
    """Move datasets that were checked and locked, each with its rows in both histories."""
    columns = [getattr(DatasetRow, name) for name in ("pid", "updated_at", *COLUMNS)]
    locked = select(*columns).where(*which).order_by(col(DatasetRow.pid)).with_for_update(key_share=True)
    found: Json = session.execute(locked).all()
    before = {row.pid: lifecycle_wire(row) for row in found}
    at = later_than(*(row.updated_at for row in found))
    values = {"archive_status_message": status.value, **more, "updated_at": at, "updated_by": caller.name}
    statement = update(DatasetRow).where(*which).values(values).execution_options(synchronize_session=False)
    if cast("CursorResult[Any]", session.execute(statement)).rowcount != len(before):
        raise conflict("some of these datasets were changed by somebody else at the same time; ask again")
    after = {to_camel(name): value for name, value in values.items() if name in COLUMNS}
    same = {"field": "archiveStatusMessage", "to_status": status.value, "who": caller.name, "when": at}
    events = [{"pid": pid, "from_status": old["archiveStatusMessage"], **same} for pid, old in before.items()]
    if events:
        session.execute(insert(LifecycleEventRow), events)
    shown = {pid: ({"datasetlifecycle": old}, {"datasetlifecycle": old | after}) for pid, old in before.items()}
    changes.record_updates(session, caller, "Dataset", shown)


def _pids(job: JobRow) -> Select[tuple[str]]:
    return select(col(JobDatasetRow.pid)).where(col(JobDatasetRow.job_id) == job.id)


def _claims(kind: Kind, pids: list[str]) -> Select[tuple[JobClaimRow]]:
    return select(JobClaimRow).where(col(JobClaimRow.kind) == kind.value, col(JobClaimRow.pid).in_(pids))


def _may_join(session: Session, caller: Caller, job: JobRow, pids: list[str]) -> bool:
    """Tell whether a job is the caller's to see: somebody else's is not shown to who only reads the datasets."""
    if caller.can(Power.ADMIN, Power.FLOW) or job.owner_group in caller.groups or job.owner_user == caller.name:
        return True
    owners = (
        session.execute(select(col(DatasetRow.owner_group)).where(col(DatasetRow.pid).in_(part)).distinct()).scalars()
        for part in in_parts(pids)
    )
    return {group for part in owners for group in part} <= caller.groups


def _is_wanted(
    caller: Caller, kind: Kind, job: JobRow, to_do: Sequence[DatasetToDo], params: Mapping[str, Any]
) -> bool:
    """Tell whether a job does what is asked for: joining another retrieval would bring other files back."""
    if kind is not Kind.RETRIEVE or caller.can(Power.FLOW):
        return True
    held = {entry["pid"]: sorted(entry["files"]) for entry in job.job_params.get("datasetList", [])}
    same_files = all(held.get(entry.pid) == sorted(entry.files) for entry in to_do)
    same_patterns = (job.job_params.get("patterns") or []) == (params.get("patterns") or [])
    return same_files and same_patterns and job.job_params.get("destination") == params.get("destination")
