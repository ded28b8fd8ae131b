"""How EPU names its files: the kind of an image, and the stem that joins a movie with its metadata.

FoilHole_<hole>_Data_<area>_<n>_<date>_<time>.xml                 one movie's metadata; .mrc, .tiff, .jpg: its preview
FoilHole_<hole>_Data_<area>_<n>_<date>_<time>_fractions.tiff      the movie (_Fractions.mrc, _EER.eer)
FoilHole_<hole>_<date>_<time>.xml, GridSquare_<date>_<time>.xml, Atlas_<n>.xml, Tile_<...>.xml
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path, PurePath

from emdewar.formats.frame_names import is_position_image, split_name, tilt_frame

MOVIE_MARK = re.compile(r"_(fractions|EER|frames)$", re.IGNORECASE)
"""What is appended to the stem of a movie, and not to that of its metadata and preview."""

MOVIE_SUFFIXES = frozenset({".tif", ".tiff", ".mrc", ".mrcs", ".eer"})
PREVIEW_SUFFIXES = frozenset({".jpg", ".jpeg", ".mrc", ".tif", ".tiff"})
"""EPU writes its small images as MRC or TIFF, as the operator wants, and as JPEG beside."""

REFERENCE_SUFFIXES = frozenset({".dm3", ".dm4", ".gain", ".mrc", ".mrcs", ".tif", ".tiff"})

_REFERENCE = re.compile(
    r"(?<![a-z])gain(s|ref|reference|map|image)?(?![a-z])|(?<![a-z])(count|super|dark|gain)_?ref(?![a-z])",
    re.IGNORECASE,
)
_EPU_IMAGE = ("FoilHole_", "GridSquare_", "Atlas_", "Tile_")

_LOWEST_MAGNIFICATION = {"movie": 30_000, "foilhole": 3_000, "gridsquare": 300}


class ImageKind(StrEnum):
    """What EPU took an image of."""

    MOVIE = "movie"
    FOILHOLE = "foilhole"
    GRIDSQUARE = "gridsquare"
    ATLAS = "atlas"


def kind_of(name: str, magnification: float | None = None) -> ImageKind:
    """Tell what an image shows, by its name, or by its nominal magnification where the name does not tell."""
    if is_movie_data(name):
        return ImageKind.MOVIE
    if name.startswith("FoilHole_"):
        return ImageKind.FOILHOLE
    if name.startswith("GridSquare_"):
        return ImageKind.GRIDSQUARE
    if name.startswith(("Atlas_", "Tile_")):
        return ImageKind.ATLAS
    return _kind_by_magnification(magnification or 0.0)


def is_movie_data(name: str) -> bool:
    """Tell whether a name is that of a movie's metadata or preview, or of the movie itself."""
    return "_Data_" in name and not is_position_image(name)


def _kind_by_magnification(magnification: float) -> ImageKind:
    for kind, lowest in _LOWEST_MAGNIFICATION.items():
        if magnification >= lowest:
            return ImageKind(kind)
    return ImageKind.ATLAS


def movie_stem(name: str) -> str:
    """Give the stem that a movie shares with its metadata: without suffix, `_fractions`, `_Fractions` or `_EER`."""
    return MOVIE_MARK.sub("", split_name(name)[0])


def is_gain_reference(name: str) -> bool:
    """Tell whether a name is that of a gain or dark reference of a camera."""
    stem, suffix = split_name(name)
    return suffix == ".gain" or (suffix in REFERENCE_SUFFIXES and _REFERENCE.search(stem) is not None)


def is_movie(name: str) -> bool:
    """Tell whether a name is that of a movie, not of a preview, a map, a gain reference or metadata.

    A TIFF is a movie unless its name says otherwise; an MRC is one only if its name says so, because most are not.
    """
    stem, suffix = split_name(name)
    if suffix not in MOVIE_SUFFIXES or is_gain_reference(name) or is_position_image(name):
        return False
    if suffix in {".eer", ".mrcs"} or MOVIE_MARK.search(stem):
        return True
    return not name.startswith(_EPU_IMAGE) and (suffix != ".mrc" or tilt_frame(name) is not None)


def find_movie(metadata: PurePath, candidates: Iterable[Path]) -> Path | None:
    """Find the movie that a metadata file describes, by stem; movies often lie on another volume.

    Args:
        metadata: The movie's xml.
        candidates: Files to choose from; those that are no movies are passed over.
    """
    stem = movie_stem(metadata.name)
    return next((path for path in candidates if is_movie(path.name) and movie_stem(path.name) == stem), None)
