"""How a step went wrong: one error each, with the job's folder, its last words, and what to do."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from emdewar.errors import NO_SPACE, DewarError, RefusedError, UnavailableError
from emdewar.reprocess.run.exit_markers import ExitMarker
from emdewar.reprocess.run.launcher import Ended
from emdewar.reprocess.run.reasons import JOB_CANCELLED, JOB_FAILED, JOB_KILLED, JOB_TIMED_OUT, NO_EXIT_MARKER

FULL_BELOW_BYTES: Final = 1_000_000
"""A disk with less room than that is full."""

_FULL_WORDS: Final = ("no space left on device", "disk quota exceeded", "not enough space")
_NOISE: Final = ("ERROR:", "==", "relion_", "/lib", "/usr/lib", "in: ./src")
_SHOWN_LINES: Final = 3
_LONGEST: Final = 500


@dataclass(frozen=True, slots=True)
class Ending:
    """All that is known of the end of a job.

    Attributes:
        step: Name of the step.
        folder: Of the job.
        marker: What it left; None for nothing.
        ended: What the launcher knows.
        last_lines: Of its log.
    """

    step: str
    folder: Path
    marker: ExitMarker | None
    ended: Ended
    last_lines: tuple[str, ...]


def error_of(ending: Ending) -> DewarError | None:
    """Say what went wrong; None when nothing did. A marker counts more than an exit code."""
    if ending.marker is ExitMarker.SUCCESS:
        return None
    if is_full(ending):
        return _error(UnavailableError, ending, "ran out of disk space", "free space there and run again", NO_SPACE)
    if ending.marker is ExitMarker.ABORTED:
        return _error(UnavailableError, ending, "was aborted", "run again when it may go on", JOB_CANCELLED)
    if ending.marker is None and ending.ended.killed_by:
        what = f"was killed by {ending.ended.killed_by}"
        do = "look at memory and time limits, then run again"
        return _error(UnavailableError, ending, what, do, JOB_KILLED)
    code = ending.ended.code
    if ending.marker is ExitMarker.FAILURE or code:
        what = f"failed with exit code {code}" if code else "failed"
        return _error(RefusedError, ending, what, "mend its parameters or inputs, then run again", JOB_FAILED)
    return _error(
        UnavailableError, ending, "ended without an exit marker", "look at its log, then run again", NO_EXIT_MARKER
    )


def timed_out(ending: Ending, limit_min: float) -> DewarError:
    """Say that a step took too long."""
    what = f"was ended after its limit of {limit_min:g} min"
    return _error(RefusedError, ending, what, "raise timeout_min of the step or make it smaller", JOB_TIMED_OUT)


def cancelled(ending: Ending) -> DewarError:
    """Say that somebody stopped a step."""
    return _error(UnavailableError, ending, "was stopped", "run again when it may go on", JOB_CANCELLED)


def is_full(ending: Ending) -> bool:
    """Tell whether the job ended for want of room: it says so, or there is none."""
    said = "\n".join(ending.last_lines).lower()
    if any(words in said for words in _FULL_WORDS):
        return True
    try:
        return shutil.disk_usage(ending.folder).free < FULL_BELOW_BYTES
    except OSError:
        return False


def _error(kind: type[DewarError], ending: Ending, what: str, do: str, reason: str) -> DewarError:
    words = _shown(ending.last_lines)
    said = f"; its last words: {words}" if words else "; it wrote nothing"
    return kind(f"step {ending.step} in {ending.folder} {what}; {do}{said}", reason=reason)


def _shown(lines: Iterable[str]) -> str:
    """Put the lines that matter into one: RELION's backtraces name places in its source."""
    told = [line.strip() for line in lines if not line.lstrip().startswith(_NOISE)]
    return " | ".join(told[-_SHOWN_LINES:])[-_LONGEST:]
