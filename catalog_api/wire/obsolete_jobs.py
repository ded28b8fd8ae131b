"""Jobs over the wire, with the names of v3."""

from typing import Any

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from catalog_api.tables import JobRow
from catalog_api.wire.fields import Emails, Sent, Text
from catalog_api.wire.jobs import JobIn
from catalog_api.wire.shape import plain

_ELSEWHERE = frozenset({"datasetList", "executionTime"})
"""What v4 keeps in `jobParams` and v3 beside them."""


class _ObsoleteSent(Sent):
    """Base of what v3 clients send: SciCat passes over what it does not know."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")


class ObsoleteJobIn(_ObsoleteSent):
    """A job as a v3 client asks for it."""

    type: Text | None = None
    job_params: dict[str, Any] = Field({})
    dataset_list: Any = Field([], description="List of `{pid, files}`.")
    email_job_initiator: Emails | None = None
    execution_time: Any = None
    job_status_message: Text | None = None
    job_result_object: dict[str, Any] | None = None

    def params(self) -> dict[str, Any]:
        """Give the parameters as v4 has them."""
        params = {name: value for name, value in self.job_params.items() if name != "datasetList"}
        params["datasetList"] = self.dataset_list
        if self.execution_time is not None:
            params["executionTime"] = self.execution_time
        if self.job_status_message:
            params["jobStatusMessage"] = self.job_status_message
        return params

    def current(self, *, owner_user: str | None, owner_group: str | None, email: str | None) -> JobIn:
        """Translate to v4.

        Args:
            owner_user: Whom the job is for.
            owner_group: The group, as it follows from the datasets.
            email: Whom to tell, where the client does not say.
        """
        return JobIn(
            type=self.type or "undefined",
            job_params=self.params(),
            owner_user=owner_user,
            owner_group=owner_group,
            contact_email=self.email_job_initiator or email,
        )


class ObsoleteJobPatch(_ObsoleteSent):
    """How far a job is, as a v3 client says it."""

    job_status_message: Text | None = None
    job_result_object: dict[str, Any] | None = None
    execution_time: Any = None


def obsolete_job_wire(row: JobRow) -> dict[str, Any]:
    """Write a job with the names of v3; what is not there is left out."""
    params = {name: value for name, value in row.job_params.items() if name not in _ELSEWHERE | {"username"}}
    written = {
        "_id": row.id,
        "id": row.id,
        "type": row.type,
        "emailJobInitiator": row.contact_email,
        "creationTime": plain(row.created_at),
        "executionTime": row.job_params.get("executionTime"),
        "jobParams": ({"username": row.owner_user} if row.owner_user else {}) | params,
        "jobStatusMessage": row.status_code,
        "datasetList": row.job_params.get("datasetList", []),
        "jobResultObject": row.job_result_object,
        "createdBy": row.created_by,
        "updatedBy": row.updated_by,
        "createdAt": plain(row.created_at),
        "updatedAt": plain(row.updated_at),
    }
    return {name: value for name, value in written.items() if value is not None}
