"""Pixel size and dose of the movies as they are stored, from values that may be those of other images or frames."""

from dataclasses import dataclass

from emdewar.errors import RefusedError
from emdewar.oscem.findings import Finding
from emdewar.reprocess.prepare.facts import Facts
from emdewar.reprocess.prepare.movie_kind import MovieKind
from emdewar.reprocess.prepare.movies import MovieSet
from emdewar.reprocess.prepare.options import PrepareOptions

_TOLERANCE = 0.02
"""Relative difference of two pixel sizes that calibration explains."""

_DOSE_TOLERANCE = 0.25
"""What a specimen and its ice may keep from the camera, relative to the dose at the specimen."""

_FACTORS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""By how much movies may be finer or coarser than the images that the record describes."""

_NEAR_FACTOR = 0.01
FEWEST_FRACTIONS = 3
"""RELION aligns no fewer."""


@dataclass(frozen=True)
class Fractions:
    """How the dose is spread over what the program takes for frames.

    Attributes:
        dose_e_per_a2: Of each.
        number: How many a usual movie has.
        eer_grouping: Frames of an EER movie in each; None for other formats.
    """

    dose_e_per_a2: float
    number: int
    eer_grouping: int | None


def movie_pixel_size_a(facts: Facts, movies: MovieSet) -> float:
    """Give the pixel size of the movies as they are stored: super-resolution movies are twice as fine as the preview.

    Raises:
        RefusedError: It is not known, or the record is of images of a size that movies of this size cannot have.
    """
    (recorded_a,) = facts.needed("pixel_size_a")
    if facts.image_size is None:
        return recorded_a
    header = movies.header
    sides = (header.width, header.height), (header.height, header.width)
    for width, height in sides:
        across, down = width / facts.image_size[0], height / facts.image_size[1]
        factor = next((known for known in _FACTORS if abs(across / known - 1) < _NEAR_FACTOR), None)
        if factor is not None and abs(down / factor - 1) < _NEAR_FACTOR:
            return recorded_a / factor
    recorded = f"{facts.image_size[0]} x {facts.image_size[1]}"
    msg = (
        f"the record gives a pixel size for images of {recorded}, the movies have {header.width} x {header.height}; "
        "give the pixel size of the movies"
    )
    raise RefusedError(msg)


def pixel_size_findings(pixel_size_a: float, movies: MovieSet) -> list[Finding]:
    """Compare with what the movies themselves say."""
    said_a = movies.header.pixel_size_a
    if said_a is None or abs(said_a / pixel_size_a - 1) <= _TOLERANCE:
        return []
    expectation = f"{pixel_size_a:g} Å, as the record has it"
    source = f"{next(iter(movies.paths))}: header"
    return [Finding(path="acquisition.pixel_size", expectation=expectation, value=f"{said_a:g} Å", source=source)]


def fractions_of(facts: Facts, movies: MovieSet, options: PrepareOptions) -> Fractions:
    """Spread the dose of a movie over its frames, or over groups of an EER movie's.

    Frames that fill no group are left out, by RELION too; so the groups do not hold all of the dose.

    Raises:
        RefusedError: The dose is not known, or there are too few frames.
    """
    (dose_e_per_a2,) = facts.needed("dose_e_per_a2")
    frames = movies.usual_frames
    if movies.kind is not MovieKind.EER:
        return Fractions(dose_e_per_a2 / frames, frames, None)
    if frames < FEWEST_FRACTIONS:
        raise RefusedError(f"the EER movies have {frames} frames, and motion correction needs {FEWEST_FRACTIONS}")
    most = frames // FEWEST_FRACTIONS
    grouping = options.eer_grouping or min(max(1, round(options.eer_dose_e_per_a2 * frames / dose_e_per_a2)), most)
    if grouping > most:
        msg = f"groups of {grouping} leave fewer than {FEWEST_FRACTIONS} of {frames} frames; take at most {most}"
        raise RefusedError(msg)
    return Fractions(dose_e_per_a2 / frames * grouping, frames // grouping, grouping)


def dose_findings(facts: Facts, movies: MovieSet, pixel_size_a: float) -> list[Finding]:
    """Compare the number of frames, and the dose, with what the movies themselves say."""
    found = []
    first = next(iter(movies.paths))
    if facts.frames is not None and facts.frames != movies.usual_frames:
        expectation = f"{facts.frames}, as the record has it; the dose was spread over what is there"
        value = str(movies.usual_frames)
        found.append(Finding(path="acquisition.frames_per_movie", expectation=expectation, value=value, source=first))
    seen_e_per_px, dose_e_per_a2 = movies.header.dose_e_per_px, facts.dose_e_per_a2
    if seen_e_per_px is not None and dose_e_per_a2 is not None:
        seen = seen_e_per_px / pixel_size_a**2
        if not 1 - _DOSE_TOLERANCE <= seen / dose_e_per_a2 <= 1 + _DOSE_TOLERANCE:
            expectation = f"about {dose_e_per_a2:g} e/Å^2, as the record has it"
            source, value = f"{first}: totalDose / pixel^2", f"{seen:g} e/Å^2"
            found.append(
                Finding(path="acquisition.dose_per_movie", expectation=expectation, value=value, source=source)
            )
    return found
