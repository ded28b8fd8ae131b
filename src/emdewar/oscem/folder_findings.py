"""What a person should look at in a session's folder, whatever wrote it: mixtures, copies, broken and missing files."""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from emdewar.errors import RefusedError, UnavailableError
from emdewar.formats.completeness import why_incomplete
from emdewar.formats.expectation import missing_frames_of_all, missing_movie_xml, missing_series
from emdewar.formats.grid_square import GridSquare, read_grid_square
from emdewar.formats.serialem import Mdoc, read_mdoc
from emdewar.formats.session_files import SessionFiles
from emdewar.formats.session_roots import session_roots
from emdewar.formats.tomo5 import BatchPositions, read_batch_positions
from emdewar.oscem.findings import Finding, files_finding
from emdewar.oscem.movie_look import MOST, spread

MOST_LOOKED_AT = 200
"""Files of a kind that are looked at for completeness; the settle rule of an acquisition looks at every one."""


def folder_findings(files: SessionFiles) -> Iterator[Finding]:
    """Go through the files of a session and say what is not as it should be.

    Raises:
        UnavailableError: A plan cannot be read now.
    """
    folder = files.folder.name
    roots = session_roots(files)
    if len(roots) > 1:
        named = [f"{root.program} {root.name}" for root in roots]
        yield from files_finding("one session in a folder", named, folder)
    copies = [path.name for path in files.second_copies]
    yield from files_finding("one copy of each movie and its metadata", copies, folder)
    for name, why in _broken(files):
        yield Finding(path="files", expectation="a whole file", value=why, source=name)
    others = [path.name for path in files.no_files]
    yield from files_finding("a file: no link to nowhere, pipe or socket", others, folder)
    yield from _plans(files)


def _broken(files: SessionFiles) -> Iterator[tuple[str, str]]:
    """Look at what no reader reads to its end, and at a few movies; a folder without their metadata is looked at whole.

    An acquisition's settle rule looks at every movie before it is ingested.
    """
    kinds = (
        *(files.mdocs, files.montages, files.session_plans, files.tomography_plans, files.batch_plans),
        *(files.grid_square_plans, files.screening_plans, files.samples, files.atlas_plans),
    )
    paths = [path for kind in kinds for path in kind[:MOST_LOOKED_AT]] + spread(list(files.movies.values()), MOST)
    if not files.movie_xml:
        paths += islice(_all_files(files.folder), MOST_LOOKED_AT)
    for path in dict.fromkeys(paths):
        try:
            why = why_incomplete(path)
        except UnavailableError as error:
            why = str(error)
        if why is not None:
            yield path.name, why


def _all_files(folder: Path) -> Iterator[Path]:
    for where, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(where, name) for name in sorted(names))


def _plans(files: SessionFiles) -> Iterator[Finding]:
    """Compare what plans and documents list with what is there."""
    folder = files.folder.name
    squares = list(_squares(files))
    without = missing_movie_xml(squares, files)
    yield from files_finding("an xml for each movie that a grid square's plan lists", without, folder)
    if files.movies:
        mdocs = (mdoc for path in files.mdocs if (mdoc := _mdoc(path)) is not None)
        lost = missing_frames_of_all(mdocs, files)
        yield from files_finding("the movies that the mdoc list", lost, folder)
    for path in files.batch_plans:
        batch = _batch(path)
        missing = missing_series(batch, files) if batch else []
        yield from files_finding("a tilt series for each position of the batch", missing, path.name)


def _squares(files: SessionFiles) -> Iterator[GridSquare]:
    for path in files.grid_square_plans:
        try:
            yield read_grid_square(path)
        except RefusedError:
            continue


def _mdoc(path: Path) -> Mdoc | None:
    try:
        return read_mdoc(path)
    except RefusedError:
        return None


def _batch(path: Path) -> BatchPositions | None:
    try:
        return read_batch_positions(path)
    except RefusedError:
        return None
