"""Long tables of STAR files, counted and streamed without holding them: a refinement has 300,000 particles and more."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from emdewar.errors import RefusedError
from emdewar.formats.regular_file import open_regular
from emdewar.relion.damaged import damaged
from emdewar.relion.star import values_of

_CHUNK: Final = 1 << 20
_LONGEST_LINE: Final = 64 << 10
_EMPTY_LINE: Final = re.compile(rb"\n[ \t\r]*\n")
_UNNAMED: Final = ("", "images")
"""What the only block of RELION 3.0 is called where people's programs write `data_images` or nothing."""

_PARTICLES: Final = "particles"


@dataclass(frozen=True)
class LongTable:
    """A table whose rows come next in an open file.

    Attributes:
        block: Name of its block.
        columns: Labels, with the `_`.
        first: The first row, which had to be read to see that the labels end; empty where there is none.
    """

    block: str
    columns: tuple[str, ...]
    first: bytes


def count_particles(path: Path) -> int:
    """Count the particles of a file by its lines.

    Only the first and the last row are looked at closely; `particle_rows` looks at all.

    Raises:
        RefusedError: It has no table of particles, or its last row is cut.
        UnavailableError: It cannot be read now.
    """
    with open_regular(path) as file:
        table = _particles(file, path)
        count, last, after = _count(file, table.first)
        _check_end(path, table, last, after)
    return count


def particle_rows(path: Path, labels: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Give the values of some columns, particle by particle; every row is checked to be whole.

    Args:
        path: The file.
        labels: With the `_`; one that the table does not have gives empty values.

    Raises:
        RefusedError: It has no table of particles, or a row is cut.
        UnavailableError: It cannot be read now.
    """
    with open_regular(path) as file:
        table = _particles(file, path)
        places = [table.columns.index(label) if label in table.columns else None for label in labels]
        line, number = table.first, 0
        while line.strip():
            number += 1
            values = _values(line)
            if len(values) != len(table.columns) or not line.endswith(b"\n"):
                raise _cut(path, number, len(values), table)
            yield tuple("" if place is None else values[place] for place in places)
            line = file.readline(_LONGEST_LINE)
        _check_end(path, table, b"", _next_words(file, b"") if number else b"")


def particle_columns(path: Path) -> tuple[str, ...]:
    """Give the labels of the table of particles.

    Raises:
        RefusedError: It has none.
        UnavailableError: It cannot be read now.
    """
    with open_regular(path) as file:
        return _particles(file, path).columns


def _particles(file: BinaryIO, path: Path) -> LongTable:
    """Find `data_particles`, or the only table of a file that RELION 3.0 wrote."""
    block: str | None = None
    while line := file.readline(_LONGEST_LINE):
        words = line.split()
        if len(words) == 1 and words[0].startswith(b"data_"):
            block = words[0][5:].decode("utf-8", "replace")
        elif words == [b"loop_"] and block is not None and (block == _PARTICLES or block in _UNNAMED):
            return _labelled(file, block)
    raise damaged(path, "it has no table of particles")


def _labelled(file: BinaryIO, block: str) -> LongTable:
    columns: list[str] = []
    while line := file.readline(_LONGEST_LINE):
        words = line.split()
        if words and not words[0].startswith((b"_", b"#")):
            return LongTable(block, tuple(columns), b"" if words[0].startswith(b"data_") else line)
        if words and words[0].startswith(b"_"):
            columns.append(words[0].decode("utf-8", "replace"))
    return LongTable(block, tuple(columns), b"")


def _count(file: BinaryIO, first: bytes) -> tuple[int, bytes, bytes]:
    """Count lines up to an empty one; gives the last of them and what comes behind the empty one."""
    count, kept = first.count(b"\n"), first
    while chunk := file.read(_CHUNK) if kept else b"":
        text = kept + chunk
        if found := _EMPTY_LINE.search(text):
            rows = text[: found.start() + 1]
            return (
                count + rows.count(b"\n") - kept.count(b"\n"),
                _last_line(rows),
                _next_words(file, text[found.end() :]),
            )
        count += chunk.count(b"\n")
        kept = text[_last_line_at(text, text.rfind(b"\n")) :]
    last = _last_line(kept)
    return count + (not last.endswith(b"\n") and bool(last.strip())), last if last.strip() else b"", b""


def _last_line(text: bytes) -> bytes:
    return text[_last_line_at(text, len(text) - 1) :]


def _last_line_at(text: bytes, end: int) -> int:
    """Find where the line starts that ends at `end`."""
    return text.rfind(b"\n", 0, max(end, 0)) + 1


def _next_words(file: BinaryIO, rest: bytes) -> bytes:
    """Find the next line behind a table that is neither empty nor a comment."""
    text = rest + file.read(_LONGEST_LINE)
    lines = (line.strip() for line in text.splitlines())
    return next((line for line in lines if line and not line.startswith(b"#")), b"")


def _check_end(path: Path, table: LongTable, last: bytes, after: bytes) -> None:
    if last and (len(_values(last)) != len(table.columns) or not last.endswith(b"\n")):
        raise _cut(path, None, len(_values(last)), table)
    if after and not after.startswith(b"data_"):
        raise damaged(path, f"rows go on behind an empty line, at which RELION ends data_{table.block}")


def _values(line: bytes) -> list[str]:
    return values_of(line.decode("utf-8", "replace"))


def _cut(path: Path, number: int | None, found: int, table: LongTable) -> RefusedError:
    row = "the last row" if number is None else f"row {number}"
    return damaged(
        path, f"{row} of data_{table.block} is cut: {found} values where the table has {len(table.columns)} columns"
    )
