"""A look at a few movie headers of a session: what the movies really are, where they lie beside their metadata."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path

from emdewar.errors import RefusedError
from emdewar.formats.eer import EerMovie, read_eer
from emdewar.formats.gain import turn_of
from emdewar.formats.movie import read_header
from emdewar.formats.movie_header import MovieHeader
from emdewar.formats.mrc_extended import MrcExtended, read_mrc_extended
from emdewar.formats.mrc_fei import FeiRecord
from emdewar.oscem.statistics import Tally

_MRC = frozenset({".mrc", ".mrcs", ".st"})
MOST = 5
"""How many headers are read: first, last and some between; enough to see whether they agree."""


@dataclass
class MovieLook:
    """What a few headers say.

    Attributes:
        movies: The movies that were looked at, with their headers.
        broken: Why others could not be read, by name.
        extended: The first extended MRC header that Thermo Fisher's programs filled, of a movie or else of a preview.
    """

    movies: list[tuple[Path, MovieHeader]] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)
    extended: MrcExtended | None = None

    @property
    def fei(self) -> FeiRecord | None:
        """What the extended header says."""
        return self.extended.fei if self.extended else None

    @property
    def extended_name(self) -> str:
        """Name of the file with that extended header."""
        return self.extended.path.name if self.extended else "no file"

    @cached_property
    def eer(self) -> EerMovie | None:
        """What the first EER movie says of itself."""
        return next((eer for path, _ in self.movies if (eer := _eer(path)) is not None), None)

    @property
    def turn(self) -> str | None:
        """How SerialEM says that a gain reference must be turned to match the movies.

        What the title calls needed is a turn of SerialEM's images: such movies lie as the sensor does.
        """
        turns = (turn_of(header.titles) for _, header in self.movies)
        found = next((turn for turn in turns if turn is not None), None)
        if found is None:
            return None
        if not found.is_done or found.number == 0:
            return "none"
        flip = "flip around the vertical axis, then " if found.is_flipped else ""
        return f"{flip}rotate by {found.rotation_deg} degrees counter-clockwise"

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


def look_at(movies: Mapping[str, Path], previews: Mapping[str, Path]) -> MovieLook:
    """Read the headers of a few movies, spread over the session.

    Args:
        movies: Movies by stem, in order.
        previews: Small images of them by stem, in order.

    Raises:
        UnavailableError: A movie cannot be read now.
    """
    look = MovieLook()
    for path in spread(list(movies.values()), MOST):
        try:
            look.movies.append((path, read_header(path)))
        except RefusedError as error:
            look.broken[path.name] = str(error)
    stacks = (path for path in (*movies.values(), *previews.values()) if path.suffix.lower() in _MRC)
    look.extended = _first_filled(islice(stacks, MOST))
    return look


def _eer(path: Path) -> EerMovie | None:
    try:
        return read_eer(path) if path.suffix.lower() == ".eer" else None
    except RefusedError:
        return None


def _first_filled(paths: Iterable[Path]) -> MrcExtended | None:
    """Find a header that is filled; one that cannot be read is told of where its file is looked at for itself."""
    for path in paths:
        try:
            extended = read_mrc_extended(path)
        except RefusedError:
            continue
        if extended.fei is not None:
            return extended
    return None


def spread(items: list[Path], most: int) -> list[Path]:
    """Pick up to a number of items, evenly from first to last."""
    if len(items) <= most or most <= 1:
        return items[:most]
    return [items[round(index * (len(items) - 1) / (most - 1))] for index in range(most)]
