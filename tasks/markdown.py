"""Pieces of the reports that people read in the Prefect UI."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

FIRST_ROWS: Final = 200
"""Rows of a table; a report is read by a person, and Prefect keeps it in a database."""


def artifact_key(what: str, subject: str) -> str:
    """Name an artifact so that the UI lists it, with one version a run: lower case, digits and dashes."""
    return re.sub("[^a-z0-9]+", "-", f"{what}-{subject}".lower()).strip("-")


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Write a table; of very many rows only the first are shown."""
    listed = [[str(cell) for cell in row] for row in rows]
    lines = [_row(heads), _row(["---"] * len(heads)), *(_row(cells) for cells in listed[:FIRST_ROWS])]
    if len(listed) > FIRST_ROWS:
        lines.append(f"\nand {len(listed) - FIRST_ROWS:,} more")
    return lines


def section(heading: str, lines: Sequence[str]) -> list[str]:
    """Write a section; nothing where there is nothing to say."""
    return ["", f"## {heading}", "", *lines] if lines else []


def _row(cells: Sequence[str]) -> str:
    safe = (cell.replace("|", "\\|").replace("\n", " ") for cell in cells)
    return f"| {' | '.join(safe)} |"
