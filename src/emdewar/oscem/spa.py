"""EPU to OSC-EM: the record of a single-particle session, from the xml of every movie and the headers of a few."""

from collections.abc import Iterator
from dataclasses import replace

from emdewar.errors import RefusedError
from emdewar.formats.epu import EpuImage, read_movie_xml
from emdewar.formats.epu_session import EpuSession, read_session_dm
from emdewar.formats.session_files import SessionFiles
from emdewar.oscem.movie_look import look_at
from emdewar.oscem.movie_statistics import MovieStatistics
from emdewar.oscem.session_metadata import SessionMetadata
from emdewar.oscem.site import SiteValues
from emdewar.oscem.spa_findings import findings
from emdewar.oscem.spa_record import spa_record
from emdewar.oscem.spa_sources import provenance
from emdewar.oscem.spa_view import SpaView


def describe_epu(files: SessionFiles, site: SiteValues) -> SessionMetadata:
    """Describe an EPU session.

    Raises:
        UnavailableError: A file cannot be read now.
    """
    statistics = MovieStatistics()
    unreadable: dict[str, str] = {}
    for image in _movies(files, unreadable):
        statistics.add(image)
    plans = list(_plans(files, unreadable))
    view = SpaView(files, site, statistics, look_at(files.movies), plans, unreadable)
    return replace(
        SessionMetadata.of(spa_record(view), provenance(view), findings(view)),
        start=statistics.start,
        end=statistics.end,
        instrument=view.usual.instrument if view.usual else None,
        software=view.usual.software if view.usual else None,
        images=statistics.images,
    )


def _movies(files: SessionFiles, unreadable: dict[str, str]) -> Iterator[EpuImage]:
    for path in files.movie_xml.values():
        try:
            yield read_movie_xml(path)
        except RefusedError as error:
            unreadable[path.name] = str(error)


def _plans(files: SessionFiles, unreadable: dict[str, str]) -> Iterator[EpuSession]:
    for path in files.session_plans:
        try:
            yield read_session_dm(path)
        except RefusedError as error:
            unreadable[path.name] = str(error)
