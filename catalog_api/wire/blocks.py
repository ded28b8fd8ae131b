"""File lists, datablocks and copies as clients send them."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal, NotRequired

from pydantic import AfterValidator, ConfigDict, FailFast, Field
from typing_extensions import TypedDict

from catalog_api.wire.fields import Bytes, Count, Sent, Text, Word
from catalog_api.wire.moments import AnyMoment
from emdewar.stores.names import is_object_name

FILES_PER_REQUEST = 100_000
_SAID_OF_OWNERSHIP = ("uid", "gid", "perm", "type", "metadata")
_OWNERSHIP = frozenset(_SAID_OF_OWNERSHIP)

StoreName = Annotated[str, Field(pattern="^[^,]+$", max_length=100)]
"""Lists of stores are names with commas between."""


def _plain(name: str) -> str:
    if not is_object_name(name):
        msg = "must be a plain object name: letters, digits, '.', '_' and '-', no path"
        raise ValueError(msg)
    return name


ObjectName = Annotated[Word, AfterValidator(_plain)]
"""What a store takes as the name of an object; another one would stop whoever asks the store about many."""

Hex16 = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
Hex64 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class SentFile(TypedDict):
    """One file; a dictionary, for a request holds 100,000 of them."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]

    path: Annotated[str, Field(min_length=1, max_length=2048, description="POSIX path below the source folder.")]
    size: Bytes
    time: AnyMoment
    chk: NotRequired[Annotated[Annotated[str, Field(max_length=128)] | None, Field(description="sha256 if managed.")]]
    offset: NotRequired[Annotated[Bytes | None, Field(description="Where it starts in the datablock's tar, in bytes.")]]
    uid: NotRequired[Any]
    gid: NotRequired[Any]
    perm: NotRequired[Any]
    type: NotRequired[Any]
    metadata: NotRequired[Any]


# The first wrong file is enough to refuse a list: 100,000 complaints help nobody.
Files = Annotated[list[SentFile], FailFast(), Field(max_length=FILES_PER_REQUEST)]
SomeFiles = Annotated[list[SentFile], FailFast(), Field(min_length=1, max_length=FILES_PER_REQUEST)]
OtherFiles = Annotated[list[SentFile], Field(max_length=FILES_PER_REQUEST)]
SomeOtherFiles = Annotated[list[SentFile], Field(min_length=1, max_length=FILES_PER_REQUEST)]


def ownership(file: SentFile) -> dict[str, Any] | None:
    """Give what SciCat's clients say about ownership, as it was sent."""
    if _OWNERSHIP.isdisjoint(file):
        return None
    said = {name: file[name] for name in _SAID_OF_OWNERSHIP if file.get(name) is not None}  # type: ignore[literal-required]
    return said or None


def total_size(files: Iterable[SentFile]) -> int:
    """Add up the sizes of files."""
    return sum(file["size"] for file in files)


class _Block(Sent):
    """What both kinds of blocks have; a new one gets the dataset's groups, whatever is sent."""

    id: Annotated[Word | None, Field(alias="_id")] = Field(
        None, description="Given: sending the same list twice registers it once."
    )
    dataset_id: Word | None = None
    owner_group: Text | None = None
    access_groups: list[Text] | None = None
    instrument_group: Text | None = None
    is_published: bool = False


class OrigDatablockIn(_Block):
    """A list of files, as declared."""

    chk_alg: Word | None = Field(None, description="How the files' `chk` was made; sha256 for managed datasets.")
    size: Bytes | None = Field(
        None, description="For managed datasets the sum of the files' sizes, or nothing; else what the client says."
    )
    data_file_list: SomeFiles


class DatablockIn(_Block):
    """A datablock as written; the fields of our own format are optional, so that foreign archivers can register too."""

    archive_id: Word
    chk_alg: Word | None = None
    size: Bytes
    packed_size: Bytes
    version: Word
    number: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    of: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    first_file: Count | None = None
    number_of_files: Count | None = None
    crc64nvme: Annotated[Hex16 | None, Field(alias="crc64Nvme")] = None
    manifest_sha256: Hex64 | None = None
    data_file_list: Files = Field([])
    copies: list[Any] = Field([], description="Ignored: copies have a route of their own.")


class _BlockChanges(Sent):
    """What can be changed of both kinds of blocks; what is not named stays, and so does what is null."""

    chk_alg: Word | None = None
    size: Bytes | None = None
    owner_group: Word | None = None
    access_groups: list[Word] | None = None
    instrument_group: Text | None = None
    is_published: bool | None = None

    def columns(self) -> dict[str, Any]:
        """Give the columns that are named, without the files."""
        return self.model_dump(exclude={"data_file_list"}, exclude_none=True)


class OrigDatablockChanges(_BlockChanges):
    """A change of a list of files."""

    data_file_list: SomeOtherFiles | None = None


class DatablockChanges(_BlockChanges):
    """A change of a datablock."""

    archive_id: Word | None = None
    packed_size: Bytes | None = None
    version: Word | None = None
    data_file_list: OtherFiles | None = None


class FilesIn(Sent):
    """More files of a datablock whose list does not fit one request."""

    first: Count = Field(description="Position of the first of these files in the datablock, from 0.")
    data_file_list: SomeFiles


class CopyIn(Sent):
    """A verified copy of a datablock."""

    store: StoreName
    location: ObjectName
    size: Bytes
    crc64nvme: Annotated[Hex16, Field(alias="crc64Nvme")]
    manifest_sha256: Hex64
    number_of_files: Count
    verified_at: AnyMoment
    read_from: Word


class FindingIn(Sent):
    """What is wrong with a copy."""

    status: Literal["damaged", "lost"]
    finding: dict[str, Any] = Field(description="In the shape of a return message: a word, and what is known below it.")
    location: Word | None = Field(
        None, description="The object that was looked at; a finding about one that was replaced since changes nothing."
    )
    checked_at: AnyMoment | None = Field(
        None, description="When; a finding that is older than the last verification changes nothing. Now if not sent."
    )
    flow_run_id: Word | None = Field(None, description="The flow run that found it, for the history.")
