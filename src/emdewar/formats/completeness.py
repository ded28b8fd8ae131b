"""Is a file whole? The cheap answer that the settle rule asks for thousands of files: headers only, nothing decoded."""

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO
from xml.parsers.expat import ExpatError, ParserCreate

from emdewar.errors import UnavailableError
from emdewar.formats import eer, mrc, serialem, tiff

_GATAN_MAGIC = (b"\0\0\0\3", b"\0\0\0\4")
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
        with path.open("rb") as file:
            if not file.read(1):
                return "the file is empty"
            file.seek(0)
            return check(file)
    except OSError as error:
        msg = f"cannot read {path} now: {error.strerror or error}; check the share and try again"
        raise UnavailableError(msg) from error


def _why_xml_incomplete(file: BinaryIO) -> str | None:
    content = file.read()
    parser = ParserCreate()
    parser.StartDoctypeDeclHandler = _stop_at_document_type
    try:
        parser.Parse(content, True)
    except _DocumentTypeError:
        return None if content.rstrip().endswith(b">") else "the XML document has no end"
    except (ExpatError, ValueError, LookupError) as error:
        return f"not one whole XML document: {error}"
    return None


def _why_dm_incomplete(file: BinaryIO) -> str | None:
    """EPU's `.dm` is XML; Gatan's is another format, which is only recognised."""
    magic = file.read(4)
    file.seek(0)
    return None if magic in _GATAN_MAGIC else _why_xml_incomplete(file)


def _why_gain_incomplete(file: BinaryIO) -> str | None:
    """A gain reference of Thermo Fisher is a TIFF; others may be anything that is not empty."""
    magic = file.read(4)
    file.seek(0)
    return tiff.why_incomplete(file) if magic in _TIFF_MAGIC else None


def _why_mdoc_incomplete(file: BinaryIO) -> str | None:
    return serialem.why_incomplete(file.read())


def _not_empty(_file: BinaryIO) -> str | None:
    """An image or camera file of which only the first byte matters here."""
    return None


class _DocumentTypeError(Exception):
    """A document type begins; entities are not expanded here, so that nothing can explode."""


def _stop_at_document_type(*_: object) -> None:
    raise _DocumentTypeError


_CHECKS: dict[str, Callable[[BinaryIO], str | None]] = {
    ".dm": _why_dm_incomplete,
    ".dm3": _not_empty,
    ".dm4": _not_empty,
    ".eer": eer.why_incomplete,
    ".gain": _why_gain_incomplete,
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
