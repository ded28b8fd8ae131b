"""Some movie xml read and taken into statistics: the piece of work that processes share out among themselves."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from emdewar.errors import RefusedError
from emdewar.formats.epu import EpuImage, read_movie_xml
from emdewar.oscem.movie_statistics import MovieStatistics


@dataclass
class MovieChunk:
    """What some movie xml say; nothing of it grows with the size of the files.

    Attributes:
        statistics: Over those that could be read.
        unreadable: Why others could not, by name.
    """

    statistics: MovieStatistics = field(default_factory=MovieStatistics)
    unreadable: dict[str, str] = field(default_factory=dict)

    def merge(self, later: "MovieChunk") -> None:
        """Take in what comes after."""
        self.statistics.merge(later.statistics)
        self.unreadable |= later.unreadable


def read_chunk(paths: Iterable[Path]) -> MovieChunk:
    """Read the xml of some movies: one tree at a time, and as many descriptions in memory as there are movies.

    Raises:
        UnavailableError: A file cannot be read now.
    """
    chunk, images = MovieChunk(), list[EpuImage]()
    for path in paths:
        try:
            images.append(read_movie_xml(path))
        except RefusedError as error:
            chunk.unreadable[path.name] = str(error)
    chunk.statistics.add_all(images)
    return chunk
