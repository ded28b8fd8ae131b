"""The order of an EPU session: grid squares, their foil holes and the movies of each, with EPU's names and times."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from emdewar.simulation.epu_session import EpuSession

AREAS_PER_HOLE = 4
"""Movies taken around the middle of one foil hole by shifting the beam."""

FIRST_ID = 26049557
"""EPU numbers all that it creates; a believable place to start."""

MOVIE_TAKES = timedelta(seconds=10)
HOLE_TAKES = timedelta(seconds=20)
GRID_SQUARE_TAKES = timedelta(seconds=90)


@dataclass(frozen=True)
class PlannedMovie:
    """A movie to take.

    Attributes:
        number: Position in the session, from 0.
        stem: Its name without ending, e.g. `FoilHole_26049600_Data_26042520_26042522_20261121_090330`.
        moment: When.
        area: Which place around the middle of the hole, from 0.
        defocus_um: To apply.
    """

    number: int
    stem: str
    moment: datetime
    area: int
    defocus_um: float


@dataclass(frozen=True)
class PlannedHole:
    """A foil hole to go to.

    Attributes:
        number: Position in the session, from 0.
        stem: Name of its picture without ending.
        moment: When its picture is taken.
        movies: Taken in it.
    """

    number: int
    stem: str
    moment: datetime
    movies: tuple[PlannedMovie, ...]


@dataclass(frozen=True)
class PlannedSquare:
    """A grid square to go to.

    Attributes:
        number: Position in the session, from 0.
        identifier: EPU's number for it.
        stem: Name of its picture without ending.
        moment: When its picture is taken.
        holes: Visited in it.
    """

    number: int
    identifier: int
    stem: str
    moment: datetime
    holes: tuple[PlannedHole, ...]


def plan_squares(session: EpuSession) -> list[PlannedSquare]:
    """Plan the whole session, in the order in which the pictures are taken."""
    return list(_Planner(session).squares())


def square_id(number: int) -> int:
    """Give EPU's number for a grid square."""
    return FIRST_ID + 2 * number


def area_id(area: int) -> int:
    """Give EPU's number for a place in the template of each hole."""
    return FIRST_ID - 7000 + 3 * area


def timestamp(moment: datetime) -> str:
    """Write a moment as in EPU's file names."""
    return f"{moment:%Y%m%d_%H%M%S}"


class _Planner:
    """Walks through a session with a clock in its hand."""

    def __init__(self, session: EpuSession) -> None:
        self.session = session
        self.clock = session.start
        self.hole = 0
        self.movie = 0

    def squares(self) -> Iterator[PlannedSquare]:
        each, rest = divmod(self.session.movies, self.session.grid_squares)
        for number in range(self.session.grid_squares):
            moment = self._after(GRID_SQUARE_TAKES)
            holes = tuple(self._holes(each + (number < rest)))
            yield PlannedSquare(number, square_id(number), f"GridSquare_{timestamp(moment)}", moment, holes)

    def _holes(self, movies: int) -> Iterator[PlannedHole]:
        for first in range(0, movies, AREAS_PER_HOLE):
            number, self.hole = self.hole, self.hole + 1
            name = f"FoilHole_{FIRST_ID + 5000 + number}"
            moment = self._after(HOLE_TAKES)
            taken = tuple(self._movie(name, area) for area in range(min(AREAS_PER_HOLE, movies - first)))
            yield PlannedHole(number, f"{name}_{timestamp(moment)}", moment, taken)

    def _movie(self, hole: str, area: int) -> PlannedMovie:
        number, self.movie = self.movie, self.movie + 1
        moment = self._after(MOVIE_TAKES)
        stem = f"{hole}_Data_{area_id(area)}_{area_id(area) + 2}_{timestamp(moment)}"
        return PlannedMovie(number, stem, moment, area, self.session.defocus_um[number % len(self.session.defocus_um)])

    def _after(self, time: timedelta) -> datetime:
        self.clock += time
        return self.clock
