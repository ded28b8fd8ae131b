"""The members of a datablock and their places in its tar."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from emdewar.datablock import pax
from emdewar.datablock.bag import PAYLOAD_FOLDER
from emdewar.datablock.moments import time_ms
from emdewar.datablock.slices import BlockSlice
from emdewar.records import DataFile

TAR_RECORD: Final = 10240
"""A tar ends on a multiple of this, as GNU tar's and bsdtar's do."""

PIECE: Final = 8 << 20
"""Bytes that are gathered in memory and handed to a store at once; every part is a multiple of it."""

SMALLEST_PART: Final = PIECE
MOST_PARTS: Final = 10_000
"""S3 takes at most this many parts of one object."""


@dataclass(frozen=True, slots=True)
class Member:
    """One member and where it lies.

    Attributes:
        entry: What its header says.
        header_at: First byte of the header.
        content_at: First byte of the content.
        content: The content, where the plan knows it.
        file: The dataset's file, where it is one.
    """

    entry: pax.Entry
    header_at: int
    content_at: int
    content: bytes | None = None
    file: DataFile | None = None

    @property
    def end(self) -> int:
        """First byte after the content and its padding."""
        return self.content_at + pax.round_up(self.entry.size, pax.TAR_BLOCK)


@dataclass(frozen=True, slots=True)
class BlockLayout:
    """The whole tar of one datablock, planned.

    Attributes:
        pid: Identifier of the dataset.
        archive_id: Name of the datablock and of the tar's top folder.
        block: Which slice of the dataset it holds.
        tags: `bagit.txt`, `bag-info.txt`, the manifest and the tag manifest, in this order.
        lead: The small members that lead the payload.
        files: The dataset's files.
        size: Bytes of the tar.
    """

    pid: str
    archive_id: str
    block: BlockSlice
    tags: tuple[Member, ...]
    lead: tuple[Member, ...]
    files: tuple[Member, ...]
    size: int

    @property
    def object_name(self) -> str:
        """Name of the tar on a store."""
        return object_name(self.archive_id)

    @property
    def head(self) -> tuple[Member, ...]:
        """The members before the dataset's files."""
        return self.tags + self.lead

    @property
    def members(self) -> Iterator[Member]:
        """All members in the order of the tar."""
        yield from self.head
        yield from self.files

    def bag_name(self, member: Member) -> str:
        """Give a member's name relative to the bag, as manifests list it."""
        return member.entry.name.removeprefix(f"{self.archive_id}/")


class Placer:
    """Puts one member behind the other."""

    def __init__(self, top_folder: str, at: int = 0) -> None:
        """Start at a position of the tar."""
        self.at = at
        self._top_folder = top_folder

    def place(self, name: str, size: int, modified_ms: int, content: bytes | None = None) -> Member:
        """Give the next place to one of the bag's own files."""
        return self._next(pax.Entry(f"{self._top_folder}/{name}", size, modified_ms), content=content)

    def place_file(self, file: DataFile) -> Member:
        """Give the next place to a file of the dataset."""
        name = f"{self._top_folder}/{PAYLOAD_FOLDER}{file.path}"
        return self._next(pax.Entry(name, file.size, time_ms(file.time)), file=file)

    def _next(self, entry: pax.Entry, *, content: bytes | None = None, file: DataFile | None = None) -> Member:
        member = Member(entry, self.at, self.at + pax.header_size(entry, self.at), content, file)
        self.at = member.end
        return member


def tar_size(end: int) -> int:
    """Tell how long a tar is whose last member ends here: two blocks of zeros follow, up to a whole record."""
    return pax.round_up(end + 2 * pax.TAR_BLOCK, TAR_RECORD)


def object_name(archive_id: str, generation: int = 1) -> str:
    """Name the tar of a datablock on a store.

    Args:
        archive_id: The datablock.
        generation: 1 for the first copy there; its replacements count on, as no object is ever rewritten.
    """
    return f"{archive_id}.tar" if generation == 1 else f"{archive_id}.{generation}.tar"


def part_size(size: int) -> int:
    """Choose the part size of a tar: 8 MiB, doubled until an S3 upload of it stays within 10,000 parts."""
    part = SMALLEST_PART
    while part * MOST_PARTS < size:
        part *= 2
    return part
