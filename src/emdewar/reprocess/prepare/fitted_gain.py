"""The gain reference of a project: found, turned, noted."""

from pathlib import Path

from emdewar.oscem.findings import Finding
from emdewar.reprocess.prepare.facts import Facts
from emdewar.reprocess.prepare.gain_choice import divisor_finding, no_gain_finding, turn_for
from emdewar.reprocess.prepare.gain_mrc import FittedGain, fit_gain, read_reference
from emdewar.reprocess.prepare.motion_correction import GAIN
from emdewar.reprocess.prepare.movies import MovieSet
from emdewar.reprocess.prepare.options import PrepareOptions
from emdewar.reprocess.prepare.prepared import PreparedGain


def gain_for(
    gain: Path | None, movies: MovieSet, facts: Facts, options: PrepareOptions
) -> tuple[FittedGain | None, list[Finding]]:
    """Turn the gain reference of movies as somebody said.

    Raises:
        RefusedError: Nobody said how, or it does not fit.
        UnavailableError: It cannot be read now.
    """
    if gain is None:
        return None, no_gain_finding(movies)
    reference = read_reference(gain, movies.header)
    turn, found = turn_for(reference, movies, facts, options)
    fitted = fit_gain(reference, movies.header, movies.kind, turn)
    return fitted, [*found, *divisor_finding(reference, movies)]


def prepared_gain(fitted: FittedGain | None) -> PreparedGain | None:
    """Note where a gain reference came from and how it was turned."""
    if fitted is None:
        return None
    source, turn = fitted.source.path.name, fitted.turn.in_words
    return PreparedGain(path=GAIN, source=source, turn=turn, is_inverted=fitted.is_inverted)
