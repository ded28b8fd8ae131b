"""MRC and MRCS: the 1024-byte header of the MRC2014 format.

Source: Cheng et al., "MRC2014: Extensions to the MRC format header for electron cryo-microscopy and tomography",
J. Struct. Biol. 192 (2015) 146; mode 12 and 101 after the CCP-EM and IMOD descriptions.
"""

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from emdewar.errors import INCOMPLETE_FILES, RefusedError, UnavailableError
from emdewar.formats.movie_header import MovieHeader

HEADER_SIZE = 1024
BITS = {0: 8, 1: 16, 2: 32, 3: 32, 4: 64, 6: 16, 12: 16, 16: 24, 101: 4}
"""Bits per pixel by mode (16 is IMOD's RGB; 101 packs two pixels in a byte, each line starting a new one)."""

_BIG_ENDIAN_STAMP = b"\x11\x11"


@dataclass(frozen=True)
class MrcHeader:
    """The fields that decide how long a file must be and how large a pixel is.

    Attributes:
        nx: Columns.
        ny: Rows.
        nz: Sections.
        mode: Data type, see `BITS`.
        extended_size: Bytes of the extended header (`nsymbt`).
        pixel_size_a: Cell length over sampling along x; None where it was not set.
    """

    nx: int
    ny: int
    nz: int
    mode: int
    extended_size: int
    pixel_size_a: float | None

    @property
    def file_size(self) -> int:
        """Bytes that the whole file must have."""
        line_size = (self.nx * BITS[self.mode] + 7) // 8
        return HEADER_SIZE + self.extended_size + line_size * self.ny * self.nz


def parse(header: bytes) -> MrcHeader | str:
    """Interpret the first 1024 bytes of a file; gives one line saying why where they are no MRC header."""
    if len(header) < HEADER_SIZE:
        return f"an MRC file has a header of {HEADER_SIZE} bytes, this one ends after {len(header)}"
    order = ">" if header[212:214] == _BIG_ENDIAN_STAMP else "<"
    nx, ny, nz, mode = struct.unpack_from(f"{order}4i", header)
    mx = struct.unpack_from(f"{order}i", header, 28)[0]
    cell_a = struct.unpack_from(f"{order}f", header, 40)[0]
    extended = struct.unpack_from(f"{order}i", header, 92)[0]
    if min(nx, ny, nz) <= 0 or extended < 0 or mode not in BITS:
        return f"no MRC header: {nx} x {ny} x {nz} pixels of mode {mode}, extended header of {extended} bytes"
    return MrcHeader(nx, ny, nz, mode, extended, cell_a / mx if mx > 0 and 0 < cell_a < float("inf") else None)


def why_incomplete(file: BinaryIO) -> str | None:
    """Compare the length of an open file with what its header promises; gives one line where they differ."""
    found = parse(file.read(HEADER_SIZE))
    if isinstance(found, str):
        return found
    size = os.fstat(file.fileno()).st_size
    return None if size == found.file_size else f"the MRC header promises {found.file_size} bytes, the file has {size}"


def read_header(path: Path) -> MovieHeader:
    """Read the size of an MRC stack.

    Raises:
        RefusedError: The file does not start with an MRC header.
        UnavailableError: The file cannot be read now.
    """
    try:
        with path.open("rb") as file:
            found = parse(file.read(HEADER_SIZE))
    except OSError as error:
        msg = f"cannot read {path} now: {error.strerror or error}; check the share and try again"
        raise UnavailableError(msg) from error
    if isinstance(found, str):
        msg = f"{path}: {found}; copy it again from the microscope"
        raise RefusedError(msg, reason=INCOMPLETE_FILES, paths=[path.name])
    return MovieHeader(found.nx, found.ny, found.nz, pixel_size_a=found.pixel_size_a)
