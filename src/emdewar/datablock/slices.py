"""Divide a dataset's files into the slices that become its datablocks."""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from operator import attrgetter
from typing import Annotated, Final

from pydantic import Field

from emdewar.datablock.names import check_archivable
from emdewar.errors import RefusedError
from emdewar.records import DataFile, Record

MOST_FILES: Final = 50_000
"""Files that one block holds at most: whoever writes, reads or lists a block has them all in memory."""


class BlockSlice(Record):
    """Which files of a dataset one datablock holds: a contiguous run of its list, sorted by path.

    Attributes:
        number: Which block of the dataset, from 1.
        of: How many blocks the dataset has.
        first_file: Position of the first file in the sorted list, from 0.
        number_of_files: How many files follow from there.
        size: Sum of their bytes.
    """

    number: Annotated[int, Field(ge=1)]
    of: Annotated[int, Field(ge=1)]
    first_file: Annotated[int, Field(ge=0)]
    number_of_files: Annotated[int, Field(ge=1)]
    size: Annotated[int, Field(ge=0)]

    def select(self, sorted_files: Sequence[DataFile]) -> Sequence[DataFile]:
        """Take this slice's files out of the dataset's list, which `sort_files` has sorted."""
        return sorted_files[self.first_file : self.first_file + self.number_of_files]


def sort_files(files: Iterable[DataFile]) -> list[DataFile]:
    """Sort files by path in code point order, the order of every datablock, whatever the locale."""
    return sorted(files, key=attrgetter("path"))


def slice_files(files: Iterable[DataFile], *, target_bytes: int) -> list[BlockSlice]:
    """Divide a dataset into blocks of about a target size and at most `MOST_FILES` (next-fit over the sorted list).

    A file larger than the target is a block of its own; no block is empty.

    Args:
        files: All files of the dataset, in any order.
        target_bytes: Bytes of file content that a block holds at most, unless one file alone is larger.

    Raises:
        RefusedError: The dataset has no files, or holds names that cannot be archived; the error lists them.
    """
    dataset = sort_files(files)
    _check(dataset, target_bytes)
    counts: list[int] = []
    sizes: list[int] = []
    for file in dataset:
        if counts and counts[-1] < MOST_FILES and sizes[-1] + file.size <= target_bytes:
            counts[-1] += 1
            sizes[-1] += file.size
        else:
            counts.append(1)
            sizes.append(file.size)
    starts = accumulate(counts, initial=0)
    return [
        BlockSlice(number=number, of=len(counts), first_file=first, number_of_files=count, size=size)
        for number, (first, count, size) in enumerate(zip(starts, counts, sizes, strict=False), start=1)
    ]


def _check(dataset: Sequence[DataFile], target_bytes: int) -> None:
    if target_bytes < 1:
        raise RefusedError(f"a datablock cannot hold {target_bytes} bytes; give a target of at least 1")
    if not dataset:
        msg = "the dataset has no files; register them before archiving"
        raise RefusedError(msg, reason="emptyDataset")
    check_archivable([file.path for file in dataset])
