"""What a person should look at in an EPU session: what is missing, unreadable, doubtful or contradictory."""

from collections.abc import Iterator

from emdewar.oscem.findings import Finding, files_finding, varying
from emdewar.oscem.gain_findings import gain_findings
from emdewar.oscem.movie_statistics import CONSTANT
from emdewar.oscem.spa_view import SpaView
from emdewar.oscem.suppliers import supplier_of

DOSE_TOLERANCE = 0.01
"""Relative difference up to which the dose of a movie's header and that of its xml are the same."""


def findings(view: SpaView) -> Iterator[Finding]:
    """Go through an EPU session and say what is not as it should be."""
    folder = view.files.folder.name
    yield from files_finding("a readable metadata file", list(view.unreadable), folder)
    yield from files_finding("a readable movie header", list(view.look.broken), folder)
    yield from files_finding(
        "a dose above zero, and one that a specimen can have", view.statistics.without_dose, folder
    )
    if not view.files.movie_xml:
        expectation = "metadata of EPU (*_Data_*.xml), or of SerialEM or Tomography (*.mdoc)"
        yield Finding(path="files", expectation=expectation, value="none", source=folder)
    yield from _companions(view)
    yield from _constants(view)
    yield from _movies(view)
    named = view.usual.gain_reference if view.usual else None
    yield from _unreadable_values(view)
    yield from gain_findings(view.files, view.look.movies[0][1] if view.look.movies else None, named)
    yield from _site(view)


def _companions(view: SpaView) -> Iterator[Finding]:
    """Every movie has its xml and every xml its movie; movies may also lie on another volume altogether."""
    folder = view.files.folder.name
    movies = {stem: path.name for stem, path in view.files.movies.items() if "_Data_" in stem}
    xml = {stem: path.name for stem, path in view.files.movie_xml.items()}
    if not movies:
        expectation = "movies beside their metadata; pixel and image size are those of the preview"
        yield Finding(path="acquisition.pixel_size", expectation=expectation, value="no movie", source=folder)
        return
    yield from files_finding("an xml for each movie", [movies[stem] for stem in movies.keys() - xml.keys()], folder)
    yield from files_finding("a movie for each xml", [xml[stem] for stem in xml.keys() - movies.keys()], folder)
    if len(movies) != len(xml):
        expectation, value = f"as many movies as xml ({len(xml)})", f"{len(movies)} movies"
        yield Finding(path="acquisition.images_generated", expectation=expectation, value=value, source=folder)


def _constants(view: SpaView) -> Iterator[Finding]:
    for name, path in CONSTANT.items():
        yield from varying(path, view.statistics.tallies[name].values, f"*_Data_*.xml: {name}")


def _movies(view: SpaView) -> Iterator[Finding]:
    if not view.look.movies:
        return
    source = f"{view.look.first_name}: header"
    yield from varying("acquisition.image_size", view.look.sizes.values, source)
    yield from varying("acquisition.frames_per_movie", view.look.frames.values, source)
    yield from _doses_against_xml(view, source)


def _doses_against_xml(view: SpaView, source: str) -> Iterator[Finding]:
    said = view.statistics.extents["dose_e_per_px"]
    for _, header in view.look.movies:
        dose = header.dose_e_per_px
        if dose is None or said.low is None or said.high is None:
            continue
        if not said.low * (1 - DOSE_TOLERANCE) <= dose <= said.high * (1 + DOSE_TOLERANCE):
            expectation = f"{said.low:.4g} to {said.high:.4g} e/px, as the xml say"
            yield Finding(
                path="acquisition.dose_per_movie", expectation=expectation, value=f"{dose:.4g}", source=source
            )
            return


def _unreadable_values(view: SpaView) -> Iterator[Finding]:
    """Name the fields that every movie has, where none of them can be understood."""
    if view.usual is not None and view.usual.pixel_size_a is None:
        expectation = "SpatialScale/pixelSize in metres"
        yield Finding(path="acquisition.pixel_size", expectation=expectation, value="none", source=view.xml_names)
    if view.statistics.images and view.statistics.start is None:
        expectation = "acquisitionDateTime with the offset of its zone, as 2026-01-31T12:00:00+01:00"
        yield Finding(path="acquisition.date_time", expectation=expectation, value="none", source=view.xml_names)


def _site(view: SpaView) -> Iterator[Finding]:
    if view.site.cs_mm is None:
        expectation = "the spherical aberration in mm; EPU does not write it"
        yield Finding(path="instrument.cs", expectation=expectation, value="none", source=supplier_of("instrument.cs"))
