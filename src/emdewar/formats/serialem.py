"""SerialEM `.mdoc`: what was recorded with each image, as `key = value` lines in sections.

Also written, with small differences, by Thermo Fisher Tomography 5. Times carry no zone. Source: SerialEM's help page
"About SerialEM formats" (autodoc files); several section types may share one file.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

from emdewar.errors import INCOMPLETE_FILES, RefusedError
from emdewar.formats.xml_tree import as_number, read_content

_SECTION = re.compile(r"^\[(?P<kind>\w+) = (?P<name>.*)\]$")
_PAIR = re.compile(r"^(?P<key>[^=\[\]]+?)\s*=\s*(?P<value>.*)$")
TITLE = "T"


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
        found = [as_number(word) for word in self.values.get(key, "").split()]
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


def read_mdoc(path: Path) -> Mdoc:
    """Read an `.mdoc`.

    Raises:
        RefusedError: A line is neither a section nor `key = value`, or there is no section at all.
        UnavailableError: The file cannot be read now.
    """
    found = parse(path, read_content(path))
    if isinstance(found, str):
        msg = f"{path}: {found}; copy it again from the microscope"
        raise RefusedError(msg, reason=INCOMPLETE_FILES, paths=[path.name])
    return found


def parse(path: Path, content: bytes) -> Mdoc | str:
    """Interpret the bytes of an `.mdoc`; gives one line saying why where they are none."""
    header: dict[str, str] = {}
    titles: list[str] = []
    sections: list[MdocSection] = []
    for number, line in enumerate(_lines(content), start=1):
        if (section := _SECTION.match(line)) and section["kind"] != TITLE:
            sections.append(MdocSection(section["kind"], section["name"].strip()))
        elif pair := _PAIR.match(line.removeprefix("[").removesuffix("]") if section else line):
            _file(pair["key"], pair["value"], sections[-1].values if sections else header, titles)
        elif line:
            return f"line {number} is neither a section nor 'key = value': {line[:60]!r}"
    return Mdoc(path, header, tuple(titles), tuple(sections)) if sections else "it holds no section"


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


def _lines(content: bytes) -> list[str]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return [line.strip(" \t\r\f\v") for line in text.split("\n")]


def _file(key: str, value: str, values: dict[str, str], titles: list[str]) -> None:
    if key == TITLE:
        titles.append(value.strip())
    else:
        values[key.strip()] = value.strip()
