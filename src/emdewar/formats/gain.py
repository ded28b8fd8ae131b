"""Gain references: which file a session's movies need, whether it fits them, and how it must be turned.

A reference is told by its first bytes, as cameras write TIFF (EPU `_gain.tiff`, Falcon `.gain`), MRC and Gatan files
under any name. Source: the vendors' documentation; for titles such as `r/f 0 need 5`, SerialEM's help page on cameras.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PureWindowsPath

from emdewar.formats import gatan, gatan_tags, mrc, tiff
from emdewar.formats.movie_header import MovieHeader
from emdewar.formats.regular_file import incomplete, open_regular

_TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_DEFECT_MAP_TAG = 65100
_DARK = re.compile(r"dark_?ref", re.IGNORECASE)
_TURN = re.compile(r"\br/f\s+(?P<done>[0-7])(?:\s+need\s+(?P<need>[0-7]))?\b")


class GainFormat(StrEnum):
    """What a reference is written as."""

    TIFF = "tiff"
    MRC = "mrc"
    GATAN = "gatan"


class GainFit(StrEnum):
    """Whether a reference has the size of a movie."""

    SAME = "same"
    TURNED = "turned by 90 degrees"
    HALF = "half the size: of the sensor, for a super-resolution movie"
    DOUBLE = "twice the size: super-resolution, for a movie of the sensor"
    NONE = "another size"


@dataclass(frozen=True)
class GainReference:
    """A gain or dark reference.

    Attributes:
        path: The file.
        format: What it is written as.
        width: Pixels along a line.
        height: Lines.
        bits: Bits per pixel; None where the file does not say.
        is_dark: Whether it is a dark reference, by its name.
        has_defect_map: Whether it holds a map of bad pixels too.
        camera: The camera, where the file names it.
    """

    path: Path
    format: GainFormat
    width: int
    height: int
    bits: int | None
    is_dark: bool
    has_defect_map: bool = False
    camera: str | None = None


@dataclass(frozen=True)
class Turn:
    """How SerialEM says that movies lie with respect to the sensor, so how a reference of the sensor must be turned.

    Attributes:
        number: SerialEM's number, 0 to 7.
        is_done: Whether the movie was turned already; if not, SerialEM's images are, and the movie is not.
    """

    number: int
    is_done: bool

    @property
    def rotation_deg(self) -> int:
        """Rotation, counter-clockwise."""
        return 90 * (self.number % 4)

    @property
    def is_flipped(self) -> bool:
        """Whether it is flipped around the vertical axis before it is rotated."""
        return self.number >= 4  # noqa: PLR2004 - 4 to 7 are 0 to 3 with a flip


def read_gain_reference(path: Path) -> GainReference:
    """Read the header of a gain or dark reference.

    Raises:
        RefusedError: The file is no TIFF, MRC or Gatan file, or is cut short.
        UnavailableError: The file cannot be read now.
    """
    with open_regular(path) as file:
        magic = file.read(4)
        why = None
        if magic in _TIFF_MAGIC:
            file.seek(0)
            why = tiff.why_incomplete(file)
        elif magic not in gatan_tags.MAGIC:
            file.seek(0)
            why = mrc.why_incomplete(file)
    if why is not None:
        raise incomplete(path, why)
    is_dark = _DARK.search(path.stem) is not None
    if magic in gatan_tags.MAGIC:
        image = gatan.read_gatan(path)
        return GainReference(
            path, GainFormat.GATAN, image.width, image.height, image.bits, is_dark=is_dark, camera=image.camera
        )
    if magic not in _TIFF_MAGIC:
        header = mrc.read_header(path)
        return GainReference(path, GainFormat.MRC, header.width, header.height, header.bits, is_dark=is_dark)
    header = tiff.read_header(path)
    return GainReference(
        path,
        GainFormat.TIFF,
        header.width,
        header.height,
        header.bits,
        is_dark=is_dark,
        has_defect_map=_has_defect_map(path),
    )


def fit_of(gain: GainReference, movie: MovieHeader) -> GainFit:
    """Compare the size of a reference with that of a movie."""
    size, turned = (gain.width, gain.height), (gain.height, gain.width)
    whole = (movie.width, movie.height)
    if size == whole:
        return GainFit.SAME
    if turned == whole:
        return GainFit.TURNED
    if (movie.width // 2, movie.height // 2) in {size, turned}:
        return GainFit.HALF
    return GainFit.DOUBLE if (gain.width // 2, gain.height // 2) in {whole, whole[::-1]} else GainFit.NONE


def named_reference(said: str, candidates: Iterable[Path]) -> Path | None:
    """Find the reference that metadata name, by base name in any case: the path is one of the camera's computer.

    Args:
        said: `GainReference` of an mdoc or `EerGainReference` of EPU, the path included.
        candidates: References of the session.
    """
    name = PureWindowsPath(said.strip()).name.casefold()
    return next((path for path in candidates if path.name.casefold() == name), None) if name else None


def turn_of(titles: Iterable[str]) -> Turn | None:
    """Read how movies were turned from the titles of their header; None where no title says so."""
    for title in titles:
        if found := _TURN.search(title):
            need = found["need"]
            return Turn(int(found["done"] if need is None else need), is_done=need is None)
    return None


def _has_defect_map(path: Path) -> bool:
    with open_regular(path) as file:
        try:
            return _DEFECT_MAP_TAG in next(tiff.pages(file)).tags
        except tiff.CutShortError:
            return False
