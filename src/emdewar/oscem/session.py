"""The metadata of a session folder: what the vendor wrote as an OSC-EM record, and what is wrong with it."""

from dataclasses import replace
from pathlib import Path

from emdewar.formats.session_files import SessionFiles, list_session_files
from emdewar.oscem import general, spa, tilt_series
from emdewar.oscem.both_kinds import with_mdocs
from emdewar.oscem.findings import Finding
from emdewar.oscem.folder_findings import folder_findings
from emdewar.oscem.ledger import Ledger
from emdewar.oscem.merging import with_person
from emdewar.oscem.person import PersonValues
from emdewar.oscem.records import OscemRecord
from emdewar.oscem.session_metadata import SessionMetadata
from emdewar.oscem.site import SiteValues

__all__ = ["Finding", "PersonValues", "SessionMetadata", "SiteValues", "describe_session"]

NO_SITE_VALUES = SiteValues()
"""A site that knows nothing."""


def describe_session(
    folder: Path, site: SiteValues = NO_SITE_VALUES, person: PersonValues | None = None
) -> SessionMetadata:
    """Read a session's metadata into OSC-EM.

    A file that cannot be understood, a value that is missing or contradicts another is a finding, never an exception;
    a folder without readable metadata gives an almost empty record and the finding that says so.

    Args:
        folder: The session, as EPU, Tomography or SerialEM laid it out.
        site: What only the site knows.
        person: What only a person knows, so far as somebody said it; None where there is nobody to ask.

    Raises:
        RefusedError: The site's time zone does not exist.
        UnavailableError: A file or folder cannot be read now.
    """
    files = list_session_files(folder)
    described = with_person(_described(files, site), person)
    return replace(described, findings=(*described.findings, *folder_findings(files))).judged()


def _described(files: SessionFiles, site: SiteValues) -> SessionMetadata:
    if files.movie_xml:
        described = spa.describe_epu(files, site)
        return with_mdocs(described, tilt_series.describe_mdocs(files, site), files) if files.mdocs else described
    if files.mdocs:
        return tilt_series.describe_mdocs(files, site)
    if files.materials:
        return general.describe_materials(files.folder, files.materials, site)
    if files.movies or files.previews or files.stacks:
        return spa.describe_epu(files, site)
    expectation = "metadata of EPU (*_Data_*.xml), or of SerialEM or Tomography (*.mdoc)"
    found = Finding(path="acquisition", expectation=expectation, value="none", source=files.folder.name)
    return SessionMetadata.of(OscemRecord(), Ledger(), [found])
