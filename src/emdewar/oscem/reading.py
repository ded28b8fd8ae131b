"""The xml of all movies of a session, read by as many processes as pay: the figures are the same for any number."""

import os
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from emdewar.oscem.movie_chunk import MovieChunk, read_chunk
from emdewar.oscem.movie_statistics import MovieStatistics
from emdewar.oscem.reading_processes import chunks_of_processes

CHUNK = 250
"""Files of one piece of work. Sums are taken in pieces, so that they do not depend on who did which."""

PAYS_FROM = 2_000
"""Files from which a second process reads faster than it takes to start."""

MOST_PROCESSES = 8
"""More would wait for the share, not for a processor."""


def movie_statistics(paths: Sequence[Path], *, processes: int | None = None) -> tuple[MovieStatistics, dict[str, str]]:
    """Read the xml of all movies, and say which could not be read.

    Args:
        paths: The xml, in the order in which they count.
        processes: How many read; by default one for each processor where there are enough files.

    Raises:
        UnavailableError: A file cannot be read now, or a process that read has died.
    """
    wanted = usual_processes(len(paths)) if processes is None else processes
    whole = MovieChunk()
    for chunk in _chunks(list(_cut(paths)), wanted):
        whole.merge(chunk)
    return whole.statistics, whole.unreadable


def usual_processes(files: int) -> int:
    """Say how many processes pay for a number of files; 1 is the process that asks."""
    return 1 if files < PAYS_FROM else min(len(os.sched_getaffinity(0)), MOST_PROCESSES)


def _chunks(cut: list[Sequence[Path]], processes: int) -> Iterator[MovieChunk]:
    return chunks_of_processes(cut, processes) if processes > 1 else map(read_chunk, cut)


def _cut(paths: Sequence[Path]) -> Iterator[Sequence[Path]]:
    remaining = iter(paths)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk
