"""Jobs: requests to archive or retrieve, the datasets they name, and which of these they still hold."""

from typing import Any

from sqlmodel import Field

from catalog_api.tables.columns import Bookkeeping, JsonValue, Row, json_list, json_object


class JobRow(Bookkeeping, table=True):
    """One job."""

    __tablename__ = "job"

    id: str = Field(primary_key=True)
    type: str = Field(index=True)
    status_code: str = Field(index=True)
    status_message: str
    job_params: dict[str, Any] = json_object()
    job_result_object: dict[str, Any] = json_object()
    owner_user: str | None = None
    owner_group: str | None = Field(default=None, index=True)
    access_groups: list[str] = json_list()
    contact_email: str | None = None
    config_version: str | None = None


class JobDatasetRow(Row, table=True):
    """A dataset that a job names, and how the job ended for it.

    Attributes:
        status_code: None until the job has ended for this dataset.
        result: What came of it.
    """

    __tablename__ = "job_dataset"

    job_id: str = Field(primary_key=True, foreign_key="job.id", ondelete="CASCADE")
    pid: str = Field(primary_key=True, foreign_key="dataset.pid", index=True)
    status_code: str | None = None
    status_message: str | None = None
    result: dict[str, Any] | None = Field(default=None, sa_type=JsonValue, nullable=True)


class JobClaimRow(Row, table=True):
    """An open job's hold on a dataset: its key makes one open job per dataset and kind a law of the database."""

    __tablename__ = "job_claim"

    pid: str = Field(primary_key=True, foreign_key="dataset.pid")
    kind: str = Field(primary_key=True)
    job_id: str = Field(foreign_key="job.id", ondelete="CASCADE", index=True)
