"""Small pictures of a session: some movies, a grid square, the atlas; what a person looks at before reading numbers."""

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np
from PIL import Image

from emdewar.formats.pixels import MOST_FRAMES, Plane, read_mean
from emdewar.formats.session_files import SessionFiles, list_session_files

LOW_PERCENTILE, HIGH_PERCENTILE = 0.5, 99.5
"""Grey values below and above which a picture is black and white: enough to keep ice and gold apart from protein."""


@dataclass(frozen=True)
class Thumbnail:
    """A small picture.

    Attributes:
        name: The file it shows, relative to the session; unique within it.
        caption: What it shows, for people.
        png: The picture.
    """

    name: str
    caption: str
    png: bytes


def session_thumbnails(folder: Path, *, most: int = 4, size_px: int = 256) -> list[Thumbnail]:
    """Make small pictures of a session: movies first, then a grid square and the atlas.

    A movie that cannot be decoded here is shown by its preview; a broken image is passed over.

    Args:
        folder: The session.
        most: How many pictures at most.
        size_px: Longer side of a picture.

    Raises:
        UnavailableError: The folder cannot be listed now.
    """
    files = list_session_files(folder)
    others = list(islice(_overviews(files, size_px), min(2, max(0, most - 1))))
    movies = list(islice(_movies(files, size_px, most), max(0, most - len(others))))
    return [*movies, *others]


def as_data_url(png: bytes) -> str:
    """Give a picture as a data URL, as SciCat's attachments keep it."""
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"


def _movies(files: SessionFiles, size_px: int, most: int) -> Iterator[Thumbnail]:
    """Pictures of movies spread over the session; the others follow in case some are broken."""
    stems = list({**files.movies, **files.previews})
    step = max(1, len(stems) // max(1, most))
    for stem in _some(chain(stems[::step], stems), most):
        movie, preview = files.movies.get(stem), files.previews.get(stem)
        candidates = ((movie, f"mean of up to {MOST_FRAMES} frames"), (preview, "preview"))
        pictures = (_picture(files, path, f"Movie {stem}, {what}", size_px) for path, what in candidates if path)
        if picture := next((found for found in pictures if found), None):
            yield picture


def _some(stems: Iterator[str], most: int) -> Iterator[str]:
    """Each stem once, and at most five tries for each picture wanted: broken sessions must not take hours."""
    return islice(dict.fromkeys(islice(stems, 10 * most + 10)), 5 * most)


def _overviews(files: SessionFiles, size_px: int) -> Iterator[Thumbnail]:
    for paths, what in ((files.grid_squares, "Grid square"), (files.atlases, "Atlas")):
        pictures = (_picture(files, path, f"{what} {path.stem}", size_px) for path in islice(paths, 5))
        yield from islice((found for found in pictures if found), 1)


def _picture(files: SessionFiles, path: Path, caption: str, size_px: int) -> Thumbnail | None:
    plane = read_mean(path)
    if plane is None:
        return None
    return Thumbnail(path.relative_to(files.folder).as_posix(), caption, _png(plane, size_px))


def _png(plane: Plane, size_px: int) -> bytes:
    """Shrink by averaging blocks, which also averages noise away; then stretch the grey values."""
    picture = Image.fromarray(plane)
    picture = picture.reduce(max(1, max(picture.size) // (2 * size_px)))
    picture.thumbnail((size_px, size_px), Image.Resampling.BOX)
    out = io.BytesIO()
    Image.fromarray(_stretched(np.asarray(picture))).save(out, "PNG", optimize=True)
    return out.getvalue()


def _stretched(plane: Plane) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    plane = np.nan_to_num(plane, posinf=0.0, neginf=0.0)
    low, high = np.percentile(plane, (LOW_PERCENTILE, HIGH_PERCENTILE))
    scaled = (plane - low) / ((high - low) or 1.0)
    return np.asarray(np.clip(scaled, 0.0, 1.0) * 255, dtype=np.uint8)
