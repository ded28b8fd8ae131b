"""Formats of movies, as far as programs treat them differently."""

from enum import StrEnum
from pathlib import PurePath

_SUFFIXES = {".eer": "eer", ".tif": "tiff", ".tiff": "tiff", ".mrc": "mrc", ".mrcs": "mrc"}


class MovieKind(StrEnum):
    """Format of a movie."""

    EER = "eer"
    TIFF = "tiff"
    MRC = "mrc"


def kind_of_movie(path: PurePath) -> MovieKind | None:
    """Tell the format by the suffix, as RELION and cryoSPARC do; None for a suffix that they do not read."""
    found = _SUFFIXES.get(path.suffix.lower())
    return MovieKind(found) if found else None
