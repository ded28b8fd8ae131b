"""EPU to OSC-EM: the record of a single-particle session, from the xml of every movie and the headers of a few."""

from collections.abc import Iterator
from dataclasses import replace

from emdewar.errors import RefusedError
from emdewar.formats.epu_session import EpuSession, read_session_dm
from emdewar.formats.session_files import SessionFiles
from emdewar.oscem.ledger import Ledger
from emdewar.oscem.movie_look import look_at
from emdewar.oscem.reading import movie_statistics
from emdewar.oscem.session_metadata import SessionMetadata
from emdewar.oscem.site import SiteValues
from emdewar.oscem.spa_findings import findings
from emdewar.oscem.spa_record import spa_record
from emdewar.oscem.spa_view import SpaView


def describe_epu(files: SessionFiles, site: SiteValues) -> SessionMetadata:
    """Describe an EPU session.

    Raises:
        RefusedError: The site's time zone does not exist.
        UnavailableError: A file cannot be read now.
    """
    statistics, unreadable = movie_statistics(list(files.movie_xml.values()))
    plans = list(_plans(files, unreadable))
    view = SpaView(
        files, site, statistics, look_at(files.movies, {**files.previews, **files.stacks}), plans, unreadable
    )
    ledger = Ledger()
    record = spa_record(view, ledger)
    return replace(
        SessionMetadata.of(record, ledger, findings(view)),
        start=statistics.start,
        end=statistics.end,
        instrument=view.usual.instrument if view.usual else None,
        software=view.usual.software if view.usual else None,
        images=statistics.images or len(files.movies),
        course=statistics.course,
    )


def _plans(files: SessionFiles, unreadable: dict[str, str]) -> Iterator[EpuSession]:
    for path in files.session_plans:
        try:
            yield read_session_dm(path)
        except RefusedError as error:
            unreadable[path.name] = str(error)
