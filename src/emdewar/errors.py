"""The errors of EM Dewar: three, because there are three reactions.

    DewarError
    ├── IntegrityError     bytes or records are not what was promised: stop, raise the alarm, never retry
    ├── RefusedError       the request or the data must change first: tell the person what
    └── UnavailableError   something outside is not ready: try again later

A message says what went wrong, with which path or id, and what to do; it starts in lower case and fits one line.
"""

from collections.abc import Iterable
from typing import Any, ClassVar

FIRST_PATHS = 10
"""How many paths a return message lists; the rest is only counted (a session can hold 100,000)."""


class DewarError(Exception):
    """Root of all errors that this project raises on purpose.

    Attributes:
        reason: One word for machines, e.g. `missingFilesError`; the key of the catalog's return message.
        paths: The files concerned, relative to the dataset, in the order they were found.
    """

    default_reason: ClassVar[str] = "error"

    def __init__(self, message: str, *, reason: str | None = None, paths: Iterable[str] = ()) -> None:
        """Keep the message for people, the reason for machines and the paths for both."""
        super().__init__(message)
        self.reason = reason or self.default_reason
        self.paths = tuple(paths)

    def __reduce__(self) -> tuple[Any, ...]:
        """Survive pickling: an error crosses process borders inside a Prefect state."""
        return _rebuild, (type(self), str(self), self.reason, self.paths)

    def return_message(self) -> dict[str, Any]:
        """Say it in the shape of SciCat's `archiveReturnMessage`: the reason as key, figures and first paths below."""
        missing = "missing_" if self.reason == MISSING_FILES else ""
        detail: dict[str, Any] = {"message": _utf8(str(self))}
        if self.paths:
            detail[f"number_of_{missing}files"] = len(self.paths)
            detail[f"first_{missing}files"] = [_utf8(path) for path in self.paths[:FIRST_PATHS]]
        return {self.reason: detail}


class IntegrityError(DewarError):
    """Bytes or records are not what was promised. Never retried: a second look would not mend them."""

    default_reason = "integrityError"


class RefusedError(DewarError):
    """The request or the data must change before this can be done; the message says how."""

    default_reason = "refused"


class UnavailableError(DewarError):
    """A server, disk or tape is not ready or not reachable now; the same call may succeed later."""

    default_reason = "unavailable"


MISSING_FILES = "missingFilesError"
"""Reason (and archive status) of a dataset whose declared files are not there."""

CHANGED_FILES = "changedFiles"
"""Reason for files whose size, time or content is no longer what was declared at ingest."""

INCOMPLETE_FILES = "incompleteFiles"
"""Reason for files that never became complete: empty, truncated, still growing."""

UNSAFE_NAMES = "unsafeNames"
"""Reason for names that cannot be archived so that any system can read them back."""

CHECKSUM_MISMATCH = "checksumMismatch"
"""Reason for bytes that were read back and differ from the checksum on record."""

NO_SPACE = "noSpace"
"""Reason for a store or landing zone that is full."""

BUSY = "busy"
"""Reason for work that another live run is doing now."""

OBJECT_EXISTS = "objectExists"
"""Reason for an object that somebody else wrote in the meantime; objects are written once."""

OFFLINE = "offline"
"""Reason for an object that is on tape or in a cold class only, and must be recalled before it can be read."""


def _utf8(text: str) -> str:
    """Write bytes of a name that are no UTF-8 as escapes, so that JSON can carry them."""
    return text.encode("utf-8", "backslashreplace").decode()


def _rebuild(kind: type[DewarError], message: str, reason: str, paths: tuple[str, ...]) -> DewarError:
    return kind(message, reason=reason, paths=paths)
