"""Refusals with the reason that decides the HTTP status."""

from collections.abc import Iterable

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
}
"""HTTP status of a refusal; every other reason is a conflict, 409."""


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
