"""A RELION project, and cryoSPARC's import parameters, for the movies of a single-particle dataset."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emdewar.reprocess.prepare.choice import EVERYTHING, FileChoice, choose_movies
from emdewar.reprocess.prepare.cryosparc_import import IMPORT_MOVIES, import_movies
from emdewar.reprocess.prepare.facts import facts_of
from emdewar.reprocess.prepare.fitted_gain import gain_for, prepared_gain
from emdewar.reprocess.prepare.gain_mrc import FittedGain, write_gain
from emdewar.reprocess.prepare.link_names import link_names
from emdewar.reprocess.prepare.motion_correction import GAIN, motion_correction
from emdewar.reprocess.prepare.movie_optics import (
    dose_findings,
    fractions_of,
    movie_pixel_size_a,
    pixel_size_findings,
)
from emdewar.reprocess.prepare.movies import MovieSet, read_movies
from emdewar.reprocess.prepare.optics_groups import group_movies
from emdewar.reprocess.prepare.options import NO_OPTIONS, OpticsGroups, PrepareOptions
from emdewar.reprocess.prepare.prepared import Prepared, PreparedMovie
from emdewar.reprocess.prepare.project_folder import link_files, make_project, write_text
from emdewar.reprocess.prepare.star import Table, star_text

MOVIES_STAR = "movies.star"
_OPTICS = (
    "rlnOpticsGroupName",
    "rlnOpticsGroup",
    "rlnMicrographOriginalPixelSize",
    "rlnVoltage",
    "rlnSphericalAberration",
    "rlnAmplitudeContrast",
)


def prepare_single_particles(  # noqa: PLR0913 - what a project is made of
    target: Path,
    record: Mapping[str, Any],
    files: Mapping[str, Path],
    *,
    gain: Path | None = None,
    choice: FileChoice = EVERYTHING,
    options: PrepareOptions = NO_OPTIONS,
) -> Prepared:
    """Prepare a project: `movies.star`, links to the movies, the gain reference, `prepared.json`.

    Preparing the same again changes nothing.

    Args:
        target: The project's folder; it must not be there, be empty, or be this very project.
        record: OSC-EM record of the dataset.
        files: Where each file is, by its name in the dataset; those that were not chosen need not be there.
        gain: The gain reference of the movies; None where the camera applied it.
        choice: Which movies.
        options: Decisions of a person.

    Raises:
        RefusedError: Something that is needed is unknown, the files do not suit each other, or the folder is taken.
        UnavailableError: A file cannot be read, or the disk not be written, now.
    """
    facts = facts_of(record, options)
    voltage_kv, cs_mm, dose_e_per_a2, _ = facts.needed("voltage_kv", "cs_mm", "dose_e_per_a2", "pixel_size_a")
    chosen = choose_movies(files, choice)
    groups = group_movies(chosen.names, options.optics_groups)
    movies = read_movies({name: files[name] for name in chosen.names})
    pixel_size_a = movie_pixel_size_a(facts, movies)
    fractions = fractions_of(facts, movies, options)
    fitted, found = gain_for(gain, movies, facts, options)
    prepared = Prepared(
        kind="single particles",
        table=MOVIES_STAR,
        chosen=chosen,
        options=options,
        pixel_size_a=pixel_size_a,
        voltage_kv=voltage_kv,
        cs_mm=cs_mm,
        amplitude_contrast=options.amplitude_contrast,
        dose_e_per_a2=dose_e_per_a2,
        dose_per_frame_e_per_a2=fractions.dose_e_per_a2,
        eer_grouping=fractions.eer_grouping,
        gain=prepared_gain(fitted),
        motion_correction=motion_correction(fractions, has_gain=fitted is not None),
        movies=tuple(
            PreparedMovie(path=f"Movies/{link}", source=name, frames=movies.frames[name], optics_group=groups[name])
            for name, link in link_names(chosen.names).items()
        ),
        findings=(
            *movies.findings,
            *pixel_size_findings(pixel_size_a, movies),
            *dose_findings(facts, movies, pixel_size_a),
            *found,
        ),
    )
    make_project(target, prepared, lambda draft: _fill(draft, target, prepared, movies, fitted))
    return prepared


def movies_star(prepared: Prepared) -> str:
    """Give the import table: optics groups and movies."""
    options = prepared.options
    values = (prepared.pixel_size_a, prepared.voltage_kv, prepared.cs_mm, prepared.amplitude_contrast)
    numbers = sorted({movie.optics_group for movie in prepared.movies})
    is_one = options.optics_groups is OpticsGroups.ONE
    name = options.optics_group_name
    optics = [(name if is_one else f"{name}_{number}", number, *values) for number in numbers]
    rows = [(movie.path, movie.optics_group) for movie in prepared.movies]
    tables = Table("optics", _OPTICS, optics), Table("movies", ("rlnMicrographMovieName", "rlnOpticsGroup"), rows)
    return star_text(tables, options.relion)


def _fill(draft: Path, target: Path, prepared: Prepared, movies: MovieSet, gain: FittedGain | None) -> None:
    link_files(draft, {movie.path: movies.paths[movie.source] for movie in prepared.movies})
    write_text(draft, MOVIES_STAR, movies_star(prepared))
    write_text(draft, IMPORT_MOVIES, import_movies(target, prepared, movies.kind, gain))
    if gain is not None:
        write_gain(gain, draft / GAIN, prepared.pixel_size_a)
