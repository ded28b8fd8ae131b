"""Errors as answers in SciCat's shape: `{"message", "error", "statusCode"}`."""

import logging
from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import IntegrityError as ConstraintError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from catalog_api.json_type import Json
from catalog_api.refusals import STATUS_BY_REASON, ExplainedError, TryLaterError, phrase
from catalog_api.service.requests import mark
from catalog_api.wire.fields import describe
from catalog_api.wire.shape import answer
from emdewar.errors import DewarError, IntegrityError, RefusedError, UnavailableError

_LOG = logging.getLogger(__name__)
RETRY_AFTER_S = "5"
_ALWAYS_SENT: Mapping[int, Mapping[str, str]] = {401: {"WWW-Authenticate": "Bearer"}}


def install(app: FastAPI) -> None:
    """Make an application answer every error in SciCat's shape."""
    app.add_exception_handler(DewarError, _dewar_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    for busy in (OperationalError, PoolTimeoutError):
        app.add_exception_handler(busy, _database_busy)
    app.add_exception_handler(ConstraintError, _constraint)
    app.add_exception_handler(DataError, _unstorable)
    app.add_exception_handler(Exception, _bug)


def nest(status: int, message: str | list[str], headers: Mapping[str, str] | None = None, **more: Json) -> Response:
    """Answer with an error.

    Args:
        status: HTTP status.
        message: What is wrong, for people.
        headers: HTTP headers.
        more: `reason` and `paths` of our own errors, which SciCat's clients ignore.
    """
    content = {"message": message, "error": phrase(status), "statusCode": status, **more}
    return answer(content, status, {**_ALWAYS_SENT.get(status, {}), **(headers or {})})


def _dewar_error(_request: Request, error: Exception) -> Response:
    if isinstance(error, UnavailableError):
        return nest(503, str(error), {"Retry-After": RETRY_AFTER_S})
    if isinstance(error, RefusedError | IntegrityError):
        more: dict[str, Json] = {"reason": error.reason} | ({"paths": error.paths[:10]} if error.paths else {})
        more |= {"error": error.details} if isinstance(error, ExplainedError) else {}
        headers = {"Retry-After": str(error.after_s)} if isinstance(error, TryLaterError) else None
        return nest(STATUS_BY_REASON.get(error.reason, 409), str(error), headers, **more)
    return nest(500, str(error))


def _http_error(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = str(error.detail) if isinstance(error, HTTPException) else ""
    return nest(status, detail, getattr(error, "headers", None))


def _invalid_request(_request: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    messages = (describe(fault["type"], fault["loc"][1:], fault["msg"]) for fault in found)
    return nest(400, list(dict.fromkeys(messages)))


def _database_busy(request: Request, error: Exception) -> Response:
    _LOG.warning("%s %s: the database answered %s", request.method, request.url.path, getattr(error, "orig", error))
    message = "the catalog's database is busy or full; try again, and look at its disk if this stays"
    return nest(503, message, {"Retry-After": RETRY_AFTER_S})


def _constraint(request: Request, error: Exception) -> Response:
    _LOG.warning("%s %s met a constraint: %s", request.method, request.url.path, getattr(error, "orig", error))
    return nest(409, "the request contradicts what is on record; read it again and repeat", reason="conflict")


def _unstorable(_request: Request, _error: Exception) -> Response:
    return nest(400, "a value is out of the range that the database can keep", reason="badRequest")


def _bug(request: Request, _error: Exception) -> Response:
    # This answer is made outside of all middleware.
    failed = nest(500, "the catalog failed on this request; its log says where")
    mark(failed.headers, request.scope)
    return failed
