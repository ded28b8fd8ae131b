"""Files made to harm whoever reads them: to fill the memory, to be read for ever, to end where nobody expects it."""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.formats_made import mrc_file, sparse

Writer = Callable[[Path], None]

_ROOT = "MicroscopeImage"
_LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))


def _text(content: str, encoding: str = "utf-8") -> Writer:
    return lambda path: _write(path, content.encode(encoding))


def _bytes(content: bytes) -> Writer:
    return lambda path: _write(path, content)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _xml() -> Iterator[tuple[str, Writer]]:
    laughs = f'<!DOCTYPE x [<!ENTITY a0 "ha">{_LAUGHS}]><{_ROOT}>&a9;</{_ROOT}>'
    yield "billion laughs", _text(f'<?xml version="1.0"?>{laughs}')
    yield "billion laughs in UTF-16", _text(f'<?xml version="1.0" encoding="UTF-16"?>{laughs}', "utf-16")
    yield "quadratic entity", _text(f'<!DOCTYPE x [<!ENTITY a "{"x" * 100_000}">]><x>{"&a;" * 50_000}</x>')
    yield "external entity", _text('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>')
    yield "parameter entity", _text('<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><x/>')
    yield "deep", _text("<a>" * 200_000 + "</a>" * 200_000)
    yield "deep without end", _text("<a>" * 200_000)
    yield "wide", _text("<a>" + "<b/>" * 5_000_000 + "</a>")
    yield "attributes", _text("<a " + " ".join(f'b{n}=""' for n in range(1_010_000)) + "/>")
    yield "long name", _text(f"<{'a' * 10_000_000}/>")
    yield "long namespace", _text(f'<a xmlns="{"u" * 1_000_000}">{"".join(f"<b{n}/>" for n in range(20_000))}</a>')
    yield "long text of wide characters", _text(f"<a>{'x' * 25_000_000}\U0001f600</a>")
    yield "unknown encoding", _text('<?xml version="1.0" encoding="EBCDIC-CP-FOO"?><a/>')
    yield "many-byte encoding", _text('<?xml version="1.0" encoding="shift_jis"?><a/>')
    yield (
        "epu with odd numbers",
        _text(
            f"<{_ROOT}><microscopeData><optics><TemMagnification><NominalMagnification>{'9' * 5000}"
            "</NominalMagnification></TemMagnification></optics><gun><AccelerationVoltage>nan</AccelerationVoltage></gun><acquisition>"
            "<acquisitionDateTime>9999-99-99T99:99:99+99:99</acquisitionDateTime></acquisition></microscopeData>"
            f"<SpatialScale><pixelSize><x><numericValue>1e400</numericValue></x></pixelSize></SpatialScale></{_ROOT}>"
        ),
    )
    yield "nested CDATA", _text("<a>" + "<![CDATA[x]]>" * 500_000 + "</a>")


def _mdoc() -> Iterator[tuple[str, Writer]]:
    yield "mdoc of a million sections", _text("".join(f"[ZValue = {n}]\n" for n in range(1_000_000)))
    yield "mdoc of a million lines", _text("[ZValue = 0]\n" + "".join(f"k{n} = 1\n" for n in range(1_000_000)))
    yield "mdoc of one line", _text("[ZValue = " + "0" * 20_000_000 + "]\n")
    yield "mdoc of spaces", _text("PixelSpacing" + " " * 5_000_000 + "= 1\n[ZValue = 0]\nTiltAngle = 1\n")
    yield "mdoc of empty lines", _text("\n" * 20_000_000)
    yield "mdoc with NUL", _text("PixelSpacing = 1\0\n[ZValue = \0]\nTiltAngle = \0\n")
    yield (
        "mdoc of huge numbers",
        _text(
            "PixelSpacing = 1e999\nVoltage = -"
            + "9" * 5000
            + "\n[ZValue = 0]\nTiltAngle = inf\nMagnification = 1e308\n"
            "DateTime = 99-Foo-9999  99:99:99\nNumSubFrames = 1e300\nFrameDosesAndNumber = 1 1e300 nan 3\n"
        ),
    )
    yield "mdoc of titles", _text("".join(f"[T = {'x' * 100}]\n" for _ in range(100_000)) + "[ZValue = 0]\n")
    yield "mdoc of a title of spaces", _text(f"[T = Tilt axis angle{' ' * 200_000}]\n[ZValue = 0]\nTiltAngle = 1\n")


def _mrc() -> Iterator[tuple[str, Writer]]:
    huge = bytearray(mrc_file(kind=b"FEI1")[:1024])
    huge[0:12] = struct.pack("<3i", 2**31 - 1, 2**31 - 1, 2**31 - 1)
    huge[92:96] = struct.pack("<i", 2**31 - 1)
    yield "mrc that claims everything", _bytes(bytes(huge))
    serial = bytearray(mrc_file(kind=b"SERI", per_section=(2, 1))[:1024])
    serial[0:12] = struct.pack("<3i", 1, 1, 2**31 - 1)
    serial[92:96] = struct.pack("<i", 2**31 - 1)
    yield "mrc of two thousand million sections", lambda path: sparse(path, bytes(serial), 10 << 30)
    serial[128:132] = struct.pack("<2h", 32767, 32767)
    yield "mrc with long lines", lambda path: sparse(path, bytes(serial), 10 << 30)


def _tiff() -> Iterator[tuple[str, Writer]]:
    yield "tiff in a circle", _bytes(b"II*\0\x08\0\0\0" + struct.pack("<HI", 0, 8))
    two = struct.pack("<HI", 0, 14) + struct.pack("<HI", 0, 8)
    yield "tiff in a circle of two", _bytes(b"II*\0\x08\0\0\0" + two)
    chain = b"".join(struct.pack("<HI", 0, 8 + 6 * (n + 1)) for n in range(200_000))
    yield "tiff of 200,000 pages", _bytes(b"II*\0\x08\0\0\0" + chain)
    yield "tiff of many overlapping pages", _bytes(_overlapping())
    yield "tiff of 65535 tags", _bytes(b"II*\0\x08\0\0\0" + struct.pack("<H", 65535) + bytes(1_000_000))
    yield "bigtiff of 2^63 tags", _bytes(b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 2**63))
    yield "bigtiff beyond the file", _bytes(b"II+\0\x08\0\0\0" + struct.pack("<Q", 2**64 - 1))
    tags = [(256, 4, 1, 30), (257, 4, 1, 20), (273, 4, 2**32 - 1, 8), (279, 4, 2**32 - 1, 8)]
    tags += [
        (270, 2, 2**32 - 1, 8),
        (65001, 7, 2**32 - 1, 8),
        (282, 5, 1, 2**32 - 1),
        (296, 3, 1, 3),
        (258, 3, 3, 2**32 - 1),
    ]
    page = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)
    yield "tiff whose tags are 4 GB long", lambda path: sparse(path, b"II*\0\x08\0\0\0" + page, 10 << 30)
    yield (
        "tiff of odd types",
        _bytes(
            b"II*\0\x08\0\0\0"
            + struct.pack("<H", 4)
            + b"".join(
                struct.pack("<HHII", tag, kind, 1, 7) for tag, kind in ((256, 0), (257, 99), (258, 12), (270, 255))
            )
            + bytes(4)
        ),
    )
    for name, size in (("no", 0), ("2^32", 2**32 - 1)):
        sized = struct.pack("<H", 2) + b"".join(struct.pack("<HHII", tag, 4, 1, size) for tag in (256, 257)) + bytes(4)
        yield f"tiff of {name} columns", _bytes(b"II*\0\x08\0\0\0" + sized)
    deep = b"<metadata>" + b"<item>" * 8000
    eer = struct.pack("<H", 1) + struct.pack("<HHII", 65001, 7, len(deep), 30) + bytes(4) + bytes(8) + deep
    yield "eer with deep xml", _bytes(b"II*\0\x08\0\0\0" + eer)


def _overlapping() -> bytes:
    """Thousands of pages that share one area of tags: small in the file, large when read."""
    count = 4000
    body = bytearray(2 * count + 12 * count + 64)
    for index in range(0, len(body) - 6, 2):
        struct.pack_into("<H", body, index, count)
    return b"II*\0\x08\0\0\0" + bytes(body)


def _gatan() -> Iterator[tuple[str, Writer]]:
    for version, word in ((3, "i"), (4, "q")):
        head = struct.pack(f">i{word}i", version, 100, 1)
        most = 2 ** (31 if word == "i" else 63) - 1
        group = b"\x14\0\0" + (bytes(8) if version == 4 else b"")
        yield f"dm{version} of {most} tags", _bytes(head + b"\0\0" + struct.pack(f">{word}", most) + bytes(50))
        nested = (b"\0\0" + struct.pack(f">{word}", 1) + group) * 100_000
        yield f"dm{version} without bottom", _bytes(head + nested)
        value = b"\x15\0\0" + (bytes(8) if version == 4 else b"") + b"%%%%"
        for kind, info in (("array", (20, 4, most)), ("string", (18, most)), ("negative", (20, 4, -1))):
            body = (
                b"\0\0" + struct.pack(f">{word}", 1) + value + struct.pack(f">{1 + len(info)}{word}", len(info), *info)
            )
            yield f"dm{version} {kind}", _bytes(head + body + bytes(50))
        body = b"\0\0" + struct.pack(f">{word}", 1) + value + struct.pack(f">{word}", most)
        yield f"dm{version} description", _bytes(head + body + bytes(50))
        many = b"".join(value + struct.pack(f">2{word}", 1, 8) + b"\1" for _ in range(52_000))
        yield f"dm{version} of many values", _bytes(head + b"\0\0" + struct.pack(f">{word}", 52_000) + many)
        text = b"\x15\x04\0" + b"n" * 1024 + (bytes(8) if version == 4 else b"") + b"%%%%"
        names = b"".join(text + struct.pack(f">2{word}", 1, 8) + b"\1" for _ in range(20_000))
        yield f"dm{version} of long names", _bytes(head + b"\0\0" + struct.pack(f">{word}", 20_000) + names)


def _any() -> Iterator[tuple[str, Writer]]:
    yield "empty", _bytes(b"")
    yield "one byte", _bytes(b"I")
    yield "zeros", _bytes(bytes(65_536))
    yield "ones", _bytes(b"\xff" * 65_536)
    yield "every byte", _bytes(bytes(range(256)) * 256)
    yield "10 GB of nothing", lambda path: sparse(path, b"", 10 << 30)
    yield "10 GB of xml", lambda path: sparse(path, b'<?xml version="1.0"?><a>', 10 << 30)
    yield "10 GB of mdoc", lambda path: sparse(path, b"[ZValue = 0]\n", 10 << 30)
    yield "only a byte order mark", _bytes(b"\xef\xbb\xbf")
    yield "zip bomb", _bytes(b"PK\x03\x04" + bytes(100))
    yield "hdf5 of nothing", _bytes(b"\x89HDF\r\n\x1a\n" + bytes(2000))


def hostile_files() -> dict[str, Writer]:
    """Give all writers of hostile files by what they are."""
    return dict(kind for kinds in (_any, _xml, _mdoc, _mrc, _tiff, _gatan) for kind in kinds())
