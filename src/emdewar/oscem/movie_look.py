"""A look at a few movie headers of a session: what the movies really are, where they lie beside their metadata."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from emdewar.errors import RefusedError
from emdewar.formats.movie import read_header
from emdewar.formats.movie_header import MovieHeader
from emdewar.oscem.statistics import Tally

MOST = 5
"""How many headers are read: first, last and some between; enough to see whether they agree."""


@dataclass
class MovieLook:
    """What a few headers say.

    Attributes:
        movies: The movies that were looked at, with their headers.
        broken: Why others could not be read, by name.
    """

    movies: list[tuple[Path, MovieHeader]] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)

    @property
    def first_name(self) -> str:
        """Name of the first movie with a readable header."""
        return self.movies[0][0].name

    @property
    def sizes(self) -> Tally[tuple[int, int]]:
        """Width and height."""
        tally = Tally[tuple[int, int]]()
        for _, header in self.movies:
            tally.add((header.width, header.height))
        return tally

    @property
    def frames(self) -> Tally[int]:
        """Number of frames."""
        tally = Tally[int]()
        for _, header in self.movies:
            tally.add(header.frames)
        return tally


def look_at(movies: Mapping[str, Path]) -> MovieLook:
    """Read the headers of a few movies, spread over the session.

    Args:
        movies: Movies by stem, in order.

    Raises:
        UnavailableError: A movie cannot be read now.
    """
    look = MovieLook()
    for path in spread(list(movies.values()), MOST):
        try:
            look.movies.append((path, read_header(path)))
        except RefusedError as error:
            look.broken[path.name] = str(error)
    return look


def spread(items: list[Path], most: int) -> list[Path]:
    """Pick up to a number of items, evenly from first to last."""
    if len(items) <= most or most <= 1:
        return items[:most]
    return [items[round(index * (len(items) - 1) / (most - 1))] for index in range(most)]
