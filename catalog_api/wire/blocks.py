"""File lists, datablocks and copies over the wire."""

from typing import Annotated, Any

from pydantic import Field

from catalog_api.wire.fields import Bytes, Count, Sent, Text, Word
from catalog_api.wire.moments import AnyMoment

Hex16 = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
Hex64 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class DataFileIn(Sent):
    """One file."""

    path: Annotated[str, Field(min_length=1, max_length=2048, description="POSIX path below the source folder.")]
    size: Bytes
    time: AnyMoment
    chk: Annotated[str, Field(max_length=128)] | None = Field(None, description="sha256 for managed datasets.")
    offset: Bytes | None = Field(None, description="Where the content starts in the datablock's tar, in bytes.")
    uid: Any = None
    gid: Any = None
    perm: Any = None
    type: Any = None
    metadata: Any = None

    def owner(self) -> dict[str, Any] | None:
        """Give what SciCat's clients say about ownership, as it was sent."""
        said = self.model_dump(include={"uid", "gid", "perm", "type", "metadata"}, exclude_none=True)
        return said or None


class _BlockIn(Sent):
    """What both kinds of blocks have; groups are the dataset's, whatever is sent."""

    id: Annotated[Word | None, Field(alias="_id")] = Field(
        None, description="Given: sending the same list twice registers it once."
    )
    dataset_id: Word | None = None
    chk_alg: Word = "sha256"
    owner_group: Text | None = None
    access_groups: list[Text] | None = None
    instrument_group: Text | None = None
    is_published: bool = False


class OrigDatablockIn(_BlockIn):
    """A list of files, as declared."""

    size: Bytes | None = Field(None, description="Must be the sum of the files' sizes when given.")
    data_file_list: Annotated[list[DataFileIn], Field(min_length=1, max_length=100_000)]


class DatablockIn(_BlockIn):
    """A datablock as written; the fields of our own format are optional, so that foreign archivers can register too."""

    archive_id: Word
    size: Bytes
    packed_size: Bytes
    version: Word
    number: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    of: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    first_file: Count | None = None
    number_of_files: Count | None = None
    crc64nvme: Annotated[Hex16 | None, Field(alias="crc64Nvme")] = None
    manifest_sha256: Hex64 | None = None
    data_file_list: list[DataFileIn] = Field([], max_length=100_000)
    copies: list[Any] = Field([], description="Ignored: copies have a route of their own.")


class FilesIn(Sent):
    """More files of a datablock whose list does not fit one request."""

    first: Count = Field(description="Position of the first of these files in the datablock, from 0.")
    data_file_list: Annotated[list[DataFileIn], Field(min_length=1, max_length=100_000)]


class CopyIn(Sent):
    """A verified copy of a datablock."""

    store: Word
    location: Word
    size: Bytes
    crc64nvme: Annotated[Hex16, Field(alias="crc64Nvme")]
    manifest_sha256: Hex64
    number_of_files: Count
    verified_at: AnyMoment
    read_from: Word
