"""Paths as SciCat's server reads them: any case, any trailing slash, identifiers with `%2F` inside one segment.

The path is split while it is still encoded, since a decoded `20.500/abc` cannot be told from two segments.
"""

from typing import Annotated
from urllib.parse import quote, unquote, unquote_plus

from fastapi import Path
from pydantic import AfterValidator
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

WORDS_IN_PLACE_OF_AN_ID = {"count", "login", "my", "whoami"}
"""What can stand where an identifier stands otherwise."""

FIXED = {0, 1, 2, 4}
"""Segments that are never identifiers: /api/v3/datasets/{pid}/datablocks/{id}."""

Identifier = Annotated[str, Path(description="Identifier, percent-encoded"), AfterValidator(unquote)]
"""An identifier in a path; a slash in it is sent as `%2F`."""


class SciCatPaths:
    """Middleware that brings every path to its one canonical form before it is routed."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Rewrite the path of an HTTP request, or refuse one that is no text."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            path = canonical_path(scope.get("raw_path") or quote(scope["path"]).encode())
            _check_query(scope["query_string"])
        except ValueError:
            message = "the address holds bytes that are no text; correct it"
            refusal = {"message": message, "error": "Bad Request", "statusCode": 400}
            await JSONResponse(refusal, 400)(scope, receive, send)
            return
        await self.app({**scope, "path": path}, receive, send)


def canonical_path(raw: bytes) -> str:
    """Write a raw path in the form that the routes use: lower-case words, identifiers encoded, no trailing slash.

    Raises:
        ValueError: It is no UTF-8 text, or holds a NUL.
    """
    segments = raw.decode("ascii").partition("?")[0].strip("/").split("/")
    return "/" + "/".join(_segment(position, text) for position, text in enumerate(segments))


def _segment(position: int, text: str) -> str:
    plain = unquote_plus(text, errors="strict")
    if "\0" in plain:
        msg = "NUL in a path"
        raise ValueError(msg)
    if position in FIXED or plain.lower() in WORDS_IN_PLACE_OF_AN_ID:
        plain = plain.lower()
    return quote(plain, safe="")


def _check_query(query: bytes) -> None:
    text = unquote(query.decode("ascii"), errors="strict")
    if "\0" in text:
        msg = "NUL in a query"
        raise ValueError(msg)
