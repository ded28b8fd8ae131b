"""Datasets with their lifecycle, and the history of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger
from sqlmodel import Field

from catalog_api.tables.columns import BigSerial, Bookkeeping, JsonValue, Row, UtcMoment, json_list, json_object, now
from emdewar.lifecycle import ArchiveStatus


class DatasetRow(Bookkeeping, table=True):
    """One dataset; `managed` ones were registered by the flows and obey the lifecycle's tables."""

    __tablename__ = "dataset"

    pid: str = Field(primary_key=True)
    managed: bool = False
    version: str = "4"
    type: str
    dataset_name: str
    owner: str = ""
    owner_email: str | None = None
    orcid_of_owner: str | None = None
    contact_email: str
    source_folder: str = Field(index=True)
    source_folder_host: str | None = None
    creation_time: datetime = Field(sa_type=UtcMoment)
    start_time: datetime | None = Field(default=None, sa_type=UtcMoment)
    end_time: datetime | None = Field(default=None, sa_type=UtcMoment)
    creation_location: str | None = None
    description: str | None = None
    comment: str | None = None
    license: str | None = None
    data_format: str | None = None
    run_number: str | None = None
    job_log_data: str | None = None
    validation_status: str | None = None
    classification: str | None = None
    data_quality_metrics: float | None = None
    keywords: list[str] = json_list()
    shared_with: list[str] = json_list()
    principal_investigators: list[str] = json_list()
    proposal_ids: list[str] = json_list()
    sample_ids: list[str] = json_list()
    instrument_ids: list[str] = json_list()
    input_datasets: list[str] = json_list()
    used_software: list[str] = json_list()
    techniques: list[dict[str, Any]] = json_list()
    relationships: list[dict[str, Any]] = json_list()
    job_parameters: dict[str, Any] | None = Field(default=None, sa_type=JsonValue)
    scientific_metadata: dict[str, Any] = json_object()
    scientific_metadata_schema: str | None = None
    scientific_metadata_valid: bool | None = None

    owner_group: str = Field(index=True)
    access_groups: list[str] = json_list()
    instrument_group: str | None = None
    is_published: bool = Field(default=False, index=True)

    size: int = Field(default=0, sa_type=BigInteger)
    packed_size: int = Field(default=0, sa_type=BigInteger)
    number_of_files: int = 0
    number_of_files_archived: int = 0

    archivable: bool = True
    retrievable: bool = False
    publishable: bool = False
    is_on_central_disk: bool = True
    archive_status_message: str = Field(default=ArchiveStatus.CREATED.value, index=True)
    retrieve_status_message: str = ""
    archive_return_message: Any = json_object()
    retrieve_return_message: Any = json_object()
    retrieve_integrity_check: bool = False
    exported_to: str | None = None
    storage_location: str | None = None
    date_of_disk_purging: datetime | None = Field(default=None, sa_type=UtcMoment)
    archive_retention_time: datetime | None = Field(default=None, sa_type=UtcMoment)
    date_of_publishing: datetime | None = Field(default=None, sa_type=UtcMoment)
    published_on: datetime | None = Field(default=None, sa_type=UtcMoment)


class DatasetTermRow(Row, table=True):
    """One entry of one of a dataset's lists (a group, a keyword, ...), so that lists are searched by index."""

    __tablename__ = "dataset_term"

    pid: str = Field(primary_key=True, foreign_key="dataset.pid", ondelete="CASCADE")
    field: str = Field(primary_key=True)
    value: str = Field(primary_key=True, index=True)


class LifecycleEventRow(Row, table=True):
    """One change of a dataset's lifecycle; rows are only ever added."""

    __tablename__ = "lifecycle_event"

    id: int | None = Field(default=None, primary_key=True, sa_type=BigSerial)
    pid: str = Field(foreign_key="dataset.pid", index=True)
    field: str
    from_status: str | None = None
    to_status: str
    who: str
    when: datetime = Field(default_factory=now, sa_type=UtcMoment)
    why: Any = Field(default=None, sa_type=JsonValue, nullable=True)
    flow_run_id: str | None = None
