"""Which files of a dataset are wanted: by pattern, by grid square, and a random subset that anybody can draw again.

Only names are needed, so that the choice can be made before anything is recalled from tape.
"""

import hashlib
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from emdewar.errors import RefusedError
from emdewar.formats.epu_names import MOVIE_SUFFIXES, is_gain_reference, is_movie
from emdewar.formats.frame_names import is_position_image, split_name

GRID_SQUARE = "GridSquare_"
"""How EPU names the folder of a grid square, before its number."""

_SHOWN = 5


class FileChoice(BaseModel):
    """What to take of a dataset; each condition narrows the one before.

    Attributes:
        patterns: `*`, `?` and `[...]` as in a shell; one with a `/` is compared with the whole path, where `*` goes
            over `/` too, one without with the last part. Several: either may match. None: all.
        grid_squares: Numbers of EPU's grid squares.
        at_most: Size of a random subset; None for all.
        seed: Draws the subset; the same seed draws the same, and a larger subset holds the smaller one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    patterns: tuple[str, ...] = ()
    grid_squares: tuple[str, ...] = ()
    at_most: Annotated[int, Field(gt=0)] | None = None
    seed: int = 0


class Chosen(BaseModel):
    """What was chosen.

    Attributes:
        names: The files, in the order of their names.
        choice: By which conditions.
        matching: How many the patterns and grid squares let through, before the subset was drawn.
        of: How many there were.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    names: tuple[str, ...]
    choice: FileChoice
    matching: int
    of: int

    @property
    def in_words(self) -> str:
        """One line that says which files these are."""
        seed = f", drawn at random with seed {self.choice.seed}" if len(self.names) < self.matching else ""
        return f"{len(self.names)} of {self.of} files{seed}"


EVERYTHING = FileChoice()
"""No condition."""


def choose_movies(names: Iterable[str], choice: FileChoice = EVERYTHING) -> Chosen:
    """Choose movies of a dataset.

    An MRC whose name does not tell that it is a movie is taken only where a pattern asks for it.

    Args:
        names: All files of the dataset, as POSIX paths.
        choice: What is wanted.

    Raises:
        RefusedError: Nothing is left; the message says which condition left nothing.
    """
    movies = [name for name in names if _may_be_movie(name, is_asked_for=bool(choice.patterns))]
    return choose(movies, choice, "movies")


def choose_tilt_series(names: Iterable[str], choice: FileChoice = EVERYTHING) -> Chosen:
    """Choose the `.mdoc` of tilt series.

    Raises:
        RefusedError: Nothing is left; the message says which condition left nothing.
    """
    return choose([name for name in names if split_name(name)[1] == ".mdoc"], choice, ".mdoc files")


def choose(names: Iterable[str], choice: FileChoice, what: str) -> Chosen:
    """Choose among names.

    Raises:
        RefusedError: Nothing is left; the message says which condition left nothing.
    """
    everything = sorted(set(names))
    if not everything:
        raise RefusedError(f"the dataset holds no {what}; name another dataset or pattern")
    left = everything
    if choice.patterns:
        left = [name for name in left if any(_matches(name, pattern) for pattern in choice.patterns)]
        _check(left, everything, f"match {' or '.join(choice.patterns)}", what)
    if choice.grid_squares:
        squares = {number.removeprefix(GRID_SQUARE) for number in choice.grid_squares}
        left = [name for name in left if squares & _squares(name)]
        _check(left, everything, f"lie in a folder {GRID_SQUARE}{' or '.join(sorted(squares))}", what)
    drawn = left if choice.at_most is None else sorted(_drawn(left, choice.at_most, choice.seed))
    return Chosen(names=tuple(drawn), choice=choice, matching=len(left), of=len(everything))


def _may_be_movie(name: str, *, is_asked_for: bool) -> bool:
    last = name.rpartition("/")[2]
    if is_movie(last):
        return True
    suits = split_name(last)[1] in MOVIE_SUFFIXES and not is_gain_reference(last) and not is_position_image(last)
    return is_asked_for and suits


def _matches(name: str, pattern: str) -> bool:
    return fnmatchcase(name if "/" in pattern else name.rpartition("/")[2], pattern)


def _squares(name: str) -> set[str]:
    return {part.removeprefix(GRID_SQUARE) for part in name.split("/")[:-1] if part.startswith(GRID_SQUARE)}


def _check(left: list[str], everything: list[str], condition: str, what: str) -> None:
    if not left:
        shown = ", ".join(everything[:_SHOWN])
        raise RefusedError(f"none of {len(everything)} {what} {condition}; there are {shown}")


def _drawn(names: list[str], at_most: int, seed: int) -> list[str]:
    """Rank by a hash of seed and name: it does not depend on order, language or version, and subsets nest."""
    return sorted(names, key=lambda name: hashlib.sha256(f"{seed}:{name}".encode("utf-8", "surrogateescape")).digest())[
        :at_most
    ]
