"""The tag tree of Gatan DigitalMicrograph files (DM3, DM4), walked without reading a pixel.

Gatan does not publish the format; source: C. Boothroyd, "The Digital Micrograph file format", and G. Jefferis' notes on
DM3. Structure is big-endian, values have the order that the file names; DM4 has wider numbers and gives each tag its
length. Every count and length is checked against what is left of the file before it is believed.
"""

import os
import struct
from dataclasses import dataclass, field
from typing import BinaryIO, TypeAlias

MAGIC = (b"\0\0\0\3", b"\0\0\0\4")

MOST_TAGS = 50_000
MOST_DEPTH = 64
LONGEST_VALUE = 8 << 10
"""Bytes of an array or string that are still read; longer ones are pixels and tables, and are stepped over."""

_GROUP, _DATA = 20, 21
_STRUCT, _STRING, _ARRAY = 15, 18, 20
_CODES = {2: "h", 3: "i", 4: "H", 5: "I", 6: "f", 7: "d", 8: "?", 9: "b", 10: "B", 11: "q", 12: "Q"}
_UTF16 = 4
_MARK = b"%%%%"
_MOST_INFO = 4096
_MOST_KEPT = 16 << 20
_LONGEST_NAME = 1024

TagValue: TypeAlias = float | int | bool | str | tuple[float | int | bool, ...] | None
"""A value; None for what was stepped over."""


class NoTagTreeError(ValueError):
    """The bytes are no tag tree, or it leaves the file; never leaves this package."""


@dataclass
class TagTree:
    """All values by their path; what has no name is numbered, e.g. `ImageList.1.ImageData.DataType`.

    Attributes:
        version: 3 or 4.
        is_little_endian: Byte order of values.
        values: What was read.
        sizes: Bytes of arrays, read or stepped over.
    """

    version: int
    is_little_endian: bool
    values: dict[str, TagValue] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)


def parse_tags(file: BinaryIO) -> TagTree:
    """Walk the whole tree of an open file.

    Raises:
        NoTagTreeError: The file is none, is cut short, or claims more than it can hold.
    """
    return _Walk(file).tree


class _Walk:
    """One pass over a file; the stack of open groups is ours, so that depth is bounded by a number, not by Python."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = os.fstat(file.fileno()).st_size
        magic = self._read(4)
        if magic not in MAGIC:
            raise NoTagTreeError(f"it starts with {magic!r}, which is no Gatan file")
        version = magic[3]
        self._word = struct.Struct(">q" if version == 4 else ">i")  # noqa: PLR2004 - DM4 has wider numbers
        self._has_lengths = version == 4  # noqa: PLR2004
        self._number()
        self.tree = TagTree(version, is_little_endian=struct.unpack(">i", self._read(4))[0] == 1)
        self._order = "<" if self.tree.is_little_endian else ">"
        self._tags = self._kept = 0
        self._walk()

    def _walk(self) -> None:
        open_groups = [("", 0, self._group())]
        while open_groups:
            path, done, count = open_groups.pop()
            if done == count:
                continue
            kind, name = self._tag()
            here = f"{path}{name or done}"
            open_groups.append((path, done + 1, count))
            if kind == _GROUP:
                if len(open_groups) >= MOST_DEPTH:
                    raise NoTagTreeError(f"its groups are nested more than {MOST_DEPTH} deep")
                open_groups.append((f"{here}.", 0, self._group()))
            else:
                self._data(here)

    def _group(self) -> int:
        self._read(2)
        count = self._number()
        smallest_tag = 3
        if not 0 <= count * smallest_tag <= self._left():
            raise NoTagTreeError(f"a group claims {count} tags, {self._left()} bytes are left")
        return count

    def _tag(self) -> tuple[int, str]:
        self._tags += 1
        if self._tags > MOST_TAGS:
            raise NoTagTreeError(f"it holds more than {MOST_TAGS} tags")
        kind, length = struct.unpack(">BH", self._read(3))
        if length > _LONGEST_NAME:
            raise NoTagTreeError(f"a name of {length} bytes at byte {self._file.tell()}")
        name = self._read(length).decode("latin-1").replace(".", "_")
        if kind not in {_GROUP, _DATA}:
            raise NoTagTreeError(f"a tag of kind {kind} at byte {self._file.tell()}")
        if self._has_lengths:
            self._read(8)
        return kind, name

    def _data(self, path: str) -> None:
        if self._read(4) != _MARK:
            raise NoTagTreeError(f"a value without its mark at byte {self._file.tell()}")
        length = self._number()
        if not 0 < length <= _MOST_INFO:
            raise NoTagTreeError(f"a value described by {length} numbers at byte {self._file.tell()}")
        info = struct.unpack(f">{length}{self._word.format[-1]}", self._read(length * self._word.size))
        code, count, is_tuple = _meaning(info)
        size = struct.calcsize(f"={code}") * count
        if count < 0 or size > self._left():
            raise NoTagTreeError(f"{path} claims {size} bytes, {self._left()} are left")
        self._kept += len(path) + min(size, LONGEST_VALUE)
        if self._kept > _MOST_KEPT:
            raise NoTagTreeError(f"it holds more than {_MOST_KEPT} bytes of names and values")
        if info[0] == _ARRAY:
            self.tree.sizes[path] = size
        if size > LONGEST_VALUE:
            self._file.seek(size, os.SEEK_CUR)
            return
        self.tree.values[path] = _value(self._read(size), info, f"{self._order}{code * count}", is_tuple=is_tuple)

    def _number(self) -> int:
        return int(self._word.unpack(self._read(self._word.size))[0])

    def _left(self) -> int:
        return self._size - self._file.tell()

    def _read(self, length: int) -> bytes:
        found = self._file.read(length) if length <= self._left() else b""
        if len(found) < length:
            raise NoTagTreeError(f"it ends at byte {self._size}, in the middle of its tags")
        return found


def _meaning(info: tuple[int, ...]) -> tuple[str, int, bool]:
    """Give the codes of the `struct` module for a value, how often they are repeated, and whether they are many."""
    kind, *rest = info
    if kind in _CODES and not rest:
        return _CODES[kind], 1, False
    if kind == _STRING and len(rest) == 1:
        return "B", rest[0], True
    if kind == _STRUCT:
        return _fields(rest), 1, True
    if kind == _ARRAY and len(rest) > 1:
        return _fields(rest[1:-1]) if rest[0] == _STRUCT else _simple(rest[:-1]), rest[-1], True
    raise NoTagTreeError(f"a value of unknown kind {info[:4]}")


def _fields(definition: list[int]) -> str:
    """Read what a structure is made of: the length of its name, the number of fields, then length and type of each."""
    types = definition[3::2]
    if len(definition) < 2 or definition[1] != len(types):  # noqa: PLR2004 - a length and a number
        raise NoTagTreeError(f"a structure described as {definition[:6]}")
    return "".join(_simple([kind]) for kind in types)


def _simple(definition: list[int]) -> str:
    """An array of arrays or strings was never seen; it is refused rather than misread."""
    if len(definition) != 1 or definition[0] not in _CODES:
        raise NoTagTreeError(f"an array of {definition[:4]}")
    return _CODES[definition[0]]


def _value(found: bytes, info: tuple[int, ...], code: str, *, is_tuple: bool) -> TagValue:
    if info[0] == _STRING:
        return found.decode("utf-8", "replace")
    if info[0] == _ARRAY and info[1] == _UTF16:
        return found.decode("utf-16-le" if code[0] == "<" else "utf-16-be", "replace").rstrip("\0")
    values = struct.unpack(code, found)
    return values if is_tuple else values[0]
