"""Flow runs that jobs ask for: written in the transaction of the job, delivered to Prefect afterwards."""

from datetime import datetime
from typing import Any

from sqlmodel import Field

from catalog_api.tables.columns import Row, UtcMoment, json_object, now


class OutboxRow(Row, table=True):
    """One flow run to start; a job has one per dataset, or one in all.

    Attributes:
        id: Also the idempotency key at Prefect: however often it is sent, one run comes of it.
        pid: The dataset that the run is for; None when it is for the whole job.
        delivered_at: When Prefect took it, or when it was given up because nobody wants it any more.
    """

    __tablename__ = "outbox"

    id: str = Field(primary_key=True)
    job_id: str = Field(foreign_key="job.id", ondelete="CASCADE", index=True)
    pid: str | None = None
    deployment: str
    parameters: dict[str, Any] = json_object()
    created_at: datetime = Field(default_factory=now, sa_type=UtcMoment)
    attempts: int = 0
    next_attempt_at: datetime = Field(default_factory=now, sa_type=UtcMoment, index=True)
    delivered_at: datetime | None = Field(default=None, sa_type=UtcMoment, index=True)
    flow_run_id: str | None = None
    last_error: str | None = None
