"""Movie headers: size and number of frames, without touching the pixels."""

from pathlib import Path

from emdewar.errors import RefusedError
from emdewar.formats import eer, gatan, mrc, tiff
from emdewar.formats.movie_header import MovieHeader

READERS = {
    ".dm3": gatan.read_header,
    ".dm4": gatan.read_header,
    ".eer": eer.read_header,
    ".mrc": mrc.read_header,
    ".mrcs": mrc.read_header,
    ".st": mrc.read_header,
    ".tif": tiff.read_header,
    ".tiff": tiff.read_header,
}
"""Which module reads which suffix."""


def read_header(path: Path) -> MovieHeader:
    """Read the header of a movie of any format, chosen by suffix.

    Raises:
        RefusedError: The suffix belongs to no movie format, or the file is none of that format.
        UnavailableError: The file cannot be read now.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        msg = f"{path} is no movie: its suffix is none of {', '.join(READERS)}"
        raise RefusedError(msg, paths=[path.name])
    return reader(path)
