"""What lies in a session folder, sorted by what it is: one walk for metadata and thumbnails."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from emdewar.errors import UnavailableError
from emdewar.formats.epu_names import is_movie, movie_stem


@dataclass
class SessionFiles:
    """The files of a session by kind, each list in the order of their paths.

    Attributes:
        folder: The session.
        movie_xml: Metadata of movies by stem; a second copy of the same stem is passed over.
        movies: Movies by stem.
        previews: Small images (jpg, mrc) of movies by stem.
        session_plans: `EpuSession.dm`.
        mdocs: `.mdoc`.
        grid_squares: Images of grid squares.
        atlases: Images of the atlas.
    """

    folder: Path
    movie_xml: dict[str, Path] = field(default_factory=dict)
    movies: dict[str, Path] = field(default_factory=dict)
    previews: dict[str, Path] = field(default_factory=dict)
    session_plans: list[Path] = field(default_factory=list)
    mdocs: list[Path] = field(default_factory=list)
    grid_squares: list[Path] = field(default_factory=list)
    atlases: list[Path] = field(default_factory=list)

    def take(self, path: Path) -> None:
        """Put one file where it belongs; what is no part of the story is passed over."""
        suffix = path.suffix.lower()
        if suffix == ".xml":
            if "_Data_" in path.name:
                self.movie_xml.setdefault(movie_stem(path.name), path)
        elif suffix == ".mdoc":
            self.mdocs.append(path)
        elif path.name == "EpuSession.dm":
            self.session_plans.append(path)
        elif is_movie(path.name):
            self.movies.setdefault(movie_stem(path.name), path)
        elif suffix in {".jpg", ".jpeg", ".mrc"}:
            self._take_picture(path)

    def _take_picture(self, path: Path) -> None:
        if "_Data_" in path.name:
            self.previews.setdefault(path.stem, path)
        elif path.name.startswith("GridSquare_"):
            self.grid_squares.append(path)
        elif path.name.startswith("Atlas_"):
            self.atlases.append(path)


def list_session_files(folder: Path) -> SessionFiles:
    """Walk a session folder and sort its files; links are not followed.

    Raises:
        UnavailableError: The folder, or one inside, cannot be listed now.
    """
    files = SessionFiles(folder)
    for path in _walk(folder):
        files.take(path)
    return files


def _walk(folder: Path) -> Iterator[Path]:
    for where, folders, names in os.walk(folder, onerror=_unavailable):
        folders.sort()
        for name in sorted(names):
            yield Path(where, name)


def _unavailable(error: OSError) -> None:
    msg = f"cannot list {error.filename} now: {error.strerror or error}; check the share and try again"
    raise UnavailableError(msg) from error
