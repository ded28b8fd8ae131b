"""Small pictures of a session: some movies, a tilt series, a grid square, the atlas; what a person looks at first."""

import base64
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from pathlib import Path

import numpy as np
from PIL import Image

from emdewar.errors import RefusedError, UnavailableError
from emdewar.formats.mdoc_images import images_of
from emdewar.formats.pixel_rows import Rows
from emdewar.formats.pixels import Picture, section_of, sum_of
from emdewar.formats.serialem import MdocKind, read_mdoc
from emdewar.formats.session_files import STACK_SUFFIXES, SessionFiles, list_session_files
from emdewar.oscem.findings import Finding

LOW_PERCENTILE, HIGH_PERCENTILE = 0.5, 99.5
"""Grey values below and above which a picture is black and white: enough to keep ice and gold apart from protein."""

MOST_GAINS = 3
"""Gain references that are tried on a movie."""


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


@dataclass
class SessionPictures:
    """The pictures of a session.

    Attributes:
        thumbnails: The pictures.
        findings: Files of which none could be made: cut short, too large, or of an unknown kind.
    """

    thumbnails: list[Thumbnail] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def session_thumbnails(folder: Path, *, most: int = 4, size_px: int = 256) -> SessionPictures:
    """Make small pictures of a session: movies and tilt series first, then a grid square and the atlas.

    A movie is shown as the sum of all its frames, its gain applied where one fits. One that cannot be decoded here is
    shown by its preview, and is a finding.

    Args:
        folder: The session.
        most: How many pictures at most.
        size_px: Longer side of a picture.

    Raises:
        UnavailableError: The folder cannot be listed now.
    """
    files = list_session_files(folder)
    album = _Album(files, size_px)
    others = list(islice(album.overviews(), min(2, max(0, most - 1))))
    movies = list(islice(chain(album.series(max(1, most // 2)), album.movies(most)), max(0, most - len(others))))
    return SessionPictures([*movies, *others], album.findings)


def as_data_url(png: bytes) -> str:
    """Give a picture as a data URL, as SciCat's attachments keep it."""
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"


@dataclass
class _Album:
    """Takes pictures of one session, and notes what could not be shown."""

    files: SessionFiles
    size_px: int
    findings: list[Finding] = field(default_factory=list)

    def movies(self, most: int) -> Iterator[Thumbnail]:
        """Pictures of movies spread over the session; the others follow in case some are broken."""
        stems = list({**self.files.movies, **self.files.previews})
        step = max(1, len(stems) // max(1, most))
        for stem in _some(chain(stems[::step], stems), most):
            yield from islice(self._movie(stem), 1)

    def series(self, most: int) -> Iterator[Thumbnail]:
        """The least tilted image of some tilt series that lie as stacks beside their `.mdoc`."""
        stacks = ((mdoc, stack) for mdoc in self.files.mdocs if (stack := _stack_of(self.files, mdoc)) is not None)
        for mdoc, stack in islice(stacks, most):
            section = _least_tilted(mdoc)
            if section is not None:
                caption = f"Tilt series {stack.stem}, least tilted image"
                yield from self._shown(stack, caption, partial(section_of, section=section))

    def overviews(self) -> Iterator[Thumbnail]:
        """One picture of a grid square and one of the atlas."""
        for paths, what in ((self.files.grid_squares, "Grid square"), (self.files.atlases, "Atlas")):
            pictures = (self._shown(path, f"{what} {path.stem}", sum_of) for path in islice(paths, 5))
            yield from islice(chain.from_iterable(pictures), 1)

    def _movie(self, stem: str) -> Iterator[Thumbnail]:
        gains = _likely_gains(self.files, stem)
        if movie := self.files.movies.get(stem):
            yield from self._shown(movie, f"Movie {stem}", partial(sum_of, gains=gains))
        if preview := self.files.previews.get(stem):
            yield from self._shown(preview, f"Movie {stem}, preview", sum_of)

    def _shown(self, path: Path, caption: str, look: Callable[[Path, int], Picture]) -> Iterator[Thumbnail]:
        """Show a file, or note why not; a picture is never worth the end of an ingest."""
        try:
            picture = look(path, 2 * self.size_px)
        except (RefusedError, UnavailableError) as error:
            why = str(error).removeprefix(f"{path}: ")
            expectation = "an image that can be shown"
            self.findings.append(Finding(path="files", expectation=expectation, value=why, source=path.name))
            return
        name = path.relative_to(self.files.folder).as_posix()
        yield Thumbnail(name, f"{caption}{_made_of(picture)}", png_of(picture.plane, self.size_px))


def png_of(plane: Rows, size_px: int) -> bytes:
    """Shrink a plane by averaging, which also averages noise away; then stretch the grey values."""
    picture = Image.fromarray(plane)
    picture.thumbnail((size_px, size_px), Image.Resampling.BOX)
    out = io.BytesIO()
    Image.fromarray(_stretched(np.asarray(picture))).save(out, "PNG", optimize=True)
    return out.getvalue()


def _stretched(plane: Rows) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    low, high = np.percentile(plane, (LOW_PERCENTILE, HIGH_PERCENTILE))
    scaled = (plane - low) / ((high - low) or 1.0)
    return np.asarray(np.clip(scaled, 0.0, 1.0) * 255, dtype=np.uint8)


def _made_of(picture: Picture) -> str:
    frames = f", sum of {picture.frames} frames" if picture.frames > 1 else ""
    return frames if picture.gain is None else f"{frames}, gain {picture.gain.name}"


def _some(stems: Iterator[str], most: int) -> Iterator[str]:
    """Each stem once, and at most five tries for each picture wanted: broken sessions must not take hours."""
    return islice(dict.fromkeys(islice(stems, 10 * most + 10)), 5 * most)


def _likely_gains(files: SessionFiles, stem: str) -> Sequence[Path]:
    """A gain reference that bears the movie's name comes first; some cameras write one a movie."""
    return sorted(files.gain_references, key=lambda path: not path.name.startswith(stem))[:MOST_GAINS]


def _stack_of(files: SessionFiles, mdoc: Path) -> Path | None:
    """Find the stack that a document describes, wherever it lies: `TS_1.mrc.mdoc` or `TS_1.mdoc` beside `TS_1.mrc`."""
    names = (f"{mdoc.stem}{suffix}".lower() for suffix in ("", *sorted(STACK_SUFFIXES)))
    return next((files.stacks[name] for name in names if name in files.stacks), None)


def _least_tilted(mdoc: Path) -> int | None:
    """Give the place in the stack of the image with the smallest tilt; None where the document is no tilt series."""
    try:
        document = read_mdoc(mdoc)
    except (RefusedError, UnavailableError):
        return None
    if document.kind is not MdocKind.TILT_SERIES:
        return None
    images = [image for image in images_of(document) if image.tilt_deg is not None and image.name.isdecimal()]
    return int(min(images, key=lambda image: abs(image.tilt_deg or 0.0)).name) if images else None
