"""SerialEM `.mdoc` and `.idoc`: what was recorded with each image, as `key = value` lines in sections.

Also written, with small differences, by Thermo Fisher Tomography 5. Times carry no zone. Source: SerialEM's help page
"About SerialEM formats" (autodoc files); several section types may share one file.
"""

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from emdewar.formats.regular_file import incomplete
from emdewar.formats.xml_tree import as_number, read_content

TITLE = "T"
STACK_IMAGE, MOVIE, MONTAGE_SECTION, SNAPSHOT = "ZValue", "FrameSet", "MontSection", "Image"
"""Kinds of sections: an image of a stack, a movie in its own file, a whole montage, a picture in its own file."""

PART_OF_MOVIE = "FrameTSStartEndFrames"
"""Line of a section that is one exposure of a movie: first and last frame."""

LEAST_TILT_RANGE_DEG = 1.0
"""Images whose tilts differ by less are images at one angle, not a tilt series."""

LEAST_STEPS = 3
"""Movies at fewer tilts are no tilt series."""

MOST_LINES, MOST_SECTIONS = 1_000_000, 100_000
"""What a document may have; the largest montages have some 10,000 pieces of 40 lines."""

_OF_WHOLE_MOVIE = frozenset({"ExposureDose", "ExposureTime", "FrameDosesAndNumber", "NumSubFrames"})
_SECTION = re.compile(r"\[(?P<kind>\w+)[ \t]*=(?P<name>.*)\]", re.DOTALL)
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+")


class MdocKind(StrEnum):
    """What a document describes."""

    TILT_SERIES = "tilt series"
    MOVIES = "movies"
    MONTAGE = "montage"
    STACK = "stack"
    SNAPSHOTS = "snapshots"
    OTHER = "other"


@dataclass(frozen=True)
class MdocSection:
    """One section, e.g. `[ZValue = 3]`: its kind, its name and its lines.

    Attributes:
        kind: `ZValue` (an image of a stack), `FrameSet` (a movie), `MontSection`, `Image`.
        name: What follows the equals sign.
        values: The lines by key; the last of repeated keys counts.
    """

    kind: str
    name: str
    values: dict[str, str] = field(default_factory=dict)

    def number(self, key: str) -> float | None:
        """Give the first number of a line, or None."""
        return next(iter(self.numbers(key)), None)

    def numbers(self, key: str) -> tuple[float, ...]:
        """Give all numbers of a line; none where the line is absent or holds anything else."""
        found = [_number(word) for word in self.values.get(key, "").split()]
        return tuple(value for value in found if value is not None) if None not in found else ()


@dataclass(frozen=True)
class Mdoc:
    """A whole `.mdoc`.

    Attributes:
        path: The file.
        values: The lines before the first section.
        titles: The `T` lines, in order.
        sections: The sections, in order; kinds may be mixed.
    """

    path: Path
    values: dict[str, str]
    titles: tuple[str, ...]
    sections: tuple[MdocSection, ...]

    def of_kind(self, kind: str) -> tuple[MdocSection, ...]:
        """Give the sections of one kind."""
        return tuple(section for section in self.sections if section.kind == kind)

    @cached_property
    def images(self) -> tuple[MdocSection, ...]:
        """The images: those of a stack where there are some, else the movies, else the snapshots.

        A movie with several exposures (`FrameSet`, and a `ZValue` for each) is its exposures, each with what the
        movie's section says of all.
        """
        stack, movies = self.of_kind(STACK_IMAGE), self.of_kind(MOVIE)
        if len(movies) == 1 and stack and all(PART_OF_MOVIE in section.values for section in stack):
            return tuple(_part(movies[0], part) for part in stack)
        return stack or movies or self.of_kind(SNAPSHOT)

    @property
    def kind(self) -> MdocKind:
        """What the document describes, by its sections and tilts: names and folders say nothing certain."""
        if self.values.get("Montage") == "1" or self.of_kind(MONTAGE_SECTION):
            return MdocKind.MONTAGE
        if _is_tilted(self.images):
            return MdocKind.TILT_SERIES if self.images[0].kind != MOVIE or _has_steps(self.images) else MdocKind.MOVIES
        if self.images and PART_OF_MOVIE in self.images[0].values:
            return MdocKind.MOVIES
        kinds = {STACK_IMAGE: MdocKind.STACK, MOVIE: MdocKind.MOVIES, SNAPSHOT: MdocKind.SNAPSHOTS}
        return kinds[self.images[0].kind] if self.images else MdocKind.OTHER


def read_mdoc(path: Path) -> Mdoc:
    """Read an `.mdoc` or `.idoc`.

    Raises:
        RefusedError: A line is neither a section nor `key = value`, or there is no section at all.
        UnavailableError: The file cannot be read now.
    """
    found = parse(path, read_content(path))
    if isinstance(found, str):
        raise incomplete(path, found)
    return found


def parse(path: Path, content: bytes) -> Mdoc | str:
    """Interpret the bytes of an `.mdoc`; gives one line saying why where they are none."""
    if content.count(b"\n") > MOST_LINES or content.count(b"[") > MOST_SECTIONS:
        return f"more than {MOST_LINES} lines or {MOST_SECTIONS} sections"
    header: dict[str, str] = {}
    titles: list[str] = []
    sections: list[MdocSection] = []
    for number, line in enumerate(_text(content).split("\n"), start=1):
        text = line.strip()
        section = _SECTION.fullmatch(text)
        if section and section["kind"] != TITLE:
            sections.append(MdocSection(section["kind"], section["name"].strip()))
        elif not _file(text[1:-1] if section else text, sections[-1].values if sections else header, titles):
            return f"line {number} is neither a section nor 'key = value': {text[:60]!r}"
    return Mdoc(path, header, tuple(titles), tuple(sections)) if sections else "it holds no section"


def is_montage_head(content: bytes) -> bool:
    """Tell from the first lines of a document whether it describes a montage: a map, not data."""
    return re.search(rb"^[ \t]*(Montage[ \t]*=[ \t]*1[ \t\r]*$|\[MontSection\b)", content, re.MULTILINE) is not None


def why_incomplete(content: bytes) -> str | None:
    """Check that the last section was written to its end; gives one line where it was not.

    The last section must hold every line that all earlier sections of its kind hold; so it is in every complete file
    of our samples, and a file cut between two lines shows in no other way.
    """
    if not content.endswith(b"\n"):
        return "the last line of the mdoc has no end"
    found = parse(Path(), content)
    if isinstance(found, str):
        return f"no mdoc: {found}"
    *earlier, last = found.of_kind(found.sections[-1].kind)
    expected = set[str].intersection(*(set(section.values) for section in earlier)) if earlier else set[str]()
    missing = sorted(expected - set(last.values))
    if missing or not last.values:
        return f"the last section of the mdoc lacks {', '.join(missing[:3]) or 'all lines'}"
    return None


def _is_tilted(sections: Iterable[MdocSection]) -> bool:
    tilts_deg = [tilt for section in sections if (tilt := section.number("TiltAngle")) is not None]
    return len(tilts_deg) > 1 and max(tilts_deg) - min(tilts_deg) >= LEAST_TILT_RANGE_DEG


def _has_steps(movies: Iterable[MdocSection]) -> bool:
    """Tell a tilt series from single particles that were taken at two tilts: both may be movies in one document."""
    return len({round(tilt) for movie in movies if (tilt := movie.number("TiltAngle")) is not None}) >= LEAST_STEPS


def _part(movie: MdocSection, part: MdocSection) -> MdocSection:
    """Complete a part of a movie with what holds for all of it."""
    shared = {key: value for key, value in movie.values.items() if key not in _OF_WHOLE_MOVIE}
    return MdocSection(part.kind, part.name, shared | part.values)


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _file(line: str, values: dict[str, str], titles: list[str]) -> bool:
    """Put one line where it belongs; blank lines and comments belong nowhere."""
    if not line or line.startswith("#"):
        return True
    key, equals, value = line.partition("=")
    key = key.strip()
    if not equals or not key or "[" in key or "]" in key:
        return False
    if key == TITLE:
        titles.append(value.strip())
    else:
        values[sys.intern(key)] = value.strip()
    return True


def _number(word: str) -> float | None:
    """Read a number; Windows in some countries writes it with a comma."""
    return as_number(word.replace(",", ".") if _DECIMAL_COMMA.fullmatch(word) else word)
