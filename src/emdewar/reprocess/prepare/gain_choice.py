"""How the gain reference of these movies must be turned: a person's word, the record's, or what the pixels show."""

from emdewar.errors import RefusedError
from emdewar.formats.gain import GainReference, Turn
from emdewar.oscem.findings import Finding
from emdewar.oscem.suppliers import supplier_of
from emdewar.reprocess.prepare.facts import UNKNOWN_VALUES, Facts
from emdewar.reprocess.prepare.gain_by_pixels import is_same_turn, turn_by_pixels
from emdewar.reprocess.prepare.gain_turn import GainTurn, turn_from_words
from emdewar.reprocess.prepare.movie_kind import MovieKind
from emdewar.reprocess.prepare.movies import MovieSet
from emdewar.reprocess.prepare.options import PrepareOptions

_PATH = "acquisition.gainref_flip_rotate"
_SAME_WRITER = {MovieKind.TIFF: {".tif", ".tiff"}, MovieKind.MRC: {".mrc", ".mrcs"}, MovieKind.EER: {".gain"}}
"""References that the program wrote which wrote the movies, so that both lie alike."""

_CORRECTED_BITS = 32
"""Frames of floating-point numbers were corrected by the camera."""


def turn_for(
    gain: GainReference, movies: MovieSet, facts: Facts, options: PrepareOptions
) -> tuple[GainTurn, list[Finding]]:
    """Decide how to turn a gain reference.

    Words count, and a finding tells where the pixels of a movie show something else; without words the pixels count,
    and where they are silent too, that program and format are those of the movies.

    Raises:
        RefusedError: The words for it cannot be understood, or neither words, pixels nor formats tell.
        UnavailableError: A file cannot be read now.
    """
    name = next(iter(movies.paths))
    seen = turn_by_pixels(gain, movies.paths[name], movies.kind)
    if facts.gain_turn is not None:
        turn, found = _by_words(facts.gain_turn, movies, options)
        if seen is not None and not is_same_turn(turn, seen):
            found.append(_finding(f"{turn.in_words}, as said", f"{seen.in_words}, as the pixels show", name))
        return turn, found
    if seen is not None:
        return seen, [_finding("a word on it", f"nothing said; {seen.in_words}, as the pixels show", name)]
    path = gain.path
    if path.suffix.lower() in _SAME_WRITER[movies.kind]:
        value = f"nothing said; {path.name} was taken to lie as the movies do, because it is of their format"
        return GainTurn(), [_finding("a word on it", value, supplier_of(_PATH))]
    msg = (
        f"nothing says how {path.name} must be turned to fit {movies.kind} movies, and a gain that lies wrongly "
        f"damages all of them; say it ({supplier_of(_PATH)}), `none` where it fits as it is"
    )
    raise RefusedError(msg, reason=UNKNOWN_VALUES)


def no_gain_finding(movies: MovieSet) -> list[Finding]:
    """Say that no reference was given, where movies look as if they needed one."""
    if (movies.header.bits or 0) >= _CORRECTED_BITS:
        return []
    expectation = "a gain reference, unless the camera applied it"
    return [Finding(path="files", expectation=expectation, value="none given", source=next(iter(movies.paths)))]


def divisor_finding(gain: GainReference, movies: MovieSet) -> list[Finding]:
    """Say that RELION divides EER movies by a reference that is not the camera's `.gain`."""
    if movies.kind is not MovieKind.EER or gain.path.suffix.lower() == ".gain":
        return []
    expectation, value = "the camera's .gain", "taken for divisors, as RELION takes all others for EER"
    return [Finding(path="files", expectation=expectation, value=value, source=gain.path.name)]


def _by_words(words: str, movies: MovieSet, options: PrepareOptions) -> tuple[GainTurn, list[Finding]]:
    """Read the words; those that only repeat a title of SerialEM mean its images, where the movies were not turned."""
    turn, title = turn_from_words(words), movies.turn
    if options.gain_turn is None and title is not None and not title.is_done and is_same_turn(turn, _of_title(title)):
        value = f"`r/f 0 need {title.number}`: the movies were saved unturned, so the reference was not turned"
        return GainTurn(), [_finding(words, value, "title of the movies")]
    return turn, []


def _of_title(title: Turn) -> GainTurn:
    steps: tuple[int | str, ...] = ("left to right",) if title.is_flipped else ()
    quarters = title.rotation_deg // 90
    return GainTurn((*steps, quarters) if quarters else steps)


def _finding(expectation: str, value: str, source: str) -> Finding:
    return Finding(path=_PATH, expectation=expectation, value=value, source=source)
