"""Jobs: found, listed, counted, and the history of their statuses."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from sqlalchemy import Select, exists, select
from sqlmodel import Session, col

from catalog_api.json_type import Json
from catalog_api.refusals import forbidden
from catalog_api.rules import job_rights as rights
from catalog_api.rules.caller import Caller
from catalog_api.services import listing as lists
from catalog_api.tables import ChangeRecordRow, JobDatasetRow, JobRow
from catalog_api.wire.conditions import Column, Condition, JsonField, Membership, Searchable, condition
from catalog_api.wire.filters import Listing
from emdewar.errors import RefusedError

PIDS_AT_ONCE = 1_000
"""Identifiers in one statement: every database takes so many values."""


def _names(pids: list[str]) -> Condition:
    job, pid = col(JobDatasetRow.job_id), col(JobDatasetRow.pid)
    return exists().where(job == col(JobRow.id), pid.in_(pids))


SEARCHABLE: dict[str, Searchable] = {
    "_id": Column(col(JobRow.id)),
    "id": Column(col(JobRow.id)),
    "type": Column(col(JobRow.type)),
    "statusCode": Column(col(JobRow.status_code)),
    "statusMessage": Column(col(JobRow.status_message)),
    "ownerUser": Column(col(JobRow.owner_user)),
    "ownerGroup": Column(col(JobRow.owner_group)),
    "contactEmail": Column(col(JobRow.contact_email)),
    "configVersion": Column(col(JobRow.config_version)),
    "createdAt": Column(col(JobRow.created_at)),
    "updatedAt": Column(col(JobRow.updated_at)),
    "createdBy": Column(col(JobRow.created_by)),
    "updatedBy": Column(col(JobRow.updated_by)),
    "accessGroups": JsonField(col(JobRow.access_groups)),
    "jobParams": JsonField(col(JobRow.job_params)),
    "jobResultObject": JsonField(col(JobRow.job_result_object)),
    "jobParams.datasetList.pid": Membership(_names),
}
"""What a filter on jobs can name."""

OBSOLETE: dict[str, Searchable] = SEARCHABLE | {
    "emailJobInitiator": SEARCHABLE["contactEmail"],
    "creationTime": SEARCHABLE["createdAt"],
    "jobStatusMessage": SEARCHABLE["statusCode"],
    "executionTime": SEARCHABLE["jobParams"].below("executionTime"),
    "jobParams.username": SEARCHABLE["ownerUser"],
    "datasetList": SEARCHABLE["jobParams"].below("datasetList"),
    "datasetList.pid": SEARCHABLE["jobParams.datasetList.pid"],
}
"""What a v3 filter on jobs can name: the same, and the names of v3."""


def visible(caller: Caller) -> Select[tuple[JobRow]]:
    """Select the jobs that a caller may see.

    Raises:
        RefusedError: The caller has no login.
    """
    rights.check_known(caller)
    return select(JobRow).where(rights.readable(caller))


def find(session: Session, caller: Caller, job_id: str) -> JobRow:
    """Find a job that the caller may see.

    Raises:
        RefusedError: There is none (400, as SciCat has it), or it is not the caller's to see.
    """
    row = there(session, job_id)
    if caller.account is None or session.execute(visible(caller).where(col(JobRow.id) == job_id)).first() is None:
        raise forbidden("Unauthorized to get this job.")
    return row


def there(session: Session, job_id: str, *, for_change: bool = False) -> JobRow:
    """Give a job, whoever asks.

    Args:
        session: Open session.
        job_id: Which job.
        for_change: Keep others from changing it until the transaction ends.

    Raises:
        RefusedError: There is none.
    """
    row = session.get(JobRow, job_id, populate_existing=True, with_for_update=for_change or None)
    if row is None:
        raise RefusedError("Invalid job id.", reason="unknownJob")
    return row


def page(session: Session, caller: Caller, listing: Listing, known: dict[str, Searchable] = SEARCHABLE) -> list[JobRow]:
    """List the jobs that the caller may see and that match.

    Raises:
        RefusedError: The filter names something unknown, or the caller has no login.
    """
    statement = visible(caller).where(condition(listing.where, known))
    return lists.page(session, statement, listing, known, col(JobRow.id))


def matching(where: Mapping[str, Json], known: Mapping[str, Searchable]) -> Condition:
    """Compile a filter on jobs.

    Raises:
        RefusedError: It names something unknown.
    """
    return condition(where, known)


def outcomes(session: Session, job_id: str, *, skip: int = 0, limit: int | None = None) -> Sequence[JobDatasetRow]:
    """Give how far a job is with its datasets, by identifier."""
    statement = select(JobDatasetRow).where(col(JobDatasetRow.job_id) == job_id).order_by(col(JobDatasetRow.pid))
    return session.execute(statement.limit(limit).offset(skip)).scalars().all()


def status_events(session: Session, caller: Caller, job_id: str) -> list[ChangeRecordRow]:
    """Give the changes of a job's status, oldest first.

    Raises:
        RefusedError: There is no such job, or it is not the caller's to see.
    """
    find(session, caller, job_id)
    document = (col(ChangeRecordRow.subsystem) == "Job", col(ChangeRecordRow.document_id) == job_id)
    records = session.execute(select(ChangeRecordRow).where(*document).order_by(col(ChangeRecordRow.id))).scalars()
    return [record for record in records if (record.after or {}).keys() & {"statusCode", "statusMessage"}]


def in_parts(pids: Sequence[str]) -> Iterator[list[str]]:
    """Cut a list of identifiers into parts that fit a statement."""
    rest = iter(pids)
    while part := list(islice(rest, PIDS_AT_ONCE)):
        yield part
