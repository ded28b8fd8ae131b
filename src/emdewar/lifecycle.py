"""The life of a dataset as one table: its states in SciCat's own words, and the moves between them.

The words are those that SciCat clients already read in `datasetlifecycle` and `jobs`. Whoever needs to know whether a
move is allowed, or what a state means for `archivable` and `retrievable`, looks here and nowhere else.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeVar

from emdewar.errors import RefusedError


class ArchiveStatus(StrEnum):
    """Words of `archiveStatusMessage`; all but `datasetDamaged` are SciCat's own."""

    CREATED = "datasetCreated"
    FILES_NOT_YET_AVAILABLE = "filesNotYetAvailable"
    SCHEDULED = "scheduledForArchiving"
    STARTED = "started"
    ON_ARCHIVE_DISK = "datasetOnArchiveDisk"
    DAMAGED = "datasetDamaged"
    JOB_FAILED = "scheduleArchiveJobFailed"
    MISSING_FILES = "missingFilesError"
    MISSING_KEY = "missingKeyError"


class RetrieveStatus(StrEnum):
    """Words of `retrieveStatusMessage`; empty until somebody asks for the data."""

    NONE = ""
    STARTED = "started"
    RETRIEVED = "datasetRetrieved"
    FAILED = "datasetRetrievalFailed"


class CopyStatus(StrEnum):
    """What is known of a copy of a datablock; a damaged or lost one stays on record until another takes its place."""

    VERIFIED = "verified"
    DAMAGED = "damaged"
    LOST = "lost"


class JobStatus(StrEnum):
    """Words of a job's `statusCode`."""

    SUBMITTED = "jobSubmitted"
    IN_PROGRESS = "inProgress"
    SUCCESSFUL = "finishedSuccessful"
    UNSUCCESSFUL = "finishedUnsuccessful"
    DATASET_ERRORS = "finishedWithDatasetErrors"


class JobType(StrEnum):
    """What a job asks for. One open job per dataset and kind exists at a time."""

    ARCHIVE = "archive"
    RETRIEVE = "retrieve"


Status = TypeVar("Status", bound=StrEnum)

_A, _R, _J = ArchiveStatus, RetrieveStatus, JobStatus
_ARCHIVE_FAILURES = frozenset({_A.JOB_FAILED, _A.MISSING_FILES, _A.MISSING_KEY})

ARCHIVE_MOVES: Final[Mapping[ArchiveStatus, frozenset[ArchiveStatus]]] = {
    _A.FILES_NOT_YET_AVAILABLE: frozenset({_A.CREATED}),
    _A.CREATED: frozenset({_A.FILES_NOT_YET_AVAILABLE, _A.SCHEDULED}),
    _A.SCHEDULED: frozenset({_A.STARTED, _A.CREATED}) | _ARCHIVE_FAILURES,
    _A.STARTED: frozenset({_A.ON_ARCHIVE_DISK}) | _ARCHIVE_FAILURES,
    _A.JOB_FAILED: frozenset({_A.SCHEDULED, _A.CREATED}),
    _A.MISSING_FILES: frozenset({_A.SCHEDULED, _A.CREATED, _A.FILES_NOT_YET_AVAILABLE}),
    _A.MISSING_KEY: frozenset({_A.SCHEDULED, _A.CREATED}),
    _A.ON_ARCHIVE_DISK: frozenset({_A.DAMAGED}),
    _A.DAMAGED: frozenset({_A.ON_ARCHIVE_DISK}),
}
"""Moves of `archiveStatusMessage`. Staying where one is is always allowed and changes nothing."""

RETRIEVE_MOVES: Final[Mapping[RetrieveStatus, frozenset[RetrieveStatus]]] = {
    _R.NONE: frozenset({_R.STARTED}),
    _R.STARTED: frozenset({_R.RETRIEVED, _R.FAILED}),
    _R.RETRIEVED: frozenset({_R.STARTED}),
    _R.FAILED: frozenset({_R.STARTED}),
}
"""Moves of `retrieveStatusMessage`."""

JOB_MOVES: Final[Mapping[JobStatus, frozenset[JobStatus]]] = {
    _J.SUBMITTED: frozenset({_J.IN_PROGRESS, _J.UNSUCCESSFUL}),
    _J.IN_PROGRESS: frozenset({_J.SUCCESSFUL, _J.UNSUCCESSFUL, _J.DATASET_ERRORS}),
    _J.SUCCESSFUL: frozenset(),
    _J.UNSUCCESSFUL: frozenset(),
    _J.DATASET_ERRORS: frozenset(),
}
"""Moves of a job. The three finished states are final."""

ARCHIVABLE: Final = frozenset({_A.CREATED}) | _ARCHIVE_FAILURES
"""States in which an archive job may claim the dataset (`archivable`)."""

RETRIEVABLE: Final = frozenset({_A.ON_ARCHIVE_DISK, _A.DAMAGED})
"""States in which the dataset, or what is left of it, can be brought back (`retrievable`)."""

OPEN_JOB: Final = frozenset({_J.SUBMITTED, _J.IN_PROGRESS})
"""States in which a job still holds its datasets."""


def check_move(moves: Mapping[Status, frozenset[Status]], current: Status, wanted: Status, subject: str) -> None:
    """Refuse a move that the table does not hold.

    Args:
        moves: One of the tables above.
        current: Where the dataset or job is.
        wanted: Where somebody wants it.
        subject: Which one, for the message, e.g. `dataset 20.500/abc`.

    Raises:
        RefusedError: The move is not in the table; the message lists the allowed ones.
    """
    if wanted == current or wanted in moves[current]:
        return
    allowed = ", ".join(sorted(moves[current])) or "none: the state is final"
    msg = f"{subject} cannot go from {current.value!r} to {wanted.value!r}; allowed from here: {allowed}"
    raise RefusedError(msg, reason="transitionRefused")
