"""Materials science to OSC-EM: a session of `.emd`, `.prz`, `.dm3` and `.dm4` files."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from emdewar.errors import RefusedError
from emdewar.formats.gatan import read_gatan
from emdewar.formats.materials import MaterialsMetadata, read_materials
from emdewar.oscem.findings import Finding, files_finding
from emdewar.oscem.general_gatan import gatan_record, is_gatan
from emdewar.oscem.general_record import general_record
from emdewar.oscem.general_sources import GeneralSources
from emdewar.oscem.ledger import Ledger
from emdewar.oscem.records import OscemRecord
from emdewar.oscem.session_metadata import SessionMetadata
from emdewar.oscem.site import SiteValues
from emdewar.oscem.suppliers import supplier_of

MOST_READ = 50
"""Files that are read; each takes a second, and a record of its own."""


def describe_materials(folder: Path, paths: Sequence[Path], site: SiteValues) -> SessionMetadata:
    """Describe a session: the record is that of the first file, each has its own in `series`.

    Raises:
        RefusedError: The site's time zone does not exist.
        UnavailableError: A file cannot be read now.
    """
    unreadable: dict[str, str] = {}
    read: list[SessionMetadata] = []
    for path in islice(paths, MOST_READ):
        try:
            read.append(_described(path, site))
        except RefusedError as error:
            unreadable[path.name] = str(error)
    why = [f"{name} ({reason})" for name, reason in unreadable.items()]
    found = files_finding("a file of materials science that can be read", why, folder.name)
    unread = [path.name for path in paths[MOST_READ:]]
    found += files_finding(f"at most {MOST_READ} files of materials science; these were not read", unread, folder.name)
    whole = read[0] if read else SessionMetadata({"acquisition": {}, "instrument": {}}, (), {})
    series = tuple(read) if len(read) > 1 else ()
    return replace(whole, findings=(*found, *whole.findings), images=len(paths), name=None, series=series)


def describe_file(metadata: MaterialsMetadata, site: SiteValues) -> SessionMetadata:
    """Describe one file.

    Raises:
        RefusedError: The site's time zone does not exist.
    """
    ledger = Ledger()
    record = general_record(GeneralSources(metadata, site), ledger)
    return _of_one(record, ledger, metadata.path.name)


def _described(path: Path, site: SiteValues) -> SessionMetadata:
    if not is_gatan(path):
        return describe_file(read_materials(path), site)
    ledger = Ledger()
    return _of_one(gatan_record(read_gatan(path), site, ledger), ledger, path.name)


def _of_one(record: OscemRecord, ledger: Ledger, name: str) -> SessionMetadata:
    moment, found = record.acquisition.date_time, []
    if moment is None:
        path = "acquisition.date_time"
        expectation = "a time, and the zone of the microscope's clock where the file carries none"
        found.append(Finding(path=path, expectation=expectation, value="none", source=supplier_of(path)))
    microscope = record.instrument.microscope
    return replace(
        SessionMetadata.of(record, ledger, found),
        start=moment,
        end=moment,
        instrument=microscope.model if microscope else None,
        images=1,
        name=name,
    )
