"""What a session says it took, against what lies in its folder: missing movies, frames and tilt series, by name."""

from collections.abc import Iterable

from emdewar.formats.epu_names import movie_stem
from emdewar.formats.grid_square import GridSquare
from emdewar.formats.mdoc_images import images_of
from emdewar.formats.serialem import Mdoc
from emdewar.formats.session_files import SessionFiles
from emdewar.formats.tomo5 import BatchPositions


def missing_movie_xml(squares: Iterable[GridSquare], files: SessionFiles) -> list[str]:
    """Name the movies that EPU's plans of grid squares list and that have no metadata in the folder."""
    taken = {movie for square in squares for movie in square.movies}
    return sorted(taken - files.movie_xml.keys())


def missing_frames(mdoc: Mdoc, files: SessionFiles) -> list[str]:
    """Name the movies that a document lists and that are nowhere in the folder; letter case counts for nothing."""
    return missing_frames_of_all([mdoc], files)


def missing_frames_of_all(mdocs: Iterable[Mdoc], files: SessionFiles) -> list[str]:
    """Do the same for many documents, each name once; a session has ten thousand of them."""
    there = {path.name.lower() for path in (*files.movies.values(), *files.second_copies)} | files.stacks.keys()
    listed = dict.fromkeys(image.movie for mdoc in mdocs for image in images_of(mdoc) if image.movie)
    return [name for name in listed if name.lower() not in there]


def missing_series(batch: BatchPositions, files: SessionFiles) -> list[str]:
    """Name the tilt series that were planned and have no document in the folder."""
    there = {movie_stem(path.name).lower().removesuffix(".mrc") for path in files.mdocs}
    return [name for name in batch.series if name.lower() not in there]
