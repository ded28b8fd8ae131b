"""SerialEM and Tomography to OSC-EM: the records of tilt series, and of movies at one angle, from their `.mdoc`."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from emdewar.errors import RefusedError
from emdewar.formats.serialem import Mdoc, read_mdoc
from emdewar.formats.session_files import SessionFiles
from emdewar.oscem.findings import Finding, files_finding
from emdewar.oscem.mdoc_record import mdoc_record
from emdewar.oscem.mdoc_sources import provenance
from emdewar.oscem.mdoc_view import MdocView, is_montage
from emdewar.oscem.session_metadata import SessionMetadata
from emdewar.oscem.site import SiteValues


def describe_mdocs(files: SessionFiles, site: SiteValues) -> SessionMetadata:
    """Describe a session of SerialEM or Tomography.

    Each tilt series is a record of its own (`series`); the session's record spans them all.

    Raises:
        RefusedError: The site's time zone does not exist.
        UnavailableError: A file cannot be read now.
    """
    unreadable: dict[str, str] = {}
    mdocs = [mdoc for mdoc in _readable(files.mdocs, unreadable) if not is_montage(mdoc)]
    found = files_finding("a readable mdoc", list(unreadable), files.folder.name)
    series = [mdoc for mdoc in mdocs if MdocView([mdoc], site).is_tilted]
    chosen = series or mdocs
    each = tuple(describe_mdoc([mdoc], site) for mdoc in series) if len(series) > 1 else ()
    if each:
        value = f"{len(each)} series, {sum(one.images for one in each)} tilts"
        expectation = "one tilt series; here the record spans several, each has its own in `series`"
        found.append(Finding(path="acquisition.tilt_angle", expectation=expectation, value=value, source="*.mdoc"))
    whole = describe_mdoc(chosen, site)
    return replace(whole, findings=(*found, *whole.findings), series=each)


def describe_mdoc(mdocs: Sequence[Mdoc], site: SiteValues) -> SessionMetadata:
    """Describe one tilt series, or several documents as one.

    Raises:
        RefusedError: The site's time zone does not exist.
    """
    view = MdocView(mdocs, site)
    return replace(
        SessionMetadata.of(mdoc_record(view), provenance(view), _findings(view)),
        start=view.start,
        end=view.end,
        instrument=view.instrument,
        software=view.software,
        images=len(view.sections),
    )


def _readable(paths: Iterable[Path], unreadable: dict[str, str]) -> Iterable[Mdoc]:
    for path in paths:
        try:
            yield read_mdoc(path)
        except RefusedError as error:
            unreadable[path.name] = str(error)


def _findings(view: MdocView) -> Iterable[Finding]:
    where = "the site's configuration"
    if view.site.cs_mm is None:
        yield Finding(path="instrument.cs", expectation="the spherical aberration in mm", value="none", source=where)
    if view.local_start is not None and view.start is None:
        expectation = "the zone of the microscope's clock: mdoc times carry none"
        value = f"{view.local_start:%Y-%m-%d %H:%M:%S}"
        yield Finding(path="acquisition.date_time", expectation=expectation, value=value, source=where)
    if view.sections and not any(section.number("ExposureDose") for section in view.sections):
        derived = "the camera, behind the specimen: lower than the dose at the specimen"
        value = "no dose" if view.dose.mean is None else f"{view.dose.mean:.4g} e/Å^2 from {derived}"
        expectation = "ExposureDose above zero: a calibrated beam"
        yield Finding(path="acquisition.dose_per_movie", expectation=expectation, value=value, source="*.mdoc")
    if view.is_tilted and view.site.tilt_series_technique is None:
        expectation = "subtomo, cellular_tomo or env_tomo; no file can tell"
        yield Finding(path="acquisition.technique", expectation=expectation, value="none", source=where)
