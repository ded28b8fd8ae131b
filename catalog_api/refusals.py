"""Refusals with the reason that decides the HTTP status."""

from collections.abc import Iterable
from functools import partial
from http import HTTPStatus
from typing import Any

from emdewar.errors import RefusedError

STATUS_BY_REASON = {
    "badRequest": 400,
    "unsafeNames": 400,
    "unknownJob": 400,
    "unauthorized": 401,
    "sessionExpired": 401,
    "forbidden": 403,
    "notFound": 404,
    "preconditionFailed": 412,
    "tooLarge": 413,
    "unprocessable": 422,
    "tooManyTries": 429,
}
"""HTTP status of a refusal; every other reason is a conflict, 409."""


_PHRASES = {413: "Payload Too Large", 422: "Unprocessable Entity"}
"""As SciCat says them; Python's own words for these differ from version to version."""


def phrase(status: int) -> str:
    """Name an HTTP status."""
    return _PHRASES.get(status) or HTTPStatus(status).phrase


def not_found(what: str, which: str) -> RefusedError:
    """Say that there is no such thing."""
    return RefusedError(f"{what} {which} not found", reason="notFound")


def forbidden(why: str) -> RefusedError:
    """Say that the caller may not do this."""
    return RefusedError(why, reason="forbidden")


def bad_request(why: str) -> RefusedError:
    """Say that the request itself makes no sense."""
    return RefusedError(why, reason="badRequest")


def unprocessable(why: str) -> RefusedError:
    """Say that the request is well formed and still cannot be met."""
    return RefusedError(why, reason="unprocessable")


def conflict(why: str, *, reason: str = "conflict", paths: Iterable[str] = ()) -> RefusedError:
    """Say that the request contradicts what is on record."""
    return RefusedError(why, reason=reason, paths=paths)


class TryLaterError(RefusedError):
    """A refusal that ends by itself.

    Attributes:
        after_s: Seconds until the same request is looked at again.
    """

    def __init__(self, why: str, *, after_s: int) -> None:
        """Keep when to come back."""
        super().__init__(why, reason="tooManyTries")
        self.after_s = after_s

    def __reduce__(self) -> tuple[Any, ...]:
        """Survive pickling."""
        return partial(type(self), after_s=self.after_s), self.args


def too_many_tries(after_s: int) -> TryLaterError:
    """Say that too many logins failed, and when the next one is looked at."""
    return TryLaterError(f"too many failed logins; try again in {after_s} s", after_s=after_s)


class ExplainedError(RefusedError):
    """A refusal whose message is SciCat's, word for word, with what it leaves open.

    Attributes:
        details: Which one, and why; sent as `error`.
    """

    def __init__(self, refusal: RefusedError, details: str) -> None:
        """Keep the details beside the refusal."""
        super().__init__(str(refusal), reason=refusal.reason, paths=refusal.paths)
        self.details = details

    def __reduce__(self) -> tuple[Any, ...]:
        """Survive pickling."""
        return type(self), (RefusedError(str(self), reason=self.reason, paths=self.paths), self.details)


def explained(refusal: RefusedError, details: str) -> ExplainedError:
    """Add details to a refusal."""
    return ExplainedError(refusal, details)
