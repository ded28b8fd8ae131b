"""Jobs over the wire, in both dialects."""

from typing import Annotated, Any

from pydantic import Field

from catalog_api.tables import JobRow
from catalog_api.wire.fields import Emails, Sent, Text, Word
from catalog_api.wire.shape import plain, wire


class JobIn(Sent):
    """A job as a v4 client asks for it."""

    type: Word = Field(description="archive or retrieve")
    job_params: dict[str, Any] = Field(description="`datasetList` of `{pid, files}`, and what the kind needs.")
    owner_user: Text | None = None
    owner_group: Text | None = None
    contact_email: Emails | None = None


class JobPatch(Sent):
    """How far a job is."""

    status_code: Word
    status_message: Text | None = None
    job_result_object: dict[str, Any] | None = None


class DatasetOutcome(Sent):
    """How a job ended for one of its datasets."""

    pid: Annotated[str, Field(min_length=1)]
    status_code: Word = Field(description="finishedSuccessful or finishedWithDatasetErrors")
    status_message: Text | None = None
    result: dict[str, Any] = Field({}, description="What came of it, for this dataset.")


class ObsoleteJobIn(Sent):
    """A job as a v3 client asks for it."""

    type: Word
    job_params: dict[str, Any] = Field({})
    dataset_list: list[Any]
    email_job_initiator: Emails | None = None
    execution_time: Any = None
    job_status_message: Text | None = None
    job_result_object: dict[str, Any] | None = None

    def current(self) -> JobIn:
        """Translate to v4."""
        params = {**self.job_params, "datasetList": self.dataset_list}
        if self.execution_time is not None:
            params["executionTime"] = self.execution_time
        group = self.job_params.get("ownerGroup")
        return JobIn(
            type=self.type,
            job_params=params,
            owner_group=group if isinstance(group, str) else None,
            contact_email=self.email_job_initiator,
        )


class ObsoleteJobPatch(Sent):
    """How far a job is, as a v3 client says it."""

    job_status_message: Text | None = None
    job_result_object: dict[str, Any] | None = None


class DatasetToDo(Sent):
    """One dataset of a job; no files named means all."""

    pid: Annotated[str, Field(min_length=1)]
    files: list[Annotated[str, Field(min_length=1)]] = Field([])


def job_wire(row: JobRow) -> dict[str, Any]:
    """Write a job in the v4 dialect."""
    return {"_id": row.id, **wire(row)}


def obsolete_job_wire(row: JobRow) -> dict[str, Any]:
    """Write a job in the v3 dialect."""
    return {
        "_id": row.id,
        "id": row.id,
        "type": row.type,
        "emailJobInitiator": row.contact_email,
        "creationTime": plain(row.created_at),
        "executionTime": row.job_params.get("executionTime"),
        "jobParams": {**row.job_params, "username": row.owner_user},
        "jobStatusMessage": row.status_code,
        "datasetList": row.job_params.get("datasetList", []),
        "jobResultObject": row.job_result_object,
    }
