"""Rows of the outbox: added with their job, leased for delivery, and marked with what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Select, and_, exists, insert, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from catalog_api.jobs.asked import WantedRun
from catalog_api.tables import JobDatasetRow, JobRow, OutboxRow
from catalog_api.tables.columns import now
from emdewar.lifecycle import OPEN_JOB, JobStatus

LEASE_S = 60.0
"""How long a delivery may take until another process tries it; the same run comes of both."""

NOT_WANTED = "nobody waits for this run any more: the job, or its part for this dataset, was taken or ended elsewhere"


@dataclass(frozen=True)
class Parcel:
    """One flow run to ask for, as it is taken out of the outbox.

    Attributes:
        key: Identifier of the row, and idempotency key.
        attempts: How often it was tried, this time included.
    """

    key: str
    job_id: str
    pid: str | None
    deployment: str
    parameters: Mapping[str, Any]
    attempts: int


def add(session: Session, job: JobRow, runs: Sequence[WantedRun]) -> None:
    """Put the runs that a job asks for into the outbox, in the job's own transaction."""
    at = now()
    same = {"job_id": job.id, "created_at": at, "next_attempt_at": at, "attempts": 0}
    rows = [
        {"id": str(uuid4()), "pid": run.pid, "deployment": run.deployment, "parameters": dict(run.parameters), **same}
        for run in runs
    ]
    session.execute(insert(OutboxRow), rows)


def waiting_message(runs: Sequence[WantedRun], *, has_prefect: bool) -> str:
    """Say what a new job waits for."""
    asked = f"{len(runs)} flow runs, {runs[0].deployment}" if len(runs) > 1 else f"a flow run of {runs[0].deployment}"
    if has_prefect:
        return f"Job submitted. Prefect will be asked for {asked}."
    return f"Job submitted. It waits: no Prefect API is configured that could be asked for {asked}."


def is_any_due(session: Session, at: datetime) -> bool:
    """Tell whether something is to be delivered; this takes no lock."""
    return session.execute(select(col(OutboxRow.id)).where(_due(at)).limit(1)).first() is not None


def lease(session: Session, at: datetime, most: int) -> list[Parcel]:
    """Take some rows out for delivery; until the lease ends, no other process takes them.

    Args:
        session: A transaction that writes.
        at: The moment.
        most: How many at a time.
    """
    rows = session.execute(_oldest(at, most).where(_wanted())).scalars().all()
    for row in rows:
        row.attempts, row.next_attempt_at = row.attempts + 1, at + timedelta(seconds=LEASE_S)
        session.add(row)
    session.flush()
    return [Parcel(r.id, r.job_id, r.pid, r.deployment, r.parameters, r.attempts) for r in rows]


def give_up_unwanted(session: Session, at: datetime, most: int) -> int:
    """Close rows that nobody waits for; gives how many."""
    rows = session.execute(_oldest(at, most).where(~_wanted())).scalars().all()
    for row in rows:
        row.delivered_at, row.last_error = at, NOT_WANTED
        session.add(row)
    session.flush()
    return len(rows)


def mark_delivered(session: Session, key: str, flow_run_id: str, at: datetime) -> None:
    """Note that Prefect has taken a run."""
    row = update(OutboxRow).where(col(OutboxRow.id) == key)
    session.execute(row.values(delivered_at=at, flow_run_id=flow_run_id, last_error=None))


def mark_failed(session: Session, key: str, why: str, again_at: datetime) -> None:
    """Note why Prefect has not taken a run, and when to try again."""
    row = update(OutboxRow).where(col(OutboxRow.id) == key, col(OutboxRow.delivered_at).is_(None))
    session.execute(row.values(last_error=why, next_attempt_at=again_at))


def under_way(session: Session, after: str, most: int) -> list[OutboxRow]:
    """Give delivered rows whose work is not reported as done, by identifier.

    Args:
        session: Open session.
        after: Identifier that the last page ended with.
        most: How many.
    """
    started = (col(OutboxRow.flow_run_id).is_not(None), col(OutboxRow.id) > after)
    statement = _with_job().where(*started, _is_open(), _not_ended()).order_by(col(OutboxRow.id)).limit(most)
    return list(session.execute(statement).scalars())


def _oldest(at: datetime, most: int) -> Select[tuple[OutboxRow]]:
    ordered = _with_job().where(_due(at)).order_by(col(OutboxRow.next_attempt_at), col(OutboxRow.id)).limit(most)
    return ordered.with_for_update(skip_locked=True, of=OutboxRow)


def _with_job() -> Select[tuple[OutboxRow]]:
    return select(OutboxRow).join(JobRow, col(JobRow.id) == col(OutboxRow.job_id))


def _due(at: datetime) -> ColumnElement[bool]:
    return and_(col(OutboxRow.delivered_at).is_(None), col(OutboxRow.next_attempt_at) <= at)


def _wanted() -> ColumnElement[bool]:
    """Give the condition that a run is still waited for.

    Of a job that is in progress although none of its runs was delivered, somebody else has taken charge: an archiver
    that polls, or a run that a person started.
    """
    other = aliased(OutboxRow)
    delivered = exists().where(col(other.job_id) == col(OutboxRow.job_id), col(other.flow_run_id).is_not(None))
    untouched = col(JobRow.status_code) == JobStatus.SUBMITTED.value
    return and_(_is_open(), or_(untouched, delivered), _not_ended())


def _is_open() -> ColumnElement[bool]:
    return col(JobRow.status_code).in_([status.value for status in OPEN_JOB])


def _not_ended() -> ColumnElement[bool]:
    here = (col(JobDatasetRow.job_id) == col(OutboxRow.job_id), col(JobDatasetRow.pid) == col(OutboxRow.pid))
    return ~exists().where(*here, col(JobDatasetRow.status_code).is_not(None))
