"""The extended header of an MRC file: Thermo Fisher's record (FEI1, FEI2), or a line per section (SerialEM, Agard).

Source: for SerialEM's packed numbers and Agard's integers and reals, IMOD's description of its MRC format; for
the fixed 128 bytes that FEI's Tomography wrote before 2010 in Agard's way, the same.
"""

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from emdewar.formats.mrc import HEADER_SIZE, MrcHeader, parse
from emdewar.formats.mrc_fei import SIZES, FeiRecord, parse_record
from emdewar.formats.regular_file import incomplete, open_regular

MOST_SECTIONS = 65_536
"""Sections whose lines are read; a montage of a whole grid has some thousand."""

_MOST_BYTES = 8 << 20
_ITEM_SIZES = (2, 6, 4, 2, 2, 4, 2, 4, 2, 4, 2)
"""Bytes of each of SerialEM's items, in the order of its flags."""

_TILT, _PIECE, _STAGE, _MAGNIFICATION, _INTENSITY, _DOSE = range(6)
_OLD_FEI_LABEL = "Fei Company"
_OLD_FEI_REALS = 32


@dataclass(frozen=True)
class MrcSection:
    """What an extended header says about one section; None for what it does not hold.

    Attributes:
        tilt_deg: Tilt angle of the stage.
        piece: Position in a montage: x and y in pixels, and the section of the montage.
        stage_x_um: Stage position.
        stage_y_um: Stage position.
        magnification: Nominal magnification, rounded to hundreds.
        intensity: Strength of the second condenser lens, of 1.
        dose_e_per_a2: Dose of this exposure.
        exposure_s: Exposure time.
        defocus_nm: Defocus.
        tilt_axis_deg: Angle of the tilt axis in the image.
        pixel_size_a: Pixel size.
    """

    tilt_deg: float | None = None
    piece: tuple[int, int, int] | None = None
    stage_x_um: float | None = None
    stage_y_um: float | None = None
    magnification: float | None = None
    intensity: float | None = None
    dose_e_per_a2: float | None = None
    exposure_s: float | None = None
    defocus_nm: float | None = None
    tilt_axis_deg: float | None = None
    pixel_size_a: float | None = None


@dataclass(frozen=True)
class MrcExtended:
    """An extended header.

    Attributes:
        path: The file.
        header: The first 1024 bytes.
        kind: `FEI1`, `FEI2`, `SERI`, `AGAR`, another code as written, or nothing where there is none that is known.
        fei: The record of FEI1 and FEI2.
        sections: The lines of SERI and AGAR, in the order of the sections; fewer than sections where the file ends.
    """

    path: Path
    header: MrcHeader
    kind: str
    fei: FeiRecord | None = None
    sections: tuple[MrcSection, ...] = ()


def read_mrc_extended(path: Path) -> MrcExtended:
    """Read the extended header of an MRC file; one of an unknown kind, or none, gives an empty answer.

    Raises:
        RefusedError: The file does not start with an MRC header, or ends before its extended header does.
        UnavailableError: The file cannot be read now.
    """
    with open_regular(path) as file:
        header = parse(file.read(HEADER_SIZE))
        if isinstance(header, str):
            raise incomplete(path, header)
        extended = _read(file, header)
    kind = _kind(header)
    needed = SIZES.get(kind, 0) or _section_size(header, kind)
    if len(extended) < min(needed, header.extended_size):
        raise incomplete(path, f"its extended header of {header.extended_size} bytes ends after {len(extended)}")
    if len(extended) < needed or not needed:
        return MrcExtended(path, header, kind if kind in SIZES else header.extended_type)
    if kind in SIZES:
        return MrcExtended(path, header, kind, fei=parse_record(extended[: SIZES[kind]], header.byte_order))
    return MrcExtended(path, header, kind, sections=_sections(header, kind, extended))


def _read(file: BinaryIO, header: MrcHeader) -> bytes:
    """Read what is needed of an extended header, whatever length the file claims for it."""
    needed = SIZES.get(header.extended_type) or min(_MOST_BYTES, MOST_SECTIONS * _section_size(header, _kind(header)))
    return file.read(min(needed, header.extended_size))


def _kind(header: MrcHeader) -> str:
    """Give the kind by its code; files older than the code are told by whether their two numbers add up."""
    if header.extended_type in SIZES:
        return header.extended_type
    size, flags = header.per_section
    if header.extended_type not in {"", "SERI", "AGAR"} or size < 0 or flags < 0 or not header.extended_size:
        return ""
    if header.extended_type != "AGAR" and _size_of_items(flags) == size > 0:
        return "SERI"
    return "AGAR" if size + flags > 0 else ""


def _section_size(header: MrcHeader, kind: str) -> int:
    size, flags = header.per_section
    return {"SERI": size, "AGAR": 4 * (size + flags)}.get(kind, 0)


def _size_of_items(flags: int) -> int:
    known = sum(size for bit, size in enumerate(_ITEM_SIZES) if flags >> bit & 1)
    return known if flags >> len(_ITEM_SIZES) == 0 else -1


def _sections(header: MrcHeader, kind: str, extended: bytes) -> tuple[MrcSection, ...]:
    size = _section_size(header, kind)
    count = min(header.nz, len(extended) // size, MOST_SECTIONS)
    parse_section = _parse_packed if kind == "SERI" else _parse_reals
    return tuple(parse_section(header, extended[index * size : (index + 1) * size]) for index in range(count))


def _parse_packed(header: MrcHeader, line: bytes) -> MrcSection:
    flags = header.per_section[1]
    items: dict[int, tuple[int, ...]] = {}
    offset = 0
    for bit, size in enumerate(_ITEM_SIZES):
        if flags >> bit & 1:
            items[bit] = struct.unpack_from(f"{header.byte_order}{size // 2}h", line, offset)
            offset += size
    stage = items.get(_STAGE)
    piece = items.get(_PIECE)
    return MrcSection(
        tilt_deg=items[_TILT][0] / 100 if _TILT in items else None,
        piece=(piece[0], piece[1], piece[2]) if piece else None,
        stage_x_um=stage[0] / 25 if stage else None,
        stage_y_um=stage[1] / 25 if stage else None,
        magnification=items[_MAGNIFICATION][0] * 100.0 if _MAGNIFICATION in items else None,
        intensity=items[_INTENSITY][0] / 25_000 if _INTENSITY in items else None,
        dose_e_per_a2=_packed_real(*items[_DOSE]) if _DOSE in items else None,
    )


def _packed_real(low: int, high: int) -> float:
    """Undo SerialEM's way of writing a real number as two short integers: mantissa, and exponent of two."""
    mantissa = abs(low) * 256 + abs(high) % 256
    exponent = abs(high) // 256
    return math.copysign(mantissa * 2.0 ** math.copysign(exponent, high), low)


def _parse_reals(header: MrcHeader, line: bytes) -> MrcSection:
    integers, reals = header.per_section
    values = struct.unpack_from(f"{header.byte_order}{reals}f", line, 4 * integers)
    found = [value if math.isfinite(value) else None for value in values]
    is_old_fei = integers == 0 and reals == _OLD_FEI_REALS and any(_OLD_FEI_LABEL in title for title in header.titles)
    if not is_old_fei:
        return MrcSection(tilt_deg=found[0] if found else None)
    return MrcSection(
        tilt_deg=found[0],
        stage_x_um=_times(found[2], 1e6),
        stage_y_um=_times(found[3], 1e6),
        defocus_nm=_times(found[7], 1e9),
        exposure_s=found[8],
        tilt_axis_deg=found[10],
        pixel_size_a=_times(found[11], 1e10),
        magnification=found[12],
    )


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
