"""Electron event representation (EER), written: run lengths and sub-pixel places of electrons in a BigTIFF.

Source: Thermo Fisher's EER file format 3.0, compression 65001, as imagecodecs decodes it. A frame is a stream of bits,
least significant first. Each code is 7 bits, the pixels without an electron before the next one, and 4 bits, where
in its pixel the electron fell. 127 means 127 empty pixels and no electron yet: the next code follows at once.
"""

import struct
from typing import Final, TypeAlias
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import numpy.typing as npt

MetadataItem: TypeAlias = tuple[str, str | None, str | float]
"""Name, unit if it has one, and value."""

COMPRESSION: Final = 65001
METADATA_TAG: Final = 65001
RUN_BITS: Final = 7
CODE_BITS: Final = 11
LONGEST_RUN: Final = 127

_SHORT, _LONG, _UNDEFINED, _LONG8 = 3, 4, 7, 16
_ENTRY_BYTES = 20
_Field: TypeAlias = tuple[int, int, int, int]


def encode_movie(hits: npt.NDArray[np.bool_], metadata: list[MetadataItem]) -> bytes:
    """Give the bytes of an EER file.

    Args:
        hits: Where an electron fell, as (frame, row, column).
        metadata: Items of the acquisition, written beside the first frame.
    """
    _, rows, columns = hits.shape
    file = bytearray(struct.pack("<2sHHHQ", b"II", 43, 8, 0, 16))
    for number, frame in enumerate(hits):
        extra = _metadata_xml(metadata) if number == 0 else b""
        last = number == len(hits) - 1
        file += _page(len(file), (rows, columns), encode_frame(frame), extra, last=last)
    return bytes(file)


def encode_frame(hits: npt.NDArray[np.bool_]) -> bytes:
    """Encode one frame of electrons, given as (row, column); padded to a whole number of 64-bit words."""
    places = np.flatnonzero(hits)
    ends = np.append(places, hits.size)
    overflows, runs = np.divmod(np.diff(ends, prepend=-1) - 1, LONGEST_RUN)
    starts = RUN_BITS * np.cumsum(overflows) + CODE_BITS * np.arange(len(ends))
    bits = np.zeros(-(-(int(starts[-1]) + RUN_BITS + 2 * CODE_BITS) // 64) * 64, dtype=np.bool_)
    _put(bits, starts, runs, RUN_BITS)
    _put(bits, starts[:-1] + RUN_BITS, _sub_pixels(places), CODE_BITS - RUN_BITS)
    for back in range(1, int(overflows.max()) + 1):
        _put(bits, starts[overflows >= back] - back * RUN_BITS, np.array(LONGEST_RUN), RUN_BITS)
    return np.packbits(bits, bitorder="little").tobytes()


def _put(bits: npt.NDArray[np.bool_], starts: npt.NDArray[np.int64], values: npt.NDArray[np.int64], width: int) -> None:
    for bit in range(width):
        bits[starts + bit] = values >> bit & 1


def _sub_pixels(places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Spread electrons over the 4 x 4 places in a pixel, evenly and always alike (multiplicative hashing)."""
    return (places * 2654435761 >> 16) & 15


def _page(offset: int, shape: tuple[int, int], strip: bytes, metadata: bytes, *, last: bool) -> bytes:
    """Lay out one frame at a position of the file: its directory, the metadata, the strip."""
    tags = 8 + bool(metadata)
    metadata_at = offset + 8 + tags * _ENTRY_BYTES + 8
    strip_at = metadata_at + len(metadata)
    end = -(-(strip_at + len(strip)) // 8) * 8
    fields: list[_Field] = [
        (256, _LONG, 1, shape[1]),
        (257, _LONG, 1, shape[0]),
        (259, _SHORT, 1, COMPRESSION),
        (262, _SHORT, 1, 1),
        (273, _LONG8, 1, strip_at),
        (277, _SHORT, 1, 1),
        (278, _LONG, 1, shape[0]),
        (279, _LONG8, 1, len(strip)),
    ]
    if metadata:
        fields.append((METADATA_TAG, _UNDEFINED, len(metadata), metadata_at))
    directory = b"".join(struct.pack("<HHQQ", *field) for field in fields)
    page = struct.pack("<Q", tags) + directory + struct.pack("<Q", 0 if last else end) + metadata + strip
    return page.ljust(end - offset, b"\0")


def _metadata_xml(items: list[MetadataItem]) -> bytes:
    lines = (
        f"<item name={quoteattr(name)}{f' unit={quoteattr(unit)}' if unit else ''}>{escape(str(value))}</item>"
        for name, unit, value in items
    )
    return f"<metadata>{''.join(lines)}</metadata>".encode()
