"""Media types of the files of a session; vendors' formats have none, their suffix must do."""

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Final

MEDIA_TYPES: Final = {
    ".cif": "chemical/x-cif",
    ".dm": "application/xml",
    ".gain": "image/tiff",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".mdoc": "text/plain",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".star": "text/plain",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".txt": "text/plain",
    ".xml": "application/xml",
}


def media_type(path: str) -> str | None:
    """Give the media type of a file by its suffix, or None where its format has none."""
    return MEDIA_TYPES.get(PurePosixPath(path).suffix.lower())


def formats(paths: Iterable[str]) -> tuple[str, ...]:
    """List media types and, of formats that have none, suffixes, each once."""
    suffixes = {PurePosixPath(path).suffix.lower() for path in paths} - {""}
    return tuple(sorted({MEDIA_TYPES.get(suffix, suffix.removeprefix(".")) for suffix in suffixes}))
