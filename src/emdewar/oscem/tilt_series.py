"""SerialEM and Tomography to OSC-EM: the records of tilt series, and of movies at one angle, from their `.mdoc`."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from emdewar.errors import RefusedError
from emdewar.formats.epu import EpuImage
from emdewar.formats.gain import named_reference
from emdewar.formats.mdoc_images import images_of
from emdewar.formats.serialem import Mdoc, read_mdoc
from emdewar.formats.session_files import SessionFiles
from emdewar.oscem.findings import Finding, files_finding
from emdewar.oscem.gain_findings import gain_findings
from emdewar.oscem.ledger import Ledger
from emdewar.oscem.mdoc_findings import findings
from emdewar.oscem.mdoc_groups import MdocGroups, grouped
from emdewar.oscem.mdoc_record import mdoc_record
from emdewar.oscem.mdoc_view import MdocView
from emdewar.oscem.movie_look import look_at
from emdewar.oscem.search_image import search_image
from emdewar.oscem.session_metadata import SessionMetadata
from emdewar.oscem.site import SiteValues

MOVIES = "movies"
"""Name of what lies beside tilt series at one angle."""


def describe_mdocs(files: SessionFiles, site: SiteValues) -> SessionMetadata:
    """Describe a session of SerialEM or Tomography.

    Each tilt series is a record of its own (`series`), and so are movies at one angle beside; the session's record
    spans the tilt series where there are some, else the movies.

    Raises:
        RefusedError: The site's time zone does not exist.
        UnavailableError: A file cannot be read now.
    """
    unreadable: dict[str, str] = {}
    groups = grouped(list(_readable(files.mdocs, unreadable)))
    found = [*files_finding("a readable mdoc", list(unreadable), files.folder.name), *_gains(groups, files)]
    search = search_image(files)
    whole = describe_groups(list(groups.series.values()) or [[mdoc] for mdoc in groups.movies], site, search)
    each = tuple(_each(groups, site, search))
    return replace(whole, findings=(*found, *_mixture(groups, each), *whole.findings), series=each)


def describe_groups(
    groups: Sequence[Sequence[Mdoc]], site: SiteValues, search: EpuImage | None, name: str | None = None
) -> SessionMetadata:
    """Describe tilt series, each by its documents, or movies, as one.

    Raises:
        RefusedError: The site's time zone does not exist.
    """
    view, ledger = MdocView(groups, site, search), Ledger()
    record = mdoc_record(view, ledger)
    return replace(
        SessionMetadata.of(record, ledger, findings(view)),
        start=view.start,
        end=view.end,
        instrument=view.titles.instrument,
        software=view.software,
        images=len(view.images),
        name=name,
    )


def _each(groups: MdocGroups, site: SiteValues, search: EpuImage | None) -> Iterator[SessionMetadata]:
    """One series alone is the session; several, or one among movies, are told apart."""
    if len(groups.series) + bool(groups.movies) < 2:  # noqa: PLR2004 - more than one
        return
    for name, mdocs in groups.series.items():
        yield describe_groups([mdocs], site, search, name)
    if groups.movies and groups.series:
        yield describe_groups([[mdoc] for mdoc in groups.movies], site, search, MOVIES)


def _gains(groups: MdocGroups, files: SessionFiles) -> Iterator[Finding]:
    """Compare the references in the folder with the movies, and with the names in the documents."""
    if not files.gain_references:
        return
    look = look_at(files.movies, {})
    movie = look.movies[0][1] if look.movies else None
    mdocs = [mdoc for group in (*groups.series.values(), groups.movies) for mdoc in group]
    images = (image for mdoc in mdocs for image in images_of(mdoc))
    named = list(dict.fromkeys(image.gain_reference for image in images if image.gain_reference))
    missing = (name for name in named if named_reference(name, files.gain_references) is None)
    yield from gain_findings(files, movie, next(missing, None))


def _mixture(groups: MdocGroups, each: Sequence[SessionMetadata]) -> Iterator[Finding]:
    path, source = "acquisition.tilt_angle", "*.mdoc"
    if len(groups.series) > 1:
        tilts = sum(one.images for one in each if one.name != MOVIES)
        expectation = "one tilt series; here the record spans several, each has its own in `series`"
        value = f"{len(groups.series)} series, {tilts} tilts"
        yield Finding(path=path, expectation=expectation, value=value, source=source)
    if groups.series and groups.movies:
        expectation = "images of one kind; the record is that of the tilt series, that of the movies is in `series`"
        value = f"{len(groups.series)} tilt series, {len(groups.movies)} mdoc of movies at one angle"
        yield Finding(path="files", expectation=expectation, value=value, source=source)


def _readable(paths: Iterable[Path], unreadable: dict[str, str]) -> Iterable[Mdoc]:
    for path in paths:
        try:
            yield read_mdoc(path)
        except RefusedError as error:
            unreadable[path.name] = str(error)
