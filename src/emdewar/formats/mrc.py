"""MRC, MRCS and ST: the 1024-byte header of the MRC2014 format.

Source: Cheng et al., "MRC2014: Extensions to the MRC format header for electron cryo-microscopy and tomography",
J. Struct. Biol. 192 (2015) 146; mode 12 and 101 after the CCP-EM and IMOD descriptions; the stamp and flags at byte 152
and packed bytes after IMOD's description of its MRC format.
"""

import math
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from emdewar.formats.movie_header import MovieHeader, is_packed_super_resolution
from emdewar.formats.regular_file import incomplete, open_regular

HEADER_SIZE = 1024
BITS = {0: 8, 1: 16, 2: 32, 3: 32, 4: 64, 6: 16, 12: 16, 16: 24, 101: 4}
"""Bits per pixel by mode (16 is IMOD's RGB; 101 packs two pixels in a byte, each line starting a new one)."""

_STAMPS = {b"\x11\x11": ">", b"\x44\x44": "<", b"\x44\x41": "<"}
_IMOD_STAMP = 1146047817
_SIGNED, _TWO_IN_A_BYTE = 1, 16
_LABELS, _LABEL_SIZE, _LABELS_AT = 10, 80, 224
_AXES = ([1, 2, 3], [0, 0, 0])
"""Which axis is columns, rows, sections: in any order, or left out by programs older than the word `MAP`."""

_LARGEST_SIGNED = 127
_UNSET_A = 1.0
"""The pixel size that programs write when they know none."""


@dataclass(frozen=True)
class MrcHeader:
    """The fields that decide how long a file must be, what its pixels are and how large they are.

    Attributes:
        nx: Columns, as stored; see `columns`.
        ny: Rows.
        nz: Sections.
        mode: Data type, see `BITS`.
        extended_size: Bytes of the extended header (`nsymbt`).
        pixel_size_a: Cell length over sampling along x; None where it was not set.
        byte_order: `<` or `>`, as the `struct` module has it.
        extended_type: What the extended header is (`FEI1`, `FEI2`, `SERI`, `AGAR`, `CCP4`); empty where unsaid.
        per_section: The two numbers at byte 128 that describe the extended header of SerialEM and Agard.
        space_group: 0 a stack of images, 1 a volume, 401 a stack of volumes.
        is_signed: Of mode 0: whether bytes run from -128 to 127; None where there are no bytes.
        has_two_in_a_byte: Mode 0 with two pixels in each byte, the first in the low bits.
        titles: The labels.
    """

    nx: int
    ny: int
    nz: int
    mode: int
    extended_size: int
    pixel_size_a: float | None
    byte_order: str = "<"
    extended_type: str = ""
    per_section: tuple[int, int] = (0, 0)
    space_group: int = 0
    is_signed: bool | None = None
    has_two_in_a_byte: bool = False
    titles: tuple[str, ...] = ()

    @property
    def columns(self) -> int:
        """Pixels along a line."""
        return 2 * self.nx if self.has_two_in_a_byte else self.nx

    @property
    def bits(self) -> int:
        """Bits per pixel."""
        return BITS[101] if self.has_two_in_a_byte else BITS[self.mode]

    @property
    def file_size(self) -> int:
        """Bytes that the whole file must have."""
        line_size = (self.nx * BITS[self.mode] + 7) // 8
        return HEADER_SIZE + self.extended_size + line_size * self.ny * self.nz


def parse(header: bytes) -> MrcHeader | str:
    """Interpret the first 1024 bytes of a file; gives one line saying why where they are no MRC header.

    The machine stamp names the byte order; where it makes no sense, or old programs wrote none, the order counts in
    which the numbers do.
    """
    if len(header) < HEADER_SIZE:
        return f"an MRC file has a header of {HEADER_SIZE} bytes, this one ends after {len(header)}"
    stamped = _STAMPS.get(header[212:214], "<")
    for order in (stamped, "<" if stamped == ">" else ">"):
        if _makes_sense(header, order):
            return _interpret(header, order)
    nx, ny, nz, mode = struct.unpack_from(f"{stamped}4i", header)
    extended = struct.unpack_from(f"{stamped}i", header, 92)[0]
    return f"no MRC header: {nx} x {ny} x {nz} pixels of mode {mode}, extended header of {extended} bytes"


def why_incomplete(file: BinaryIO) -> str | None:
    """Compare the length of an open file with what its header promises; gives one line where they differ."""
    found = parse(file.read(HEADER_SIZE))
    if isinstance(found, str):
        return found
    size = os.fstat(file.fileno()).st_size
    return None if size == found.file_size else f"the MRC header promises {found.file_size} bytes, the file has {size}"


def read_mrc(path: Path) -> MrcHeader:
    """Read the header of an MRC file; that all pixels are there is for `completeness` to say.

    Raises:
        RefusedError: The file does not start with an MRC header.
        UnavailableError: The file cannot be read now.
    """
    with open_regular(path) as file:
        found = parse(file.read(HEADER_SIZE))
    if isinstance(found, str):
        raise incomplete(path, found)
    return found


def read_header(path: Path) -> MovieHeader:
    """Read the size of an MRC stack.

    Raises:
        RefusedError: The file does not start with an MRC header.
        UnavailableError: The file cannot be read now.
    """
    found = read_mrc(path)
    pixel_size_a = None if found.pixel_size_a == _UNSET_A else found.pixel_size_a
    return MovieHeader(found.columns, found.ny, found.nz, pixel_size_a, bits=found.bits, titles=found.titles)


def _makes_sense(header: bytes, order: str) -> bool:
    nx, ny, nz, mode = struct.unpack_from(f"{order}4i", header)
    extended = struct.unpack_from(f"{order}i", header, 92)[0]
    axes = sorted(struct.unpack_from(f"{order}3i", header, 64))
    is_map = header[208:211] == b"MAP" or axes in _AXES
    return bool(min(nx, ny, nz) > 0 and extended >= 0 and mode in BITS and is_map)


def _interpret(header: bytes, order: str) -> MrcHeader:
    nx, ny, nz, mode = struct.unpack_from(f"{order}4i", header)
    mx = struct.unpack_from(f"{order}i", header, 28)[0]
    cell_a = struct.unpack_from(f"{order}f", header, 40)[0]
    largest = struct.unpack_from(f"{order}f", header, 80)[0]
    space_group, extended = struct.unpack_from(f"{order}2i", header, 88)
    stamp, flags = struct.unpack_from(f"{order}2i", header, 152)
    flags = flags if stamp == _IMOD_STAMP else None
    titles = _titles(header, order)
    is_packed = mode == 0 and (bool((flags or 0) & _TWO_IN_A_BYTE) or _says_packed(titles, nx, ny))
    return MrcHeader(
        nx=nx,
        ny=ny,
        nz=nz,
        mode=mode,
        extended_size=extended,
        pixel_size_a=_pixel_size_a(cell_a, mx),
        byte_order=order,
        extended_type=_text(header[104:108]) if header[104:108].isalnum() else "",
        per_section=struct.unpack_from(f"{order}2h", header, 128),
        space_group=space_group,
        is_signed=_is_signed(flags, largest) and not is_packed if mode == 0 else None,
        has_two_in_a_byte=is_packed,
        titles=titles,
    )


def _is_signed(flags: int | None, largest: float) -> bool:
    """Bytes are signed by the standard, unless IMOD's flags or a maximum above 127 say otherwise."""
    return largest <= _LARGEST_SIGNED if flags is None else bool(flags & _SIGNED)


def _pixel_size_a(cell_a: float, mx: int) -> float | None:
    size_a = cell_a / mx if mx > 0 and math.isfinite(cell_a) else 0.0
    return size_a if size_a > 0 else None


def _says_packed(titles: tuple[str, ...], nx: int, ny: int) -> bool:
    return len(titles) == 1 and "4 bits packed" in titles[0] and is_packed_super_resolution(nx, ny)


def _titles(header: bytes, order: str) -> tuple[str, ...]:
    count = min(max(struct.unpack_from(f"{order}i", header, 220)[0], 0), _LABELS)
    starts = range(_LABELS_AT, _LABELS_AT + count * _LABEL_SIZE, _LABEL_SIZE)
    return tuple(_text(header[start : start + _LABEL_SIZE]) for start in starts)


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("latin-1").strip()
