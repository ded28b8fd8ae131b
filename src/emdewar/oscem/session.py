"""The metadata of a session folder: what the vendor wrote as an OSC-EM record, and what is wrong with it."""

from dataclasses import replace
from pathlib import Path

from emdewar.formats.session_files import list_session_files
from emdewar.oscem import spa, tilt_series
from emdewar.oscem.findings import Finding
from emdewar.oscem.records import OscemRecord
from emdewar.oscem.session_metadata import SessionMetadata
from emdewar.oscem.site import SiteValues

__all__ = ["Finding", "SessionMetadata", "SiteValues", "describe_session"]

NO_SITE_VALUES = SiteValues()
"""A site that knows nothing."""


def describe_session(folder: Path, site: SiteValues = NO_SITE_VALUES) -> SessionMetadata:
    """Read a session's metadata into OSC-EM.

    A file that cannot be understood, a value that is missing or contradicts another is a finding, never an exception;
    a folder without readable metadata gives an almost empty record and the finding that says so.

    Args:
        folder: The session, as EPU, Tomography or SerialEM laid it out.
        site: What only the site knows.

    Raises:
        RefusedError: The site's time zone does not exist.
        UnavailableError: A file or folder cannot be read now.
    """
    files = list_session_files(folder)
    if files.movie_xml:
        return spa.describe_epu(files, site)
    if files.mdocs:
        return tilt_series.describe_mdocs(files, site)
    expectation = "metadata of EPU (*_Data_*.xml), or of SerialEM or Tomography (*.mdoc)"
    found = Finding(path="acquisition", expectation=expectation, value="none", source=folder.name)
    nothing = SessionMetadata.of(OscemRecord(), provenance={}, findings=[])
    return replace(nothing, findings=(found, *nothing.findings), images=len(files.movies))
