"""An OSC-EM record as mmCIF."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gemmi import cif

from emdewar.errors import RefusedError
from emdewar.oscem.findings import Finding
from emdewar.oscem.mmcif.rows import Row, numbered, rows_of
from emdewar.oscem.mmcif.turning import UNKNOWN

NO_ENTRY: Final = "XXXX"
"""The entry's id before a deposition gives it one, as the wwPDB's own files have it."""

_ENTRY_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,40}")


@dataclass(frozen=True)
class Conversion:
    """A record as mmCIF, and what of it PDBx could not take."""

    document: cif.Document
    findings: tuple[Finding, ...]


def to_mmcif(record: Mapping[str, Any], *, entry_id: str = NO_ENTRY) -> cif.Document:
    """Write a record in the em_* and administrative categories of PDBx.

    All ids, keys and parents are there; what is asked for and not known is `?`. A value that the dictionary forbids is
    left out; `convert` says which.

    Args:
        record: An OSC-EM record of any technique, as a plain JSON object.
        entry_id: The entry's id, where a deposition gave one.

    Raises:
        RefusedError: The id is not one.
    """
    return convert(record, entry_id=entry_id).document


def convert(record: Mapping[str, Any], *, entry_id: str = NO_ENTRY) -> Conversion:
    """Do as `to_mmcif`, and say what could not be written: a finding each, with who can supply a value that can.

    Raises:
        RefusedError: The id is not one.
    """
    if not _ENTRY_ID.fullmatch(entry_id):
        raise RefusedError(f"{entry_id!r} is no entry id; use letters, digits, '_', '.' and '-'")
    rows = rows_of(record)
    document = cif.Document()
    block = document.add_new_block(entry_id)
    for category, lines in numbered(rows, entry_id).items():
        write_category(block, category, lines)
    return Conversion(document, tuple(rows.findings))


def write_category(block: cif.Block, category: str, rows: list[Row]) -> None:
    """Add a category: pairs for one row, a loop for more."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    if len(rows) == 1:
        for name in names:
            block.set_pair(f"_{category}.{name}", quoted(rows[0][name]))
        return
    loop = block.init_loop(f"_{category}.", names)
    for row in rows:
        loop.add_row([quoted(row.get(name, UNKNOWN)) for name in names])


def quoted(value: str) -> str:
    """Write a value as CIF has it; `?` stays the sign for unknown."""
    return value if value == UNKNOWN else cif.quote(value)
