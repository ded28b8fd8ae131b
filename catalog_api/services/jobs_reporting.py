"""Reporting on jobs: how far they are, how they ended for each dataset, and taking them back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from catalog_api.jobs.asked import Asked
from catalog_api.jobs.job_types import JobType, JobTypes
from catalog_api.refusals import bad_request, conflict, not_found
from catalog_api.rules import job_rights as rights
from catalog_api.rules.caller import Caller
from catalog_api.services import changes, jobs, jobs_claims
from catalog_api.tables import JobClaimRow, JobDatasetRow, JobRow, OutboxRow
from catalog_api.tables.columns import later_than
from catalog_api.wire.jobs import DatasetOutcome, JobProgress, job_wire, outcomes_wire
from catalog_api.wire.merge_patch import merge_patch
from emdewar.errors import RefusedError
from emdewar.lifecycle import JOB_MOVES, OPEN_JOB, JobStatus, check_move

_ENDS = (JobStatus.SUCCESSFUL, JobStatus.DATASET_ERRORS)
_OPEN = frozenset(status.value for status in OPEN_JOB)


@dataclass(frozen=True)
class Report:
    """A change of a job.

    Attributes:
        body: What was sent, with v4 names.
        columns: The columns that it names.
        merges: Merge `jobResultObject` key by key.
        params: Parameters of the job to add.
    """

    body: Mapping[str, Any]
    columns: Mapping[str, Any]
    merges: bool = False
    params: Mapping[str, Any] | None = None


def change(session: Session, caller: Caller, types: JobTypes, job_id: str, report: Report) -> JobRow:
    """Report how far a job is; one that has finished lets go of its datasets.

    Raises:
        RefusedError: The caller may not, the move is not allowed, or the type of job asks for something else.
    """
    row = jobs.there(session, job_id, for_change=True)
    kind = types.of_job(row.type)
    rights.check_update(caller, row, kind)
    before = job_wire(row)
    asked = Asked(report.body, before, lambda: ())
    for action in kind.update.actions:
        action.check(asked)
    _check_status(session, row, kind, report.columns.get("status_code"))
    for name, value in report.columns.items():
        merges = name == "job_result_object" and report.merges
        setattr(row, name, merge_patch(row.job_result_object, value) if merges else value)
    if report.params:
        row.job_params = {**row.job_params, **report.params}
    if row.status_code not in _OPEN:
        jobs_claims.release(session, job_id)
    _keep(session, caller, row, before)
    for action in kind.update.actions:
        list(action.perform(Asked(report.body, job_wire(row), lambda: ())))
    return row


def end_dataset(session: Session, caller: Caller, types: JobTypes, job_id: str, sent: DatasetOutcome) -> JobRow:
    """End a job for one of its datasets, which it lets go; the last one ends the job.

    A job all of whose datasets ended well is successful; one bad dataset makes it `finishedWithDatasetErrors`, and
    does not stop the others. Ending a dataset twice ends it once.

    Raises:
        RefusedError: The caller may not, the outcome is none of the two, or the job does not name the dataset.
    """
    row = jobs.there(session, job_id, for_change=True)
    rights.check_update(caller, row, types.of_job(row.type))
    if sent.status_code not in set(_ENDS):
        raise bad_request(f"a dataset ends as {' or '.join(_ENDS)}, not {sent.status_code}")
    part = _part(session, job_id, sent.pid)
    if part.status_code is not None or row.status_code not in _OPEN:
        return row
    part.status_code, part.status_message, part.result = sent.status_code, sent.status_message, sent.result
    session.flush()
    jobs_claims.release(session, job_id, sent.pid)
    before = job_wire(row)
    _go_on(session, row, sent)
    return _keep(session, caller, row, before)


def tell_progress(session: Session, caller: Caller, types: JobTypes, job_id: str, sent: JobProgress) -> JobRow:
    """Say how far an open job is, or one of its datasets; what says nothing new changes nothing.

    It is not written to the history: waiting jobs say it every minute, and how they ended says more.

    Raises:
        RefusedError: The caller may not, the job has ended, or it does not name the dataset.
    """
    row = jobs.there(session, job_id, for_change=True)
    rights.check_update(caller, row, types.of_job(row.type))
    if row.status_code not in _OPEN:
        raise conflict(f"job {job_id} has ended as {row.status_code}; there is no more to say")
    if sent.pid is not None:
        _tell_of_dataset(session, row, sent.pid, sent)
        return row
    result = merge_patch(row.job_result_object, sent.result)
    if (row.status_message, row.job_result_object) != (sent.message, result):
        row.status_message, row.job_result_object = sent.message, result
        row.updated_at, row.updated_by = later_than(row.updated_at), caller.name
    session.flush()
    return row


def _tell_of_dataset(session: Session, row: JobRow, pid: str, sent: JobProgress) -> None:
    part = _part(session, row.id, pid)
    if part.status_code is not None:
        raise conflict(f"job {row.id} has ended for dataset {pid} as {part.status_code}; there is no more to say")
    part.status_message, part.result = sent.message, merge_patch(part.result or {}, sent.result)
    session.flush()


def _part(session: Session, job_id: str, pid: str) -> JobDatasetRow:
    part = session.get(JobDatasetRow, (job_id, pid), populate_existing=True)
    if part is None:
        raise not_found(f"job {job_id}: dataset", pid)
    return part


def delete(session: Session, caller: Caller, job_id: str) -> None:
    """Delete a job; one that nobody works on yet gives its datasets back.

    Raises:
        RefusedError: The caller may not, there is none, or somebody works on it.
    """
    rights.check_delete(caller)
    try:
        row = jobs.there(session, job_id, for_change=True)
    except RefusedError as error:
        raise RefusedError(f"Job id {job_id} doesn't exist.", reason="unknownJob") from error
    held = select(col(JobClaimRow.pid)).where(col(JobClaimRow.job_id) == job_id).limit(1)
    if session.execute(held).first() is not None:
        _check_untouched(session, row)
        jobs_claims.unschedule(session, caller, row)
    before = job_wire(row)
    session.delete(row)
    session.flush()
    changes.record(session, caller, "Job", job_id, before, None)


def _check_untouched(session: Session, row: JobRow) -> None:
    delivered = select(col(OutboxRow.flow_run_id)).where(
        col(OutboxRow.job_id) == row.id, col(OutboxRow.flow_run_id).is_not(None)
    )
    run = session.execute(delivered.limit(1)).scalar()
    if row.status_code != JobStatus.SUBMITTED or run is not None:
        by = f"flow run {run} has it" if run else "somebody works on it"
        raise conflict(f"job {row.id} holds datasets and {by}: end it first, by its status or its flow run")


def _check_status(session: Session, row: JobRow, kind: JobType, word: str | None) -> None:
    """Hold a job of the catalog's own kinds, or one that holds datasets, to the published table."""
    held = select(col(JobClaimRow.pid)).where(col(JobClaimRow.job_id) == row.id).limit(1)
    if word is None or not (kind.keeps_the_table or session.execute(held).first()):
        return
    try:
        wanted, current = JobStatus(word), JobStatus(row.status_code)
    except ValueError:
        raise bad_request(f"{word!r} is no status of a {row.type} job; there are {', '.join(JobStatus)}") from None
    check_move(JOB_MOVES, current, wanted, f"job {row.id}")


def _go_on(session: Session, row: JobRow, sent: DatasetOutcome) -> None:
    """Move a job one of whose datasets has ended."""
    left = select(col(JobDatasetRow.pid)).where(col(JobDatasetRow.job_id) == row.id)
    if session.execute(left.where(col(JobDatasetRow.status_code).is_(None)).limit(1)).first() is not None:
        row.status_code = JobStatus.IN_PROGRESS.value
        row.status_message = "Some datasets have ended, others are being worked on."
        return
    parts = jobs.outcomes(session, row.id)
    row.job_result_object = {**row.job_result_object, "result": outcomes_wire(parts)}
    row.status_code, row.status_message = _whole(parts, sent)


def _whole(parts: Sequence[JobDatasetRow], last: DatasetOutcome) -> tuple[str, str]:
    """Sum up how a job ended."""
    bad = [part for part in parts if part.status_code != JobStatus.SUCCESSFUL]
    status = JobStatus.DATASET_ERRORS if bad else JobStatus.SUCCESSFUL
    if len(parts) == 1:
        return status.value, last.status_message or status.value
    if not bad:
        return status.value, f"All {len(parts)} datasets ended well."
    why = f": {bad[0].status_message}" if bad[0].status_message else ""
    return status.value, f"{len(bad)} of {len(parts)} datasets failed, first {bad[0].pid}{why}"


def _keep(session: Session, caller: Caller, row: JobRow, before: Mapping[str, Any]) -> JobRow:
    row.updated_at, row.updated_by = later_than(row.updated_at), caller.name
    session.add(row)
    session.flush()
    changes.record(session, caller, "Job", row.id, before, job_wire(row))
    return row
