"""Datasets over the wire, with the names of the v4 dialect."""

from collections.abc import Mapping
from copy import copy
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, StrictFloat, StrictInt, create_model
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from catalog_api.tables import DatasetRow
from catalog_api.wire.complaints import Complaining
from catalog_api.wire.fields import Emails, Sent, Text, Word
from catalog_api.wire.lifecycle import COLUMNS, LifecycleIn, lifecycle_wire
from catalog_api.wire.moments import AnyMoment
from catalog_api.wire.shape import plain

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

COUNTERS = ("size", "packed_size", "number_of_files", "number_of_files_archived")
"""Counted by the catalog once it knows files; until then a client may declare them."""

LONGEST_INDEXED_BYTES = 1024
"""Of a text that is found by index: two of them fit one entry of PostgreSQL's."""

LONGEST_LOG = 4 * 1024 * 1024
LONGEST_SCHEMA = 256 * 1024


def _text_only(value: object) -> object:
    if isinstance(value, str):
        return value
    raise PydanticCustomError("datetime_type", "a moment is written as text")


def _indexable(text: str) -> str:
    if len(text.encode()) > LONGEST_INDEXED_BYTES:
        raise PydanticCustomError("too_long", "it may have {most} bytes at most", {"most": LONGEST_INDEXED_BYTES})
    return text


_Key = Annotated[Word, AfterValidator(_indexable)]
_Entry = Annotated[str, Field(max_length=1024), AfterValidator(_indexable)]
_FolderText = Annotated[Word, AfterValidator(lambda folder: folder.rstrip("/") or "/"), AfterValidator(_indexable)]
_Moment = Annotated[AnyMoment, BeforeValidator(_text_only)]
_Entries = Annotated[list[_Entry], Field(max_length=10_000)]
_Bytes = Annotated[StrictInt, Field(ge=0, lt=2**53, description="Counted by the catalog once it knows files.")]
_Files = Annotated[StrictInt, Field(ge=0, lt=2**31, description="Counted by the catalog once it knows files.")]


class TechniqueIn(Sent):
    """A technique, from a vocabulary."""

    pid: Text
    name: Text


class RelationshipIn(Sent):
    """Another thing that a dataset is related to; scitacean's `pid` is taken as the identifier."""

    identifier: Text | None = None
    identifier_type: Text = "Other"
    relationship: Text = "IsReferencedBy"
    entity_type: Text = "Other"
    external_id: Text | None = None
    pid: Text | None = None


def _relationship(sent: RelationshipIn) -> RelationshipIn:
    if sent.identifier is None and sent.pid is None:
        raise PydanticCustomError("string_type", "identifier is missing")
    sent.identifier = sent.identifier if sent.identifier is not None else sent.pid
    return sent


class DatasetIn(Complaining, Sent):
    """A dataset as a client registers it."""

    pid: _Key | None = Field(None, description="Made by the catalog when not given.")
    type: Word = Field(description="raw, derived, or one of the site's own types")
    dataset_name: Word
    owner: Text = ""
    owner_email: Emails | None = None
    orcid_of_owner: Text | None = None
    contact_email: Emails
    source_folder: _FolderText
    source_folder_host: Text | None = None
    creation_time: _Moment
    start_time: _Moment | None = None
    end_time: _Moment | None = None
    creation_location: Text | None = None
    description: Text | None = None
    comment: Text | None = None
    license: Text | None = None
    data_format: Text | None = None
    run_number: Text | None = None
    job_log_data: Annotated[str, Field(max_length=LONGEST_LOG)] | None = None
    validation_status: Text | None = None
    classification: Text | None = None
    data_quality_metrics: StrictFloat | None = None
    keywords: _Entries = Field([])
    shared_with: _Entries = Field([])
    principal_investigators: _Entries = Field([])
    proposal_ids: _Entries = Field([])
    sample_ids: _Entries = Field([])
    instrument_ids: _Entries = Field([])
    input_datasets: _Entries = Field([])
    used_software: _Entries = Field([])
    techniques: list[TechniqueIn] = Field([])
    relationships: list[Annotated[RelationshipIn, AfterValidator(_relationship)]] = Field([])
    job_parameters: dict[str, Any] | None = None
    scientific_metadata: dict[str, Any] = Field({})
    scientific_metadata_schema: Annotated[str, Field(max_length=LONGEST_SCHEMA)] | None = Field(
        None, description="Address of a schema that the catalog knows, or a JSON schema as text."
    )
    scientific_metadata_valid: Any = Field(None, description="Ignored: the catalog judges itself.")
    owner_group: _Key
    access_groups: _Entries = Field([])
    instrument_group: Text | None = None
    is_published: StrictBool = False
    size: _Bytes = 0
    packed_size: _Bytes = 0
    number_of_files: _Files = 0
    number_of_files_archived: _Files = 0
    datasetlifecycle: Annotated[LifecycleIn | None, Field(alias="datasetlifecycle")] = None

    def columns(self) -> dict[str, Any]:
        """Give what goes into the row; the identifier and the lifecycle have their own rules."""
        return columns_of(self, set(EDITABLE | {"type"}))


EDITABLE = frozenset(DatasetIn.model_fields) - {"pid", "type", "datasetlifecycle", "scientific_metadata_valid"}
"""Columns that a PATCH may name."""


def _not_required(field: FieldInfo) -> tuple[Any, FieldInfo]:
    optional = copy(field)
    optional.default, optional.default_factory = None, None
    return field.annotation, optional


_PATCHABLE: dict[str, Any] = {
    name: _not_required(field) for name, field in DatasetIn.model_fields.items() if name not in {"pid", "type"}
}
DatasetPatch = create_model("DatasetPatch", __base__=(Complaining, Sent), **_PATCHABLE)
"""The fields of a dataset, none of them required: what is not named stays."""


def patch_of(body: Mapping[str, Any]) -> Sent:
    """Read some fields of a dataset.

    Raises:
        pydantic.ValidationError: One of them cannot be changed, or not to that.
    """
    read: Any = DatasetPatch.model_validate(body)
    checked: Sent = read
    return checked


def columns_of(sent: Sent, names: set[str]) -> dict[str, Any]:
    """Give some of the sent fields as a row holds them."""
    dumped = sent.model_dump(include=names - {"techniques", "relationships"})
    for name in names & {"techniques", "relationships"}:
        dumped[name] = [entry.model_dump(by_alias=True, exclude_none=True) for entry in getattr(sent, name)]
    return dumped


def default_of(name: str) -> Any:  # noqa: ANN401 (each column has its own type)
    """Give what a field is when nobody names it."""
    return DatasetIn.model_fields[name].get_default(call_default_factory=True)


def dataset_wire(row: DatasetRow) -> dict[str, Any]:
    """Write a dataset in the v4 dialect; what was never set is left out, `jobParameters` is null."""
    own = {alias: plain(value) for name, alias in _OWN if (value := getattr(row, name)) is not None}
    managed = {"managed": True} if row.managed else {}
    return {
        "_id": row.pid,
        **own,
        "jobParameters": row.job_parameters,
        **managed,
        "datasetlifecycle": lifecycle_wire(row),
        "__v": 0,
    }


_OWN = [(name, to_camel(name)) for name in DatasetRow.model_fields if name not in {*COLUMNS, "managed"}]
