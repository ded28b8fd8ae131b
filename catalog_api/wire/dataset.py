"""Datasets over the wire, with the names of the v4 dialect."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic.alias_generators import to_camel

from catalog_api.tables import DatasetRow
from catalog_api.wire.fields import Bytes, Count, Emails, Sent, Text, Word
from catalog_api.wire.lifecycle import COLUMNS, LifecycleIn, lifecycle_wire
from catalog_api.wire.moments import AnyMoment
from catalog_api.wire.shape import wire

LIST_FIELDS = (
    "access_groups",
    "keywords",
    "shared_with",
    "principal_investigators",
    "proposal_ids",
    "sample_ids",
    "instrument_ids",
    "input_datasets",
    "used_software",
)
"""Fields that are lists of words, searched by membership."""

KEPT_BY_THE_CATALOG = frozenset({"size", "packed_size", "number_of_files", "number_of_files_archived"})
"""Counters: accepted from SciCat's clients and ignored, since the catalog counts itself."""

_FolderText = Annotated[Word, AfterValidator(lambda folder: folder.rstrip("/") or "/")]


class DatasetIn(Sent):
    """A dataset as a client registers it."""

    pid: Word | None = Field(None, description="Made by the catalog when not given.")
    type: Annotated[str, Field(pattern="^(raw|derived)$")] = Field(description="raw or derived")
    dataset_name: Word
    owner: Text = ""
    owner_email: Emails | None = None
    orcid_of_owner: Text | None = None
    contact_email: Emails
    source_folder: _FolderText
    source_folder_host: Text | None = None
    creation_time: AnyMoment
    start_time: AnyMoment | None = None
    end_time: AnyMoment | None = None
    creation_location: Text | None = None
    description: Text | None = None
    comment: Text | None = None
    license: Text | None = None
    data_format: Text | None = None
    run_number: Text | None = None
    job_log_data: Text | None = None
    validation_status: Text | None = None
    classification: Text | None = None
    data_quality_metrics: float | None = None
    keywords: list[Word] = Field([])
    shared_with: list[Word] = Field([])
    principal_investigators: list[Word] = Field([])
    proposal_ids: list[Word] = Field([])
    sample_ids: list[Word] = Field([])
    instrument_ids: list[Word] = Field([])
    input_datasets: list[Word] = Field([])
    used_software: list[Word] = Field([])
    techniques: list[dict[str, Any]] = Field([])
    relationships: list[dict[str, Any]] = Field([])
    job_parameters: dict[str, Any] | None = None
    scientific_metadata: dict[str, Any] = Field({})
    scientific_metadata_schema: Text | None = None
    owner_group: Word
    access_groups: list[Word] = Field([])
    instrument_group: Text | None = None
    is_published: bool = False
    size: Bytes | None = Field(None, description="Ignored: counted by the catalog.")
    packed_size: Bytes | None = Field(None, description="Ignored: counted by the catalog.")
    number_of_files: Count | None = Field(None, description="Ignored: counted by the catalog.")
    number_of_files_archived: Count | None = Field(None, description="Ignored: counted by the catalog.")
    datasetlifecycle: Annotated[LifecycleIn | None, Field(alias="datasetlifecycle")] = None

    def columns(self) -> dict[str, Any]:
        """Give what goes into the row; the identifier and the lifecycle have their own rules."""
        return self.model_dump(exclude={"pid", "datasetlifecycle", *KEPT_BY_THE_CATALOG})


EDITABLE = frozenset(DatasetIn.model_fields) - {"pid", "type", "datasetlifecycle"} - KEPT_BY_THE_CATALOG
"""Columns that a PATCH may name."""


def dataset_wire(row: DatasetRow) -> dict[str, Any]:
    """Write a dataset in the v4 dialect."""
    own = wire(row, without={*COLUMNS, "managed"})
    return {"_id": row.pid, **own, "managed": row.managed, "datasetlifecycle": lifecycle_wire(row), "__v": 0}


def as_sent(row: DatasetRow) -> dict[str, Any]:
    """Write a dataset as a client would register it again; the base that a PATCH is laid over."""
    return {to_camel(name): getattr(row, name) for name in EDITABLE | {"type"}}
