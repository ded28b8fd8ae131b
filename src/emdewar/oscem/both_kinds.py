"""Folders in which EPU's xml and `.mdoc` lie side by side: the same movies described twice, or a mixture."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PureWindowsPath
from typing import Any

from emdewar.errors import RefusedError
from emdewar.formats.epu_names import movie_stem
from emdewar.formats.mdoc_images import images_of
from emdewar.formats.serialem import read_mdoc
from emdewar.formats.session_files import SessionFiles
from emdewar.oscem.findings import Finding
from emdewar.oscem.leaves import leaves, nearest
from emdewar.oscem.ledger import Ledger, Said, alike
from emdewar.oscem.session_metadata import SessionMetadata

COMPARED = (
    "acquisition.dose_per_movie.value",
    "acquisition.exposure_time.value",
    "acquisition.frames_per_movie",
    "acquisition.nominal_defocus.minimal.value",
    "acquisition.nominal_defocus.maximal.value",
    "acquisition.nominal_magnification",
    "acquisition.pixel_size.value",
    "instrument.acceleration_voltage.value",
)
"""What both describe in the same words."""


def with_mdocs(of_xml: SessionMetadata, of_mdocs: SessionMetadata, files: SessionFiles) -> SessionMetadata:
    """Join what `.mdoc` say to a session of EPU: its xml count, and nothing that the others say is lost.

    Args:
        of_xml: The session by EPU's xml.
        of_mdocs: The same folder by its `.mdoc`.
        files: The folder.
    """
    if not of_mdocs.images:
        return replace(of_xml, findings=(*of_xml.findings, *of_mdocs.findings))
    if _are_the_same_movies(files):
        return replace(of_xml, findings=(*of_xml.findings, *_differences(of_xml, of_mdocs)))
    expectation = "images of one kind; the record is that of EPU's movies, those of the mdoc are in `series`"
    value = f"{of_xml.images} movies of EPU, {of_mdocs.images} images in mdoc"
    mixture = Finding(path="files", expectation=expectation, value=value, source=files.folder.name)
    alone = replace(of_mdocs, name=of_mdocs.name or files.mdocs[0].name)
    return replace(of_xml, findings=(*of_xml.findings, mixture), series=of_mdocs.series or (alone,))


def _are_the_same_movies(files: SessionFiles) -> bool:
    """Tell whether all images in `.mdoc` are movies that EPU's xml describe, by their names."""
    names = list(_named(files))
    return bool(names) and all(movie_stem(PureWindowsPath(name).name) in files.movie_xml for name in names)


def _named(files: SessionFiles) -> Iterator[str]:
    for path in files.mdocs:
        try:
            mdoc = read_mdoc(path)
        except RefusedError:
            continue
        yield from (image.movie or mdoc.path.stem for image in images_of(mdoc))


def _differences(of_xml: SessionMetadata, of_mdocs: SessionMetadata) -> Iterator[Finding]:
    ledger = Ledger()
    known: dict[str, Any] = dict(leaves(of_xml.record))
    said: dict[str, Any] = dict(leaves(of_mdocs.record))
    for path in COMPARED:
        if path in known and path in said and not alike(known[path], said[path]):
            first = Said(known[path], nearest(of_xml.provenance, path) or "")
            ledger.differ(path, first, Said(said[path], nearest(of_mdocs.provenance, path) or ""))
    yield from ledger.findings
