"""Headers of `.cs` files: how many rows of which columns, without reading a single row.

Two formats have the suffix: a NumPy array of records (`.npy`), and the newer stream CSDAT with a JSON header. The
length of a header and the number of rows are claims of the file: both are checked against its size before they are
believed.
"""

import ast
import json
import os
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy

from emdewar.cryosparc.damaged import damaged
from emdewar.formats.regular_file import open_regular

NUMPY_MAGIC, STREAM_MAGIC = b"\x93NUMPY", b"\x95CSDAT"

MOST_HEADER_BYTES = 1 << 20
"""The longest header; the widest real dataset, 106 columns, takes 4 kB."""

_MOST_FIELDS, _MOST_ROW_BYTES = 10_000, 1 << 20
_UNREADABLE = (
    AttributeError,
    LookupError,
    MemoryError,
    OverflowError,
    RecursionError,
    SyntaxError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True)
class CsHeader:
    """What a `.cs` file holds.

    Attributes:
        rows: Number of rows.
        dtype: Type of a row, with the columns' names as `prefix/name`.
        data_offset: Where the rows begin, in bytes.
        is_stream: Whether it is a CSDAT stream, whose columns only cryosparc-tools reads.
    """

    rows: int
    dtype: np.dtype[Any]
    data_offset: int
    is_stream: bool = False

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """Names of the columns."""
        return self.dtype.names or ()


def read_header(path: Path) -> CsHeader:
    """Read the header of a `.cs` file.

    Raises:
        RefusedError: It is neither format, holds Python objects, or is shorter than its header says.
        UnavailableError: It cannot be read now.
    """
    with open_regular(path) as file:
        return parse_header(path, file)


def parse_header(path: Path, file: BinaryIO) -> CsHeader:
    """Parse the header of an open `.cs` file, leaving the file anywhere.

    Raises:
        RefusedError: As `read_header` does.
    """
    file_bytes = os.fstat(file.fileno()).st_size
    magic = file.read(len(NUMPY_MAGIC))
    try:
        if magic == NUMPY_MAGIC:
            header = _numpy_header(file)
        elif magic == STREAM_MAGIC:
            header = _stream_header(file)
        else:
            raise damaged(path, "it is neither a NumPy array nor a CSDAT stream")
    except _UNREADABLE as error:
        raise damaged(path, f"its header cannot be read: {_first_line(error)}") from error
    if header.dtype.hasobject and not header.is_stream:
        raise damaged(path, "it holds pickled Python objects, which are never unpacked here")
    if header.data_offset + header.rows * _least_row_bytes(header) > file_bytes:
        raise damaged(path, f"its header claims {header.rows} rows, which do not fit into its {file_bytes} bytes")
    return header


def _numpy_header(file: BinaryIO) -> CsHeader:
    major = file.read(2)[0]
    length_bytes = 2 if major == 1 else 4
    header = _text(file, length_bytes).decode("utf-8" if major >= 3 else "latin-1")  # noqa: PLR2004 - since NumPy 1.17
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = ast.literal_eval(header.strip())
        dtype = npy.descr_to_dtype(found["descr"])
    (rows,) = found["shape"]
    return _checked(rows, dtype, file.tell(), is_stream=False)


def _stream_header(file: BinaryIO) -> CsHeader:
    found = json.loads(_text(file, 4))
    # `|O` is text on a heap at the end of the stream; in a row it is an index of eight bytes.
    described = [
        (str(name), str(kind), *(tuple(map(int, shape)) for shape in rest)) for name, kind, *rest in found["dtype"]
    ]
    return _checked(found["length"], np.dtype(described), file.tell(), is_stream=True)


def _text(file: BinaryIO, length_bytes: int) -> bytes:
    length = int.from_bytes(file.read(length_bytes), "little")
    if length > MOST_HEADER_BYTES:
        raise ValueError(f"it claims {length} bytes")
    text = file.read(length)
    if len(text) < length:
        raise ValueError(f"it ends after {len(text)} of {length} bytes")
    return text


def _checked(rows: object, dtype: np.dtype[Any], offset: int, *, is_stream: bool) -> CsHeader:
    if isinstance(rows, bool) or not isinstance(rows, int) or rows < 0:
        raise ValueError("no number of rows")
    if not dtype.names or len(dtype.names) > _MOST_FIELDS or not 0 < dtype.itemsize <= _MOST_ROW_BYTES:
        raise ValueError("no columns, or more than a row can have")
    return CsHeader(rows, dtype, offset, is_stream)


def _least_row_bytes(header: CsHeader) -> int:
    """Bytes a row has at least; a stream compresses all columns but `uid`, or none."""
    if not header.is_stream:
        return header.dtype.itemsize
    return header.dtype["uid"].itemsize if "uid" in header.fields else 1


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:100]
