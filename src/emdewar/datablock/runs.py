"""Which files are read together: small neighbours in one range, so that a slow store is asked once for all of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from emdewar.records import DataFile
from emdewar.stores.store import READ_STEP

WIDEST_GAP: Final = 64 << 10
"""Reading on over this many unwanted bytes is cheaper than another request."""


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of the tar with the wanted files in it.

    Attributes:
        start: First byte of the first file's content.
        size: Bytes to the end of the last file's content.
        files: The files; one that is longer than a read is alone.
    """

    start: int
    size: int
    files: tuple[DataFile, ...]


def gather_runs(wanted: Iterable[DataFile], read_step: int = READ_STEP) -> Iterator[Run]:
    """Gather files that lie close together.

    Args:
        wanted: The files, sorted by their offsets.
        read_step: Bytes of a run that are read at once.
    """
    files: list[DataFile] = []
    start = end = 0
    for file in wanted:
        at = file.offset or 0
        if files and not (at - end <= WIDEST_GAP and at + file.size - start <= read_step):
            yield Run(start, end - start, tuple(files))
            files = []
        if not files:
            start = at
        files.append(file)
        end = at + file.size
    if files:
        yield Run(start, end - start, tuple(files))
