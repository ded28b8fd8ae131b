"""What the outbox tells about a job: in its status message while it waits, and in the history of its datasets."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlmodel import Session, col

from catalog_api.accounts import Account
from catalog_api.rules.caller import Caller
from catalog_api.services import changes
from catalog_api.tables import DatasetRow, JobClaimRow, JobRow, LifecycleEventRow, OutboxRow
from catalog_api.tables.columns import later_than
from catalog_api.wire.jobs import job_wire
from emdewar.lifecycle import OPEN_JOB, ArchiveStatus, JobStatus
from emdewar.lifecycle import JobType as Kind

CATALOG = Caller(Account(username="catalog", email="", groups=frozenset(), password_hash=""))
"""Who is named in the history where the catalog itself acts."""


def tell_scheduled(session: Session, job_id: str) -> None:
    """Say in a job's message how many of its flow runs Prefect has taken."""
    of_job = col(OutboxRow.job_id) == job_id
    taken = (of_job, col(OutboxRow.flow_run_id).is_not(None))
    runs = session.execute(select(col(OutboxRow.flow_run_id), col(OutboxRow.deployment)).where(*taken).limit(2)).all()
    if not runs:
        return
    total = session.execute(select(func.count()).select_from(OutboxRow).where(of_job)).scalar_one()
    if total == 1:
        _tell(session, job_id, f"Job submitted. Flow run {runs[0][0]} of {runs[0][1]} is scheduled.", waiting=True)
        return
    number = session.execute(select(func.count()).select_from(OutboxRow).where(*taken)).scalar_one()
    _tell(session, job_id, f"Job submitted. {number} of {total} flow runs are scheduled.", waiting=True)


def tell_waiting(session: Session, job_id: str, why: str) -> None:
    """Say in a job's message what stands in the way of its flow runs."""
    _tell(session, job_id, f"Job submitted. It waits: {why}. It is tried again.", waiting=True)


def tell_silent(session: Session, job_id: str, ended: Collection[str]) -> None:
    """Say in an open job's message that flow runs are over and have reported nothing."""
    count = f"{len(ended)} flow runs are" if len(ended) > 1 else "A flow run is"
    first = min(ended)
    _tell(
        session, job_id, f"{count} over without a report: {first}. Start the flow again, or end the job.", waiting=False
    )


def note_run(session: Session, pid: str, job_id: str, flow_run_id: str) -> None:
    """Note in a dataset's history which flow run is to archive it, so that the sweep starts no other one."""
    held = session.get(JobClaimRow, (pid, Kind.ARCHIVE.value))
    dataset = session.get(DatasetRow, pid)
    scheduled = ArchiveStatus.SCHEDULED.value
    if held is None or held.job_id != job_id or dataset is None or dataset.archive_status_message != scheduled:
        return
    event = LifecycleEventRow(
        pid=pid,
        field="archiveStatusMessage",
        from_status=scheduled,
        to_status=scheduled,
        who=CATALOG.name,
        flow_run_id=flow_run_id,
    )
    session.add(event)


def _tell(session: Session, job_id: str, message: str, *, waiting: bool) -> None:
    """Set a job's message, unless somebody works on it already; the same again changes nothing."""
    job = session.get(JobRow, job_id, populate_existing=True, with_for_update=True)
    states = {JobStatus.SUBMITTED} if waiting else OPEN_JOB
    if job is None or job.status_code not in states or job.status_message == message:
        return
    before = job_wire(job)
    job.status_message, job.updated_at, job.updated_by = message, later_than(job.updated_at), CATALOG.name
    session.add(job)
    session.flush()
    changes.record(session, CATALOG, "Job", job_id, before, job_wire(job))
