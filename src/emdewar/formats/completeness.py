"""Is a file whole? The cheap answer that the settle rule asks for thousands of files: headers only, nothing decoded."""

from collections.abc import Callable
from os import SEEK_END
from pathlib import Path
from typing import BinaryIO
from xml.parsers.expat import ExpatError, ParserCreate

from emdewar.errors import RefusedError
from emdewar.formats import eer, mrc, serialem, tiff
from emdewar.formats.gatan_tags import NoTagTreeError, parse_tags
from emdewar.formats.regular_file import MOST_BYTES, open_regular

_GATAN_MAGIC = (b"\0\0\0\3", b"\0\0\0\4")
_CHUNK_BYTES, _END_BYTES = 1 << 20, 1 << 10
_LONGEST_TAG_BYTES = 4 << 20
"""Far more than any microscope writes; expat scans an unfinished tag anew with every piece."""
_TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def why_incomplete(path: Path) -> str | None:
    """Say in one line why a file is not complete for its format, or None where it is.

    The format is told by the suffix; a file of unknown suffix is complete, even empty. Hostile content is incomplete at
    worst: it raises nothing.

    Raises:
        UnavailableError: The file cannot be read now.
    """
    check = _CHECKS.get(path.suffix.lower())
    if check is None:
        return None
    try:
        with open_regular(path) as file:
            if not file.read(1):
                return "the file is empty"
            file.seek(0)
            return check(file)
    except RefusedError as error:
        return str(error)


def _why_xml_incomplete(file: BinaryIO) -> str | None:
    """Parse to the end, a piece at a time, keeping nothing."""
    parser = ParserCreate()
    parser.StartDoctypeDeclHandler = _stop_at_document_type
    try:
        while chunk := file.read(_CHUNK_BYTES):
            parser.Parse(chunk)
            if file.tell() - parser.CurrentByteIndex > _LONGEST_TAG_BYTES:
                return f"a tag of the XML document is longer than {_LONGEST_TAG_BYTES} bytes"
        parser.Parse(b"", True)
    except _DocumentTypeError:
        return None if _ends_with_tag(file) else "the XML document has no end"
    except (ExpatError, ValueError, LookupError) as error:
        return f"not one whole XML document: {error}"
    return None


def _ends_with_tag(file: BinaryIO) -> bool:
    file.seek(max(0, file.seek(0, SEEK_END) - _END_BYTES))
    return file.read(_END_BYTES).rstrip().endswith(b">")


def _why_dm_incomplete(file: BinaryIO) -> str | None:
    """EPU's `.dm` is XML; Gatan's of old is another format, which is only recognised."""
    magic = file.read(4)
    file.seek(0)
    return None if magic in _GATAN_MAGIC else _why_xml_incomplete(file)


def _why_gatan_incomplete(file: BinaryIO) -> str | None:
    """Walk Gatan's tags, which must all lie inside the file, pixels included."""
    try:
        parse_tags(file)
    except NoTagTreeError as error:
        return f"no whole Gatan file: {error}"
    return None


def _why_gain_incomplete(file: BinaryIO) -> str | None:
    """A gain reference of Thermo Fisher is a TIFF; others may be anything that is not empty."""
    magic = file.read(4)
    file.seek(0)
    return tiff.why_incomplete(file) if magic in _TIFF_MAGIC else None


def _why_mdoc_incomplete(file: BinaryIO) -> str | None:
    content = file.read(MOST_BYTES + 1)
    return serialem.why_incomplete(content) if len(content) <= MOST_BYTES else "no mdoc is that long"


def _not_empty(_file: BinaryIO) -> str | None:
    """An image or camera file of which only the first byte matters here."""
    return None


class _DocumentTypeError(Exception):
    """A document type begins; entities are not expanded here, so that nothing can explode."""


def _stop_at_document_type(*_: object) -> None:
    raise _DocumentTypeError


_CHECKS: dict[str, Callable[[BinaryIO], str | None]] = {
    ".dm": _why_dm_incomplete,
    ".dm3": _why_gatan_incomplete,
    ".dm4": _why_gatan_incomplete,
    ".eer": eer.why_incomplete,
    ".gain": _why_gain_incomplete,
    ".idoc": _why_mdoc_incomplete,
    ".jpeg": _not_empty,
    ".jpg": _not_empty,
    ".map": mrc.why_incomplete,
    ".mdoc": _why_mdoc_incomplete,
    ".mrc": mrc.why_incomplete,
    ".mrcs": mrc.why_incomplete,
    ".png": _not_empty,
    ".st": mrc.why_incomplete,
    ".tif": tiff.why_incomplete,
    ".tiff": tiff.why_incomplete,
    ".xml": _why_xml_incomplete,
}
