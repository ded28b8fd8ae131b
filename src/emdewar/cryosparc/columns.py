"""Columns of `.cs` files, a bounded piece at a time.

Pieces are read, not mapped: a mapped file that shrinks meanwhile kills the process, and the pages of a mapping of wide
rows would all come in for the sake of one column.
"""

import importlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from emdewar.cryosparc.damaged import damaged
from emdewar.cryosparc.header import CsHeader, parse_header, read_header
from emdewar.errors import RefusedError
from emdewar.formats.regular_file import open_regular

Columns: TypeAlias = Mapping[str, NDArray[Any]]

PIECE_BYTES = 8 << 20
"""How much of a file is in memory at a time."""

NO_TOOLS = "toolsMissing"
"""Reason for a file that only cryosparc-tools reads, where that is not installed."""


def iterate_columns(path: Path, names: Sequence[str]) -> Iterator[Columns]:
    """Give some columns of a `.cs` file in pieces of many rows each, in the file's order.

    Raises:
        RefusedError: A column is not there, the file is damaged, or it is CSDAT and cryosparc-tools is not installed.
        UnavailableError: It cannot be read now.
    """
    with open_regular(path) as file:
        header = parse_header(path, file)
        if missing := [name for name in names if name not in header.fields]:
            raise damaged(path, f"it has no column {missing[0]}")
        if header.is_stream:
            yield _stream_columns(path, names)
            return
        file.seek(header.data_offset)
        left = header.rows
        while left:
            rows = _piece(path, file.read(_rows_at_once(header, left) * header.dtype.itemsize), header)
            left -= len(rows)
            yield {name: np.ascontiguousarray(rows[name]) for name in names}


def read_columns(path: Path, names: Sequence[str]) -> Columns:
    """Read some columns of a `.cs` file whole.

    Raises:
        RefusedError: As `iterate_columns`.
        UnavailableError: It cannot be read now.
    """
    pieces = list(iterate_columns(path, names))
    if not pieces:
        dtype = read_header(path).dtype
        return {name: np.zeros(0, dtype[name]) for name in names}
    return {name: np.concatenate([piece[name] for piece in pieces]) for name in names}


def _rows_at_once(header: CsHeader, left: int) -> int:
    return min(left, max(1, PIECE_BYTES // header.dtype.itemsize))


def _piece(path: Path, content: bytes, header: CsHeader) -> NDArray[Any]:
    rows = len(content) // header.dtype.itemsize
    if not rows:
        raise damaged(path, "it became shorter while it was read")
    return np.frombuffer(content, header.dtype, count=rows)


def _stream_columns(path: Path, names: Sequence[str]) -> Columns:
    dataset = _tools(path).Dataset
    try:
        found = dataset.load(str(path), fields=list(names))
        return {name: np.asarray(found[name]) for name in names}
    except Exception as error:
        # Another project's reader on a file of unknown origin: whatever it raises, the file is not readable.
        raise damaged(path, f"cryosparc-tools cannot read it: {type(error).__name__}") from error


def _tools(path: Path) -> ModuleType:
    try:
        return importlib.import_module("cryosparc.dataset")
    except ImportError as error:
        msg = f"{path} is a CSDAT stream, which only cryosparc-tools reads; install cryosparc-tools and try again"
        raise RefusedError(msg, reason=NO_TOOLS, paths=[path.name]) from error
