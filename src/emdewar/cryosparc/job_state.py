"""How far a job came and when, from the words and moments of its document."""

from datetime import datetime

from emdewar.cryosparc.documents import Document, as_moment, as_text
from emdewar.lineage.model import JobState

STATES = {
    "building": JobState.SCHEDULED,
    "queued": JobState.SCHEDULED,
    "launched": JobState.SCHEDULED,
    "started": JobState.RUNNING,
    "running": JobState.RUNNING,
    "waiting": JobState.RUNNING,
    "completed": JobState.SUCCEEDED,
    "failed": JobState.FAILED,
    "killed": JobState.ABORTED,
}
"""What cryoSPARC's words mean; a job that is still being built is one to come."""

_STARTED = ("started_at", "launched_at", "running_at")
_ENDED = {JobState.SUCCEEDED: "completed_at", JobState.FAILED: "failed_at", JobState.ABORTED: "killed_at"}


def state_of(document: Document) -> JobState:
    """Say how far a job came."""
    return STATES.get(as_text(document.get("status")) or "", JobState.UNKNOWN)


def started(document: Document) -> datetime | None:
    """Give the moment at which a job started; when it was created tells nothing of that."""
    return next((moment for key in _STARTED if (moment := as_moment(document.get(key)))), None)


def ended(document: Document) -> datetime | None:
    """Give the moment of the end that counts; a job that was run again has older ones of other kinds."""
    key = _ENDED.get(state_of(document))
    return as_moment(document.get(key)) if key else None
