"""Jobs: claim datasets, join who was first, report how far it is, let go at the end."""

from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import uuid4

from sqlalchemy import CursorResult, delete, exists, insert, select, update
from sqlalchemy.exc import IntegrityError as ConstraintError
from sqlmodel import Session, col

from catalog_api.refusals import bad_request, conflict, forbidden, unprocessable
from catalog_api.rules import rights
from catalog_api.rules.caller import Caller, Power
from catalog_api.rules.lifecycle import plan_change
from catalog_api.services.lifecycle import set_if_unchanged
from catalog_api.services.listing import page
from catalog_api.tables import DatasetRow, JobClaimRow, JobDatasetRow, JobRow
from catalog_api.tables.columns import now
from catalog_api.wire.conditions import Column, Condition, Membership, Searchable, condition
from catalog_api.wire.fields import read
from catalog_api.wire.filters import Listing
from catalog_api.wire.jobs import DatasetOutcome, DatasetToDo, JobIn
from emdewar.errors import RefusedError
from emdewar.lifecycle import JOB_MOVES, OPEN_JOB, ArchiveStatus, JobStatus, JobType, check_move

MOST_DATASETS = 1_000


def _names(pids: list[str]) -> Condition:
    job, pid = col(JobDatasetRow.job_id), col(JobDatasetRow.pid)
    return exists().where(job == col(JobRow.id), pid.in_(pids))


SEARCHABLE: dict[str, Searchable] = {
    "_id": Column(col(JobRow.id)),
    "id": Column(col(JobRow.id)),
    "type": Column(col(JobRow.type)),
    "statusCode": Column(col(JobRow.status_code)),
    "jobStatusMessage": Column(col(JobRow.status_code)),
    "ownerUser": Column(col(JobRow.owner_user)),
    "ownerGroup": Column(col(JobRow.owner_group)),
    "createdAt": Column(col(JobRow.created_at)),
    "creationTime": Column(col(JobRow.created_at)),
    "jobParams.datasetList.pid": Membership(_names),
    "datasetList.pid": Membership(_names),
}
"""What a filter on jobs can name."""


def open_job(session: Session, caller: Caller, sent: JobIn) -> tuple[JobRow, bool]:
    """Open a job that claims its datasets, or join the open one that holds them.

    Returns:
        The job, and whether it is new.

    Raises:
        RefusedError: The caller may not, a dataset does not exist, is held by another job, or cannot be archived
            or retrieved now.
    """
    kind = _kind(sent.type)
    rows = _rows(session, caller, _to_do(sent.job_params))
    _check_rights(caller, kind, rows)
    if (held := _holder(session, caller, kind, rows)) is not None:
        return held, False
    job = _new_job(caller, kind, sent, rows)
    if not _claims(session, job, rows):
        return _winner(session, caller, kind, rows), False
    for row in rows:
        _prepare(session, caller, kind, row)
    return job, True


def find(session: Session, caller: Caller, job_id: str) -> JobRow:
    """Find a job that the caller may see.

    Raises:
        RefusedError: There is none; 400, as SciCat has it.
    """
    row = session.get(JobRow, job_id, populate_existing=True)
    visible = rights.readable_jobs(caller)
    if row is None or session.execute(select(col(JobRow.id)).where(col(JobRow.id) == job_id, visible)).first() is None:
        raise RefusedError(f"Invalid job id. There is no job {job_id} to be seen", reason="unknownJob")
    return row


def find_many(session: Session, caller: Caller, listing: Listing) -> list[JobRow]:
    """List the jobs that the caller may see and that match.

    Raises:
        RefusedError: The filter names something unknown.
    """
    statement = select(JobRow).where(rights.readable_jobs(caller), condition(listing.where, SEARCHABLE))
    return page(session, statement, listing, SEARCHABLE, col(JobRow.id))


def move(session: Session, caller: Caller, job_id: str, changes: Mapping[str, Any]) -> JobRow:
    """Report how far a job is; one that has finished lets go of its datasets.

    Raises:
        RefusedError: The caller is no archiver, or the move is not allowed.
    """
    row = find(session, caller, job_id)
    if not caller.can(Power.ADMIN, Power.FLOW, Power.LIFECYCLE):
        raise forbidden("Forbidden resource")
    wanted = _status(changes.get("status_code", row.status_code))
    check_move(JOB_MOVES, JobStatus(row.status_code), wanted, f"job {job_id}")
    _set_if_unchanged(session, caller, row, {**changes, "status_code": wanted.value})
    if wanted not in OPEN_JOB:
        session.execute(delete(JobClaimRow).where(col(JobClaimRow.job_id) == job_id))
    return find(session, caller, job_id)


def end_dataset(session: Session, caller: Caller, job_id: str, sent: DatasetOutcome) -> JobRow:
    """End a job for one of its datasets, which it lets go; the last one ends the job.

    A job all of whose datasets ended well is successful; one bad dataset makes it `finishedWithDatasetErrors`, and
    does not stop the others. Ending a dataset twice ends it once.

    Raises:
        RefusedError: The caller is no archiver, or the outcome is none of the two.
    """
    row = find(session, caller, job_id)
    if not caller.can(Power.ADMIN, Power.FLOW, Power.LIFECYCLE):
        raise forbidden("Forbidden resource")
    outcome = _status(sent.status_code)
    if outcome not in {JobStatus.SUCCESSFUL, JobStatus.DATASET_ERRORS}:
        raise bad_request(f"a dataset ends as {JobStatus.SUCCESSFUL} or {JobStatus.DATASET_ERRORS}, not {outcome}")
    session.get(JobRow, job_id, populate_existing=True, with_for_update=True)
    claim = delete(JobClaimRow).where(col(JobClaimRow.job_id) == job_id, col(JobClaimRow.pid) == sent.pid)
    if not cast("CursorResult[Any]", session.execute(claim)).rowcount:
        return row
    ended = [*row.job_result_object.get("result", []), {"pid": sent.pid, "statusCode": outcome.value, **sent.result}]
    changes = {"status_code": _after(session, job_id, ended).value, "job_result_object": {"result": ended}}
    _set_if_unchanged(session, caller, row, {**changes, "status_message": sent.status_message or outcome.value})
    return find(session, caller, job_id)


def _after(session: Session, job_id: str, ended: Sequence[Mapping[str, Any]]) -> JobStatus:
    if session.execute(select(col(JobClaimRow.pid)).where(col(JobClaimRow.job_id) == job_id)).first() is not None:
        return JobStatus.IN_PROGRESS
    well = all(entry["statusCode"] == JobStatus.SUCCESSFUL for entry in ended)
    return JobStatus.SUCCESSFUL if well else JobStatus.DATASET_ERRORS


def _set_if_unchanged(session: Session, caller: Caller, row: JobRow, changes: Mapping[str, Any]) -> None:
    statement = (
        update(JobRow)
        .where(col(JobRow.id) == row.id, col(JobRow.status_code) == row.status_code)
        .values(**changes, updated_at=now(), updated_by=caller.name)
        .execution_options(synchronize_session=False)
    )
    if cast("CursorResult[Any]", session.execute(statement)).rowcount != 1:
        raise conflict(f"job {row.id} was changed by somebody else at the same time; read it again")


def _status(word: str) -> JobStatus:
    try:
        return JobStatus(word)
    except ValueError:
        raise bad_request(f"{word!r} is no status of a job; there are {', '.join(JobStatus)}") from None


def _kind(word: str) -> JobType:
    try:
        return JobType(word)
    except ValueError:
        raise bad_request(f"Invalid job type: {word}; there are {', '.join(JobType)}") from None


def _to_do(params: Mapping[str, Any]) -> list[DatasetToDo]:
    sent = params.get("datasetList")
    if not isinstance(sent, list) or not 0 < len(sent) <= MOST_DATASETS:
        raise unprocessable(f"Invalid dataset list: jobParams.datasetList holds 1 to {MOST_DATASETS} datasets")
    try:
        return [read(DatasetToDo, entry) for entry in sent]
    except RefusedError as error:
        raise unprocessable(f"Invalid dataset list: {error}") from error


def _rows(session: Session, caller: Caller, to_do: Sequence[DatasetToDo]) -> list[DatasetRow]:
    pids = sorted({entry.pid for entry in to_do})
    statement = select(DatasetRow).where(col(DatasetRow.pid).in_(pids), rights.readable(caller))
    rows = session.execute(statement.order_by(col(DatasetRow.pid))).scalars().all()
    if missing := set(pids) - {row.pid for row in rows}:
        raise unprocessable(f"Datasets with pid {','.join(sorted(missing)[:10])} do not exist.")
    return list(rows)


def _check_rights(caller: Caller, kind: JobType, rows: Sequence[DatasetRow]) -> None:
    if caller.account is None:
        raise forbidden("Forbidden resource")
    if kind is JobType.ARCHIVE:
        for row in rows:
            rights.check_update(caller, row.owner_group)


def _holder(session: Session, caller: Caller, kind: JobType, rows: Sequence[DatasetRow]) -> JobRow | None:
    pids = [row.pid for row in rows]
    statement = select(JobClaimRow).where(col(JobClaimRow.kind) == kind.value, col(JobClaimRow.pid).in_(pids))
    claims = session.execute(statement).scalars().all()
    if not claims:
        return None
    jobs = {claim.job_id for claim in claims}
    if len(jobs) == 1 and len(claims) == len(pids) and _owns_all(caller, rows):
        return session.get(JobRow, jobs.pop())
    held = ", ".join(sorted(claim.pid for claim in claims)[:10])
    raise conflict(f"an open {kind.value} job holds {held}; wait for it, or ask for the other datasets only")


def _owns_all(caller: Caller, rows: Sequence[DatasetRow]) -> bool:
    return caller.can(*rights.UPDATE_ANY) or all(row.owner_group in caller.groups for row in rows)


def _new_job(caller: Caller, kind: JobType, sent: JobIn, rows: Sequence[DatasetRow]) -> JobRow:
    group, user = sent.owner_group or _default_group(caller, rows), sent.owner_user or caller.name
    others = group not in caller.groups or user != caller.name
    if others and not caller.can(Power.ADMIN, Power.FLOW):
        raise forbidden(f"{caller.name} cannot open a job for user {user!r} and group {group!r}")
    return JobRow(
        id=str(uuid4()),
        type=kind.value,
        status_code=JobStatus.SUBMITTED.value,
        status_message="Job submitted.",
        job_params=sent.job_params,
        owner_user=user,
        owner_group=group,
        contact_email=sent.contact_email or (caller.account.email if caller.account else None),
        created_by=caller.name,
        updated_by=caller.name,
    )


def _default_group(caller: Caller, rows: Sequence[DatasetRow]) -> str | None:
    groups = [row.owner_group for row in rows if row.owner_group in caller.groups or caller.can(*rights.UPDATE_ANY)]
    return next(iter([*groups, *sorted(caller.groups)]), None)


def _claims(session: Session, job: JobRow, rows: Sequence[DatasetRow]) -> bool:
    try:
        with session.begin_nested():
            session.add(job)
            session.flush()
            for table, more in ((JobClaimRow, {"kind": job.type}), (JobDatasetRow, {})):
                session.execute(insert(table), [{"pid": row.pid, "job_id": job.id, **more} for row in rows])
    except ConstraintError:
        return False
    return True


def _winner(session: Session, caller: Caller, kind: JobType, rows: Sequence[DatasetRow]) -> JobRow:
    held = _holder(session, caller, kind, rows)
    if held is None:
        raise conflict(f"another {kind.value} job claimed some of these datasets at this moment; ask again")
    return held


def _prepare(session: Session, caller: Caller, kind: JobType, row: DatasetRow) -> None:
    if kind is JobType.RETRIEVE:
        if not row.retrievable:
            raise conflict(f"dataset {row.pid} is not retrievable: it is {row.archive_status_message!r}")
        return
    if not row.archivable:
        raise conflict(f"dataset {row.pid} is not archivable: it is {row.archive_status_message!r}")
    wanted: dict[str, Any] = {"archive_status_message": ArchiveStatus.SCHEDULED.value, "archivable": False}
    if not set_if_unchanged(session, caller, row, plan_change(row, wanted)):
        raise conflict(f"dataset {row.pid} was changed by somebody else at the same time; ask again")
