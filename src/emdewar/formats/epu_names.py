"""How EPU names its files: the kind of an image, and the stem that joins a movie with its metadata.

FoilHole_<hole>_Data_<area>_<n>_<date>_<time>.xml                 one movie's metadata; .mrc and .jpg: its preview
FoilHole_<hole>_Data_<area>_<n>_<date>_<time>_fractions.tiff      the movie (_Fractions.mrc, _EER.eer)
FoilHole_<hole>_<date>_<time>.xml, GridSquare_<date>_<time>.xml, Atlas_<n>.xml, Tile_<...>.xml
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path, PurePath

MOVIE_MARK = re.compile(r"_(fractions|EER)$", re.IGNORECASE)
"""What EPU appends to the stem of a movie, and not to that of its metadata and preview."""

MOVIE_SUFFIXES = frozenset({".tif", ".tiff", ".mrc", ".mrcs", ".eer"})

_REFERENCE = re.compile(r"gain|CountRef|SuperRef|DarkRef", re.IGNORECASE)

_LOWEST_MAGNIFICATION = {"movie": 30_000, "foilhole": 3_000, "gridsquare": 300}


class ImageKind(StrEnum):
    """What EPU took an image of."""

    MOVIE = "movie"
    FOILHOLE = "foilhole"
    GRIDSQUARE = "gridsquare"
    ATLAS = "atlas"


def kind_of(name: str, magnification: float | None = None) -> ImageKind:
    """Tell what an image shows, by its name, or by its nominal magnification where the name does not tell."""
    if "_Data_" in name:
        return ImageKind.MOVIE
    if name.startswith("FoilHole_"):
        return ImageKind.FOILHOLE
    if name.startswith("GridSquare_"):
        return ImageKind.GRIDSQUARE
    if name.startswith(("Atlas_", "Tile_")):
        return ImageKind.ATLAS
    return _kind_by_magnification(magnification or 0.0)


def _kind_by_magnification(magnification: float) -> ImageKind:
    for kind, lowest in _LOWEST_MAGNIFICATION.items():
        if magnification >= lowest:
            return ImageKind(kind)
    return ImageKind.ATLAS


def movie_stem(name: str) -> str:
    """Give the stem that a movie shares with its metadata: without suffix, `_fractions`, `_Fractions` or `_EER`."""
    return MOVIE_MARK.sub("", PurePath(name).stem)


def is_movie(name: str) -> bool:
    """Tell whether a name is that of a movie, not of its preview (`.mrc` without mark), gain reference or metadata."""
    path = PurePath(name)
    suffix = path.suffix.lower()
    if suffix not in MOVIE_SUFFIXES or _REFERENCE.search(path.stem):
        return False
    return suffix != ".mrc" or MOVIE_MARK.search(path.stem) is not None


def find_movie(metadata: PurePath, candidates: Iterable[Path]) -> Path | None:
    """Find the movie that a metadata file describes, by stem; movies often lie on another volume.

    Args:
        metadata: The movie's xml.
        candidates: Files to choose from; those that are no movies are passed over.
    """
    stem = movie_stem(metadata.name)
    return next((path for path in candidates if is_movie(path.name) and movie_stem(path.name) == stem), None)
