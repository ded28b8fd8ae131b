"""A RELION 5 project for tomography: `tilt_series.star`, and a table for each tilt series.

Columns and units are those of RELION 5's own import from SerialEM; but the dose before a tilt is without that of the
tilt itself, as RELION defines it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from emdewar.errors import RefusedError
from emdewar.formats.mdoc_titles import tilt_axis_imod_deg
from emdewar.oscem.findings import Finding
from emdewar.oscem.mdoc_view import MdocView
from emdewar.oscem.site import SiteValues
from emdewar.reprocess.prepare.choice import EVERYTHING, FileChoice
from emdewar.reprocess.prepare.facts import UNKNOWN_VALUES, Facts, facts_of
from emdewar.reprocess.prepare.fitted_gain import gain_for, prepared_gain
from emdewar.reprocess.prepare.gain_mrc import FittedGain, write_gain
from emdewar.reprocess.prepare.link_names import link_names, plain_word
from emdewar.reprocess.prepare.motion_correction import GAIN, motion_correction
from emdewar.reprocess.prepare.movie_optics import fractions_of, movie_pixel_size_a, pixel_size_findings
from emdewar.reprocess.prepare.movies import MovieSet, read_movies
from emdewar.reprocess.prepare.options import NO_OPTIONS, PrepareOptions
from emdewar.reprocess.prepare.prepared import Prepared, PreparedMovie
from emdewar.reprocess.prepare.project_folder import link_files, make_project, write_text
from emdewar.reprocess.prepare.star import Cell, Table, star_text
from emdewar.reprocess.prepare.tilt_series import SeriesDocuments, Tilt, choose_series, tilts_of

TILT_SERIES_STAR = "tilt_series.star"
_NO_SITE = SiteValues()
_PROPOSED_HAND = -1
"""What RELION's import proposes."""

_GLOBAL = (
    "rlnTomoName",
    "rlnTomoTiltSeriesStarFile",
    "rlnVoltage",
    "rlnSphericalAberration",
    "rlnAmplitudeContrast",
    "rlnMicrographOriginalPixelSize",
    "rlnTomoHand",
    "rlnOpticsGroupName",
)
_TILTS = (
    "rlnMicrographMovieName",
    "rlnTomoTiltMovieFrameCount",
    "rlnTomoNominalStageTiltAngle",
    "rlnTomoNominalTiltAxisAngle",
    "rlnMicrographPreExposure",
)
_DEFOCUS = "rlnTomoNominalDefocus"


@dataclass(frozen=True)
class _Series:
    """A tilt series with all that RELION wants of it."""

    name: str
    tilts: list[Tilt]
    axis_deg: float
    facts: Facts
    pixel_size_a: float = 0.0

    @property
    def table(self) -> str:
        return f"tilt_series/{self.name}.star"


def prepare_tomography(  # noqa: PLR0913 - what a project is made of
    target: Path,
    record: Mapping[str, Any],
    files: Mapping[str, Path],
    *,
    gain: Path | None = None,
    choice: FileChoice = EVERYTHING,
    options: PrepareOptions = NO_OPTIONS,
) -> Prepared:
    """Prepare a project: `tilt_series.star`, links to the movies, the gain reference, `prepared.json`.

    What the `.mdoc` of a series says of pixel size, voltage, dose and tilt axis counts before the record, which spans
    all series; a person's word counts before both. Preparing the same again changes nothing.

    Args:
        target: The project's folder; it must not be there, be empty, or be this very project.
        record: OSC-EM record of the dataset.
        files: Where each file is, by its name in the dataset; movies of other series need not be there.
        gain: The gain reference of the movies; None where the camera applied it.
        choice: Which tilt series, by the names of their `.mdoc`.
        options: Decisions of a person.

    Raises:
        RefusedError: Something that is needed is unknown, the files do not suit each other, or the folder is taken.
        UnavailableError: A file cannot be read, or the disk not be written, now.
    """
    if options.relion != "5":
        options = options.model_copy(update={"relion": "5"})
    facts = facts_of(record, options)
    chosen, documents, found = choose_series(files, choice)
    every, missing = _read(documents, files, facts, options)
    movies = read_movies({tilt.movie: files[tilt.movie] for series in every for tilt in series.tilts})
    every = [replace(series, pixel_size_a=movie_pixel_size_a(series.facts, movies)) for series in every]
    first = every[0]
    voltage_kv, cs_mm = first.facts.needed("voltage_kv", "cs_mm")
    dose_e_per_a2 = fmean(tilt.dose_e_per_a2 for series in every for tilt in series.tilts)
    fractions = fractions_of(replace(facts, dose_e_per_a2=dose_e_per_a2), movies, options)
    fitted, gain_found = gain_for(gain, movies, facts, options)
    numbers = {tilt.movie: number for number, series in enumerate(every, start=1) for tilt in series.tilts}
    prepared = Prepared(
        kind="tomography",
        table=TILT_SERIES_STAR,
        chosen=chosen,
        options=options,
        pixel_size_a=first.pixel_size_a,
        voltage_kv=voltage_kv,
        cs_mm=cs_mm,
        amplitude_contrast=options.amplitude_contrast,
        dose_e_per_a2=dose_e_per_a2,
        dose_per_frame_e_per_a2=fractions.dose_e_per_a2,
        eer_grouping=fractions.eer_grouping,
        gain=prepared_gain(fitted),
        motion_correction=motion_correction(fractions, has_gain=fitted is not None),
        movies=tuple(
            PreparedMovie(path=f"frames/{link}", source=name, frames=movies.frames[name], optics_group=numbers[name])
            for name, link in link_names(numbers).items()
        ),
        findings=(
            *found,
            *missing,
            *_hand_finding(options),
            *movies.findings,
            *pixel_size_findings(first.pixel_size_a, movies),
            *gain_found,
        ),
    )
    make_project(target, prepared, lambda draft: _fill(draft, prepared, every, movies, fitted))
    return prepared


def tilt_series_star(prepared: Prepared, every: list[_Series]) -> str:
    """Give the table of all tilt series."""
    options = prepared.options
    hand = options.defocus_hand or _PROPOSED_HAND
    rows: list[tuple[Cell, ...]] = [
        (
            series.name,
            series.table,
            *series.facts.needed("voltage_kv", "cs_mm"),
            options.amplitude_contrast,
            series.pixel_size_a,
            hand,
            options.optics_group_name,
        )
        for series in every
    ]
    return star_text([Table("global", _GLOBAL, rows)], options.relion)


def one_series_star(prepared: Prepared, series: _Series) -> str:
    """Give the table of one tilt series, in the order of taking."""
    movies = {movie.source: movie for movie in prepared.movies}
    has_defocus = all(tilt.target_defocus_um is not None for tilt in series.tilts)
    rows: list[tuple[Cell, ...]] = []
    for tilt in series.tilts:
        movie = movies[tilt.movie]
        defocus = (tilt.target_defocus_um,) if has_defocus and tilt.target_defocus_um is not None else ()
        rows.append((movie.path, movie.frames, tilt.angle_deg, series.axis_deg, tilt.prior_dose_e_per_a2, *defocus))
    columns = (*_TILTS, _DEFOCUS) if has_defocus else _TILTS
    return star_text([Table(series.name, columns, rows)], prepared.options.relion)


def _read(
    documents: list[SeriesDocuments], files: Mapping[str, Path], facts: Facts, options: PrepareOptions
) -> tuple[list[_Series], list[Finding]]:
    every: list[_Series] = []
    found: list[Finding] = []
    names = _plain_names(documents)
    for series in documents:
        tilts, missing = tilts_of(series, list(files), facts, options.dose_e_per_a2)
        found += missing
        own = _own_facts(series, facts, options)
        every.append(_Series(names[series.name], tilts, _axis_deg(series, facts), own))
    return every, found


def _plain_names(documents: list[SeriesDocuments]) -> dict[str, str]:
    """Name tomograms with what RELION takes, none twice."""
    named: dict[str, str] = {}
    for series in documents:
        plain, number = plain_word(series.name), 2
        candidate = plain
        while candidate.lower() in {name.lower() for name in named.values()}:
            candidate, number = f"{plain}_copy{number}", number + 1
        named[series.name] = candidate
    return named


def _own_facts(series: SeriesDocuments, facts: Facts, options: PrepareOptions) -> Facts:
    """Put what the documents of a series say before what the record says of all."""
    view = MdocView([series.mdocs], _NO_SITE)
    voltage_kv = options.voltage_kv or view.usual(lambda image: image.voltage_kv) or facts.voltage_kv
    pixel_size_a = view.usual(lambda image: image.pixel_size_a)
    if options.pixel_size_a is not None or pixel_size_a is None:
        return replace(facts, voltage_kv=voltage_kv)
    return replace(facts, voltage_kv=voltage_kv, pixel_size_a=pixel_size_a, image_size=view.image_size)


def _axis_deg(series: SeriesDocuments, facts: Facts) -> float:
    said = next((axis[0] for mdoc in series.mdocs if (axis := tilt_axis_imod_deg(mdoc)) is not None), None)
    axis_deg = facts.tilt_axis_deg if said is None else said
    if axis_deg is None:
        msg = f"neither the mdoc of {series.name} nor the record says where the tilt axis is; complete the record"
        raise RefusedError(msg, reason=UNKNOWN_VALUES)
    return axis_deg


def _hand_finding(options: PrepareOptions) -> list[Finding]:
    if options.defocus_hand is not None:
        return []
    expectation = "the hand of the defocus, determined once for each microscope"
    value = f"nothing said; {_PROPOSED_HAND}, as RELION's import proposes"
    return [Finding(path="files", expectation=expectation, value=value, source="defocus_hand")]


def _fill(draft: Path, prepared: Prepared, every: list[_Series], movies: MovieSet, gain: FittedGain | None) -> None:
    link_files(draft, {movie.path: movies.paths[movie.source] for movie in prepared.movies})
    write_text(draft, TILT_SERIES_STAR, tilt_series_star(prepared, every))
    for series in every:
        write_text(draft, series.table, one_series_star(prepared, series))
    if gain is not None:
        write_gain(gain, draft / GAIN, prepared.pixel_size_a)
