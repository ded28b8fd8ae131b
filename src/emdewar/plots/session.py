"""All plots of a session, as the catalog attaches them."""

from collections.abc import Iterator, Sequence
from datetime import UTC
from pathlib import Path

from emdewar.errors import RefusedError, UnavailableError
from emdewar.formats.mdoc_images import MdocImage, images_of
from emdewar.formats.serialem import MdocKind, read_mdoc
from emdewar.oscem.course import MovieCourse
from emdewar.plots.course import NM_PER_UM, plot_course
from emdewar.plots.tilts import TiltCourse, image_dose_e_per_a2, plot_all_series, plot_tilts, tilt_course
from emdewar.thumbnails import Thumbnail

MOST_SERIES = 4
"""Tilt series that get a plot of their own; the overview has all."""


def session_plots(name: str, course: MovieCourse, mdocs: Sequence[Path]) -> Iterator[Thumbnail]:
    """Draw defocus and dose over the session, and its tilt series; what is not there is not drawn.

    Args:
        name: What the session is called on the plots.
        course: Defocus and dose of its movies; where it is empty, that of movies with an `.mdoc` counts.
        mdocs: Its `.mdoc`; those that describe neither tilts nor movies, or cannot be read, are passed over.
    """
    series, movies = _read(mdocs)
    if drawn := plot_course(course if len(course) else movies, name):
        yield Thumbnail("plots/course.png", "Defocus and dose of the movies", drawn)
    if len(series) > 1:
        yield Thumbnail("plots/series.png", "Range of tilts and dose of all tilt series", plot_all_series(series, name))
    for number in range(0, len(series), max(1, -(-len(series) // MOST_SERIES))):
        one = series[number]
        yield Thumbnail(f"plots/series/{number + 1}.png", f"Tilts and dose of {one.name}", plot_tilts(one))


def _read(mdocs: Sequence[Path]) -> tuple[list[TiltCourse], MovieCourse]:
    """Read tilt series, and SerialEM's movies at one angle as a course."""
    series: list[TiltCourse] = []
    movies = MovieCourse()
    for path in mdocs:
        try:
            mdoc = read_mdoc(path)
        except (RefusedError, UnavailableError):
            continue
        if mdoc.kind is MdocKind.TILT_SERIES:
            series += [course for course in [tilt_course(mdoc)] if course.tilts_deg]
        elif mdoc.kind is MdocKind.MOVIES:
            for image in images_of(mdoc):
                _add(movies, image)
    return series, movies


def _add(movies: MovieCourse, image: MdocImage) -> None:
    """Take a movie in; its clock has no zone, which does not matter where times are only compared."""
    moment = None if image.taken_at is None else image.taken_at.replace(tzinfo=UTC)
    defocus_nm = None if image.target_defocus_um is None else image.target_defocus_um * NM_PER_UM
    movies.add(moment, defocus_nm, image_dose_e_per_a2(image))
