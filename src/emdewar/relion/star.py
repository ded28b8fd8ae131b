"""STAR files as RELION writes and people edit them, read whole; tables of particles are read by `star_rows`.

A reader of its own, as no library knows all that is needed: gemmi refuses an unquoted `$`, `_` or `#` in a job's
options, starfile fills a row that was cut with NaN, and both drop the comments in which RELION keeps its version.
The rules are RELION's: a row is a line, an empty line ends a table, a quote counts at the start of a value only.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from emdewar.formats.regular_file import read_regular
from emdewar.relion.damaged import damaged

_VALUE: Final = re.compile(r"""(?P<quote>["'])(?P<quoted>.*?)(?P=quote)(?=\s|$)|(?P<plain>\S+)""")
_LABEL: Final = re.compile(r"_\S+(?:\s+#.*)?")
_OPTION: Final = "_rlnJobOptionVariable"
_NAME_AND_VALUE: Final = 2
_MOST_PROBLEMS: Final = 20


@dataclass
class Block:
    """One data block.

    Attributes:
        name: Without `data_`.
        pairs: Values by labels, with the `_`.
        columns: Labels of its table.
        rows: Rows of its table, each as long as `columns`.
    """

    name: str
    pairs: dict[str, str] = field(default_factory=dict)
    columns: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    def records(self) -> Iterator[dict[str, str]]:
        """Give the rows as dictionaries; a block of pairs, as RELION writes a table of one row, is one row."""
        if self.pairs and not self.columns:
            yield self.pairs
        for row in self.rows:
            yield dict(zip(self.columns, row, strict=True))

    def value(self, label: str) -> str | None:
        """Give the only value of a label, or None where there is none, or it is `None`, or there are several."""
        values = [record[label] for record in self.records() if label in record]
        return values[0] if len(values) == 1 and values[0] not in {"", "None"} else None


@dataclass
class Star:
    """A whole file.

    Attributes:
        blocks: By name, in the order of the file; of a name used twice the first, as RELION reads it.
        problems: What is not as it should be, a line each; rows that these are about are left out.
    """

    blocks: dict[str, Block] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def block(self, name: str) -> Block:
        """Give a block, empty where the file has none of that name."""
        return self.blocks.get(name) or Block(name)


def values_of(line: str) -> list[str]:
    """Split a line into its values; a `#` is one, as only who knows how many are due can tell a comment."""
    if '"' not in line and "'" not in line:
        return line.split()
    return [match["plain"] if match["quote"] is None else match["quoted"] for match in _VALUE.finditer(line)]


def read_star(path: Path, *, wanted: Collection[str] = ()) -> Star:
    """Read a file.

    Args:
        path: The file.
        wanted: Names of blocks; reading ends after the last of them. All where empty.

    Raises:
        RefusedError: It is no STAR file.
        UnavailableError: It cannot be read now.
    """
    content = read_regular(path)
    if b"\0" in content:
        raise damaged(path, "no STAR file: it holds zero bytes, as after a crash or a full disk")
    star = parse_star(content.decode("utf-8", "replace"), wanted=wanted)
    if not star.blocks:
        raise damaged(path, "no STAR file: it has no data block")
    return star


def parse_star(text: str, *, wanted: Collection[str] = ()) -> Star:
    """Interpret the text of a file."""
    reading = _Reading(frozenset(wanted))
    for number, line in enumerate(text.splitlines(), start=1):
        if reading.is_done:
            break
        reading.take(line.strip(), number)
    if text and not text.endswith("\n") and not reading.is_done:
        reading.problem("the file does not end with a line feed, so that its last value may be cut")
    return reading.star


class _Reading:
    """Where in a file the reading is."""

    def __init__(self, wanted: frozenset[str]) -> None:
        self.star = Star()
        self.is_done = False
        self._wanted = wanted
        self._block = Block("")
        self._is_in_loop = False

    def problem(self, text: str) -> None:
        if len(self.star.problems) < _MOST_PROBLEMS:
            self.star.problems.append(text)

    def take(self, line: str, number: int) -> None:
        has_rows = self._is_in_loop and bool(self._block.rows)
        if not line:
            self._is_in_loop = self._is_in_loop and not has_rows
        elif line.startswith("data_") and len(line.split()) == 1:
            self._start_block(line.removeprefix("data_"), number)
        elif line == "loop_" and not has_rows:
            self._is_in_loop = True
        elif self._is_in_loop and not has_rows and _LABEL.fullmatch(line):
            self._block.columns.append(line.split(maxsplit=1)[0])
        elif line.startswith("#") and not self._is_row_with_hash(line):
            pass
        elif self._is_in_loop:
            self._take_row(line, number)
        elif line.startswith("_"):
            label, *values = values_of(line)
            self._block.pairs[label] = " ".join(_before_comment(values, 1))
        else:
            self.problem(f"line {number} stands outside any table: {line[:80]}")

    def _is_row_with_hash(self, line: str) -> bool:
        values = values_of(line)
        return self._is_in_loop and values[0] != "#" and len(values) == len(self._block.columns)

    def _start_block(self, name: str, number: int) -> None:
        self.is_done = bool(self._wanted) and self._wanted <= self.star.blocks.keys()
        self._block, self._is_in_loop = Block(name), False
        if name in self.star.blocks:
            self.problem(f"line {number} starts a second block named data_{name}, which RELION does not read")
        else:
            self.star.blocks[name] = self._block

    def _take_row(self, line: str, number: int) -> None:
        columns = self._block.columns
        values = values_of(line)
        if columns[:1] == [_OPTION] and len(columns) == _NAME_AND_VALUE:
            values = [values[0], " ".join(values[1:])]
        else:
            values = _before_comment(values, len(columns))
        if len(values) == len(columns):
            self._block.rows.append(values)
        else:
            self.problem(f"line {number} has {len(values)} values where the table has {len(columns)} columns")


def _before_comment(values: list[str], due: int) -> list[str]:
    """Leave out a comment behind the values; a `#` before all that are due are there is a value."""
    at = next((place for place, value in enumerate(values) if place >= due and value.startswith("#")), None)
    return values[:at]
