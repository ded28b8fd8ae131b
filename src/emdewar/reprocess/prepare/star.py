"""STAR tables in the form that RELION 3.1, 4 and 5 read: one line per row, no text with blanks.

RELION parts values at blanks and, before version 4, knows no quotes; what cannot be written without them is refused.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from emdewar.errors import RefusedError

Cell: TypeAlias = str | int | float

VERSIONS = {"3.1": 30001, "4": 30001, "5": 50001}
"""The number in the comment before each table, by RELION's version; 4.0 kept that of 3.1."""

_PLAIN = re.compile(r"[A-Za-z0-9./+-][^\s\"'#\x00-\x1f\x7f]*")
_NAME = re.compile(r"[^\s\"'#\x00-\x1f\x7f]+")


@dataclass(frozen=True)
class Table:
    """A `loop_` of one block.

    Attributes:
        name: Of the block, without `data_`.
        columns: RELION's labels, without underscore.
        rows: A cell per column.
    """

    name: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]


def star_text(tables: Sequence[Table], relion: str) -> str:
    """Write tables as RELION does.

    Raises:
        RefusedError: A name or text cannot be written so that RELION reads it back.
    """
    return "".join(_table(table, VERSIONS[relion]) for table in tables)


def _table(table: Table, version: int) -> str:
    if not _NAME.fullmatch(table.name):
        raise RefusedError(f"{table.name!r} cannot name a STAR table; use letters, digits and _")
    head = f"\n# version {version}\n\ndata_{table.name}\n\nloop_\n"
    columns = "".join(f"_{column} #{number}\n" for number, column in enumerate(table.columns, start=1))
    rows = "".join(f"{' '.join(_cell(cell) for cell in row)}\n" for row in table.rows)
    return f"{head}{columns}{rows}\n"


def _cell(cell: Cell) -> str:
    if isinstance(cell, float):
        if not math.isfinite(cell):
            raise RefusedError(f"{cell} is no number that RELION reads")
        return f"{cell:.6f}"
    text = str(cell)
    if not _PLAIN.fullmatch(text):
        raise RefusedError(f"{text!r} cannot stand in a STAR table; use a name without blanks, quotes and #")
    return text
