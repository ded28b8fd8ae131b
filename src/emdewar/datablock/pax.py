"""Headers of tar members in POSIX pax form: for each member exactly one right sequence of bytes.

A header is an extended header block, its records, and a ustar block. The `comment` record, a standard keyword that
readers ignore, carries the content's sha256 and is padded with spaces, so that the records fill their blocks and large
contents start on a page. See `docs/reference/datablock-format.md`; after IEEE Std 1003.1, "pax Interchange Format".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from zlib import adler32

from emdewar.errors import IntegrityError

TAR_BLOCK = 512
PAGE = 4096
"""Large contents start on a multiple of this: direct I/O and reflinks work on whole pages."""

ALIGNED_FROM = 64 * 1024
"""Contents of this size or more start on a page."""

_EIGHT_GIB = 8**11
_MODE_AND_OWNER = b"\0".join((b"0000644", b"0000000", b"0000000", b""))
_MAGIC_AND_VERSION = b"\0".join((b"ustar", b"00"))
_CHECKSUM_AT = 148
_CHECKSUM_BYTES = 8
_MOST_RECORDS = 64 * 1024
_NAME_BYTES = 100
_SHORTEST_COMMENT = len(f"83 comment=sha256:{'0' * 64}\n")

_REST = {
    kind: (kind.ljust(101, b"\0") + _MAGIC_AND_VERSION).ljust(TAR_BLOCK - _CHECKSUM_AT - _CHECKSUM_BYTES, b"\0")
    for kind in (b"x", b"0")
}
"""What follows the checksum in a block, by its type."""

_CHECKSUM_OF_REST = {kind: sum(rest) + _CHECKSUM_BYTES * ord(" ") for kind, rest in _REST.items()}


@dataclass(frozen=True, slots=True)
class Entry:
    """What a tar header says of its member.

    Attributes:
        name: Path inside the tar, with the top folder.
        size: Bytes of content.
        time_ms: Modification time in milliseconds since 1970 UTC.
    """

    name: str
    size: int
    time_ms: int


def round_up(value: int, unit: int) -> int:
    """Give the smallest multiple of `unit` that is not below `value`."""
    return -(-value // unit) * unit


def header_size(entry: Entry, at: int) -> int:
    """Tell how long the header of a member is that starts at byte `at` of the tar."""
    return _header_size(entry, at, len(_records(entry)))


def header(entry: Entry, at: int, sha256: str) -> bytes:
    """Write the header of a member that starts at byte `at` of the tar."""
    records = _records(entry)
    size = _header_size(entry, at, len(records)) - 2 * TAR_BLOCK
    room = size - len(records)
    # "<room> comment=<value>\n": the record counts its own length digits, the blank, '=' and the line feed.
    comment = (b"%d comment=sha256:%s" % (room, sha256.encode())).ljust(room - 1)
    return b"%s%s%s\n%s" % (
        _extended(size),
        records,
        comment,
        _ustar(_cut(entry.name), entry.size, entry.time_ms // 1000, b"0"),
    )


def records_size(extended: bytes) -> int:
    """Read from an extended header block how many bytes of records follow it.

    Raises:
        IntegrityError: This is no extended header block.
    """
    try:
        size = _natural(extended[124:135], 8)
    except ValueError:
        size = 0
    if extended[156:157] != b"x" or not TAR_BLOCK <= size <= _MOST_RECORDS or size % TAR_BLOCK:
        msg = "no pax extended header"
        raise IntegrityError(msg)
    return size


def parse(records: bytes, ustar: bytes) -> Entry:
    """Read a member's entry from its records and ustar block; `header` must then give the same bytes again.

    Raises:
        IntegrityError: The bytes cannot be read as a header.
    """
    try:
        values = dict(_split(records))
        name = values.get("path", ustar[:_NAME_BYTES].rstrip(b"\0")).decode()
        size = _natural(values.get("size", b"0")) or _natural(ustar[124:135], 8)
        time_ms = _milliseconds(values["mtime"]) if "mtime" in values else _natural(ustar[136:147], 8) * 1000
    except ValueError as error:
        msg = "unreadable tar header"
        raise IntegrityError(msg) from error
    return Entry(name, size, time_ms)


def _header_size(entry: Entry, at: int, records_bytes: int) -> int:
    least = 2 * TAR_BLOCK + round_up(records_bytes + _SHORTEST_COMMENT, TAR_BLOCK)
    return round_up(at + least, PAGE) - at if entry.size >= ALIGNED_FROM else least


def _records(entry: Entry) -> bytes:
    records = b""
    if entry.time_ms % 1000 or not 0 <= entry.time_ms // 1000 < _EIGHT_GIB:
        records += _record("mtime", _seconds(entry.time_ms))
    if not entry.name.isascii() or len(entry.name) > _NAME_BYTES:
        records += _record("path", entry.name.encode())
    if entry.size >= _EIGHT_GIB:
        records += _record("size", b"%d" % entry.size)
    return records


def _record(key: str, value: bytes) -> bytes:
    rest = b" %s=%s\n" % (key.encode(), value)
    size = len(rest) + len(str(len(rest)))
    size = len(rest) + len(str(size))
    return b"%d%s" % (size, rest)


def _split(records: bytes) -> Iterator[tuple[str, bytes]]:
    at = 0
    while at < len(records):
        digits = records[at : records.index(b" ", at)]
        end = at + int(digits)
        if end <= at:
            raise ValueError
        key, value = records[at + len(digits) + 1 : end - 1].split(b"=", 1)
        yield key.decode(), value
        at = end


def _natural(digits: bytes, base: int = 10) -> int:
    """Read a number that has no sign: a damaged one must not lead backwards."""
    if not digits.isdigit():
        raise ValueError(digits)
    return int(digits, base)


def _seconds(time_ms: int) -> bytes:
    sign = "-" if time_ms < 0 else ""
    return f"{sign}{abs(time_ms) // 1000}.{abs(time_ms) % 1000:03d}".encode()


def _milliseconds(seconds: bytes) -> int:
    whole, _, fraction = seconds.partition(b".")
    size = abs(int(whole)) * 1000 + int(fraction)
    return -size if seconds.startswith(b"-") else size


def _cut(name: str) -> bytes:
    """Cut a name to the ustar field without splitting a character; the whole of it is in the `path` record."""
    encoded = name.encode()
    if len(encoded) <= _NAME_BYTES:
        return encoded
    return encoded[:_NAME_BYTES].decode(errors="ignore").encode()


@cache
def _extended(records_bytes: int) -> bytes:
    """Make an extended header block: it depends on nothing but the length of its records, of which few occur."""
    return _ustar(b"PaxHeader", records_bytes, 0, b"x")


def _ustar(name: bytes, size: int, mtime_s: int, kind: bytes) -> bytes:
    """Make one 512-byte block; what does not fit its octal field is zero here and exact in a record."""
    size_field = size if size < _EIGHT_GIB else 0
    time_field = mtime_s if 0 <= mtime_s < _EIGHT_GIB else 0
    head = name.ljust(_NAME_BYTES, b"\0") + _MODE_AND_OWNER + b"%011o\0%011o\0" % (size_field, time_field)
    return b"%s%06o\0 %s" % (head, _sum(head) + _CHECKSUM_OF_REST[kind], _REST[kind])


def _sum(head: bytes) -> int:
    """Add up the bytes before a checksum: Adler-32 has their sum, and one, in its lower half, where so few fit."""
    return (adler32(head) & 0xFFFF) - 1
