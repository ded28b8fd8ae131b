"""What the catalog and its clients say to each other: frozen records with SciCat's JSON names.

Python sees `archive_status_message`, the wire sees `archiveStatusMessage`. Unknown keys from a richer server are
ignored, so the same records read a facility's real SciCat.
"""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer
from pydantic.alias_generators import to_camel

from emdewar.lifecycle import ArchiveStatus, CopyStatus, JobStatus, RetrieveStatus


def _to_milliseconds(moment: datetime) -> datetime:
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def iso_milliseconds(moment: datetime) -> str:
    """Write a moment as SciCat does: UTC with milliseconds and `Z`, e.g. `2026-11-21T12:00:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[
    AwareDatetime,
    AfterValidator(_to_milliseconds),
    PlainSerializer(iso_milliseconds, return_type=str, when_used="json"),
]
"""A moment in UTC, cut to the milliseconds that the wire carries."""

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
"""A sha256 digest in lower-case hexadecimal."""

Crc64 = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
"""A CRC-64/NVME in lower-case hexadecimal, as S3 defines it."""


class Record(BaseModel):
    """Base of all records: frozen, camel case on the wire, tolerant of keys it does not know."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")

    def wire(self) -> dict[str, Any]:
        """Give the JSON object that goes over the wire, without the fields that were never set."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class DataFile(Record):
    """One file of a dataset, as declared at ingest: the record that every later copy is compared with.

    Attributes:
        path: POSIX path relative to the dataset's source folder.
        size: Bytes.
        time: Modification time of the source, to the millisecond.
        chk: sha256 of the content, taken when the file was acquired.
        offset: Where the content starts in the datablock's tar, in bytes; only in a datablock's list.
    """

    path: str
    size: Annotated[int, Field(ge=0)]
    time: Moment
    chk: Sha256
    offset: Annotated[int | None, Field(ge=0)] = None


class LifecyclePatch(Record):
    """A partial change of a dataset's lifecycle: what is not named stays as it is.

    Attributes:
        flow_run_id: The Prefect run that makes the change, for the history.
    """

    archive_status_message: ArchiveStatus | None = None
    retrieve_status_message: RetrieveStatus | None = None
    archive_return_message: dict[str, Any] | None = None
    retrieve_return_message: dict[str, Any] | None = None
    retrieve_integrity_check: bool | None = None
    flow_run_id: str | None = None


class DatasetLifecycle(Record):
    """Where a dataset is. The status words are plain text here: a foreign archiver may use its own."""

    archivable: bool = True
    retrievable: bool = False
    archive_status_message: str = ArchiveStatus.CREATED
    retrieve_status_message: str = RetrieveStatus.NONE
    archive_return_message: dict[str, Any] | None = None
    retrieve_return_message: dict[str, Any] | None = None
    retrieve_integrity_check: bool = False
    is_on_central_disk: bool = True


class DatasetDraft(Record):
    """What must be known to register a dataset (SciCat v4 names).

    Attributes:
        pid: Persistent identifier; given, so that registering twice registers once.
        initial_status: `filesNotYetAvailable` while a session is being acquired, else `datasetCreated`.
    """

    pid: str
    dataset_name: str
    type: str
    owner: str
    owner_group: str
    contact_email: str
    access_groups: list[str] = []
    source_folder: str
    creation_time: Moment
    start_time: Moment | None = None
    end_time: Moment | None = None
    creation_location: str | None = None
    principal_investigators: list[str] = []
    proposal_ids: list[str] = []
    instrument_ids: list[str] = []
    description: str | None = None
    data_format: str | None = None
    keywords: list[str] = []
    scientific_metadata: dict[str, Any] = {}


class Dataset(DatasetDraft):
    """A dataset as the catalog gives it."""

    size: int = 0
    packed_size: int = 0
    number_of_files: int = 0
    number_of_files_archived: int = 0
    is_published: bool = False
    datasetlifecycle: Annotated[DatasetLifecycle, Field(alias="datasetlifecycle")] = DatasetLifecycle()
    created_at: Moment | None = None
    updated_at: Moment | None = None


class CopyRecord(Record):
    """A datablock on a store, with the proof that it was read back and matched, and what became of it since.

    Attributes:
        store: Name of the store.
        location: Name of the object on that store.
        size: Bytes of the tar.
        crc64nvme: CRC-64/NVME of the whole tar, recomputed from what was read back.
        manifest_sha256: sha256 of the bag's `manifest-sha256.txt`, recomputed from what was read back.
        number_of_files: How many payload files were hashed and found equal to the catalog's record.
        verified_at: When the reading ended that last found it good.
        read_from: Where it was read then: `device` when the page cache was bypassed, `cache-dropped`, `object-store`,
            `disk-buffer` or `tape`.
        status: Whether it is still good.
        checked_at: When it was last looked at, whatever was found; filled by the catalog.
        finding: What is wrong with a damaged or lost one; filled by the catalog.
    """

    store: str
    location: str
    size: int
    crc64nvme: Crc64
    manifest_sha256: Sha256
    number_of_files: int
    verified_at: Moment
    read_from: str
    status: CopyStatus = CopyStatus.VERIFIED
    checked_at: Moment | None = None
    finding: dict[str, Any] | None = None

    @property
    def is_good(self) -> bool:
        """Tell whether nothing is known against it."""
        return self.status is CopyStatus.VERIFIED


class CopyOnStore(CopyRecord):
    """A copy with what it is a copy of, for those who go through a store.

    Attributes:
        pid: The dataset.
        archive_id: The datablock.
    """

    pid: str
    archive_id: str


class CopyTotals(Record):
    """Some copies, counted.

    Attributes:
        copies: How many.
        size: Bytes of their tars.
    """

    copies: int = 0
    size: int = 0


class StoreSummary(CopyTotals):
    """All copies on a store, counted.

    Attributes:
        store: Name of the store.
        by_status: The copies of each status; one that no copy has is left out.
        oldest_verified_at: When the good copy that was not read for longest was read; None without a good copy.
    """

    store: str
    by_status: dict[CopyStatus, CopyTotals] = {}
    oldest_verified_at: Moment | None = None


class ShortBlock(Record):
    """A datablock of an archived dataset that lacks a good copy somewhere.

    Attributes:
        pid: The dataset.
        archive_id: The datablock.
        number: Which block of the dataset, from 1.
        verified_on: The stores that have a good copy.
    """

    pid: str
    archive_id: str
    number: int
    verified_on: list[str] = []


class DatablockRecord(Record):
    """A datablock as written: SciCat's Datablock with what is needed to find, check and open it.

    Attributes:
        archive_id: Unique name of the block, e.g. `20.500_abc_0001`.
        number: Which block of the dataset, from 1.
        of: How many blocks the dataset has.
        size: Sum of the payload files' bytes.
        packed_size: Bytes of the tar.
        chk_alg: Algorithm of `chk` in the file list.
        version: Name of the archive format.
        first_file: Position of the block's first file in the dataset's list, sorted by path.
        data_file_list: The files, with their offsets in the tar.
        copies: Copies, with those that are damaged or lost; filled by the catalog.
    """

    archive_id: str
    number: Annotated[int, Field(ge=1)]
    of: Annotated[int, Field(ge=1)]
    size: int
    packed_size: int
    chk_alg: str = "sha256"
    version: str = "em-datablock-1"
    first_file: int
    number_of_files: int
    crc64nvme: Crc64
    manifest_sha256: Sha256
    data_file_list: list[DataFile] = []
    copies: list[CopyRecord] = []


class Job(Record):
    """A request to archive, retrieve, publish and the like, as the catalog keeps it (SciCat v4 names).

    Attributes:
        id: Identifier.
        type: What is asked for: one of the site's types of jobs.
        status_code: How far it is.
        job_params: The request: `datasetList` of `{pid, files}` and what the kind needs.
        job_result_object: What came of it, per dataset.
    """

    id: str
    type: str
    status_code: JobStatus
    status_message: str = ""
    job_params: dict[str, Any] = {}
    job_result_object: dict[str, Any] = {}
    created_at: Moment | None = None


class JobDataset(Record):
    """One dataset of a job.

    Attributes:
        status_code: How the job ended for it; None while it has not.
        result: What came of it, or has so far.
    """

    pid: str
    status_code: str | None = None
    status_message: str | None = None
    result: dict[str, Any] = {}


class LifecycleEvent(Record):
    """One row of a dataset's history: who moved it, when, from where to where, and why."""

    pid: str
    field: str
    from_status: str | None
    to_status: str
    who: str
    when: Moment
    why: dict[str, Any] | None = None
    flow_run_id: str | None = None


class Attachment(Record):
    """A small picture or plot of a dataset.

    Attributes:
        aid: Identifier; given, so that attaching twice attaches once.
        thumbnail: A data URL, e.g. `data:image/png;base64,...`.
    """

    aid: str
    caption: str
    thumbnail: str
    owner_group: str
