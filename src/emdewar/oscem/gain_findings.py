"""Gain references of a session: which fit its movies, and which are named by metadata and missing."""

from collections.abc import Iterator

from emdewar.errors import RefusedError
from emdewar.formats.gain import GainFit, GainReference, fit_of, named_reference, read_gain_reference
from emdewar.formats.movie_header import MovieHeader
from emdewar.formats.session_files import SessionFiles
from emdewar.oscem.findings import Finding

MOST_READ = 20
"""References whose headers are read; a session has one or two."""


def gain_findings(files: SessionFiles, movie: MovieHeader | None, named: str | None) -> Iterator[Finding]:
    """Compare gain references with the size of the movies, and with the name that metadata give.

    Args:
        files: The session.
        movie: Header of a movie, if there is one.
        named: The reference that metadata name.

    Raises:
        UnavailableError: A reference cannot be read now.
    """
    path = "acquisition.gainref_flip_rotate"
    if named and files.gain_references and named_reference(named, files.gain_references) is None:
        expectation = "the gain reference that the metadata name"
        yield Finding(path=path, expectation=expectation, value="not in the folder", source=named)
    for reference in files.gain_references[:MOST_READ]:
        try:
            gain: GainReference = read_gain_reference(reference)
        except RefusedError as error:
            yield Finding(
                path="files", expectation="a readable gain reference", value=str(error), source=reference.name
            )
            continue
        if movie is not None and fit_of(gain, movie) is GainFit.NONE:
            expectation = f"a gain reference for movies of {movie.width} x {movie.height}"
            yield Finding(
                path=path, expectation=expectation, value=f"{gain.width} x {gain.height}", source=reference.name
            )
