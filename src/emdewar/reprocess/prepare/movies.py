"""The headers of the movies to prepare: one format, one size, and how many frames they usually have."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from emdewar.errors import INCOMPLETE_FILES, MISSING_FILES, RefusedError
from emdewar.formats.gain import Turn, turn_of
from emdewar.formats.movie import read_header
from emdewar.formats.movie_header import MovieHeader
from emdewar.oscem.findings import Finding, files_finding, some_names
from emdewar.reprocess.prepare.movie_kind import MovieKind, kind_of_movie


@dataclass(frozen=True)
class MovieSet:
    """Movies that can be processed together.

    Attributes:
        paths: Where they are, by their name in the dataset.
        kind: Their format.
        frames: Frames by name.
        header: Header of one that is like most.
        findings: What a person should look at.
    """

    paths: dict[str, Path]
    kind: MovieKind
    frames: dict[str, int]
    header: MovieHeader
    findings: tuple[Finding, ...]

    @property
    def usual_frames(self) -> int:
        """Frames that most have."""
        return self.header.frames

    @property
    def turn(self) -> Turn | None:
        """How SerialEM says that they lie."""
        return turn_of(self.header.titles)


def read_movies(paths: Mapping[str, Path]) -> MovieSet:
    """Read the headers of movies.

    Args:
        paths: Where each is, by its name in the dataset.

    Raises:
        RefusedError: There is none, one is missing or broken, or they differ in format or size.
        UnavailableError: A movie cannot be read now.
    """
    kind = _one_kind(paths)
    headers = _headers(paths)
    sizes = Counter((header.width, header.height) for header in headers.values())
    if len(sizes) > 1:
        told = ", ".join(f"{number} of {width} x {height}" for (width, height), number in sizes.most_common())
        raise RefusedError(f"the movies differ in size: {told}; choose one size by a pattern")
    usual = Counter(header.frames for header in headers.values()).most_common(1)[0][0]
    other = [name for name, header in headers.items() if header.frames != usual]
    first = next(name for name, header in headers.items() if header.frames == usual)
    return MovieSet(
        paths=dict(paths),
        kind=kind,
        frames={name: header.frames for name, header in headers.items()},
        header=headers[first],
        findings=tuple(files_finding(f"{usual} frames, as most movies have", other, first)),
    )


def _one_kind(paths: Mapping[str, Path]) -> MovieKind:
    kinds = Counter(kind_of_movie(Path(name)) for name in paths)
    if not kinds:
        raise RefusedError("there is no movie to prepare; choose some")
    if None in kinds:
        strange = [name for name in paths if kind_of_movie(Path(name)) is None]
        raise RefusedError(f"neither RELION nor cryoSPARC reads {some_names(strange)}; choose TIFF, EER or MRC movies")
    if len(kinds) > 1:
        told = ", ".join(f"{number} {kind}" for kind, number in kinds.most_common())
        raise RefusedError(f"the movies are of several formats ({told}); choose one by a pattern")
    (kind,) = kinds
    return kind or MovieKind.TIFF


def _headers(paths: Mapping[str, Path]) -> dict[str, MovieHeader]:
    headers: dict[str, MovieHeader] = {}
    broken: dict[str, str] = {}
    missing: list[str] = []
    for name, path in paths.items():
        if not path.is_file():
            missing.append(name)
            continue
        try:
            headers[name] = read_header(path)
        except RefusedError as error:
            broken[name] = str(error)
    if missing:
        msg = f"these movies are not there: {some_names(missing)}; retrieve them first"
        raise RefusedError(msg, reason=MISSING_FILES, paths=missing)
    if broken:
        first = next(iter(broken.values()))
        msg = f"these movies cannot be read: {some_names(list(broken))} (first: {first}); leave them out"
        raise RefusedError(msg, reason=INCOMPLETE_FILES, paths=list(broken))
    return headers
