"""Paths as SciCat's server reads them: any case, any trailing slash, identifiers with `%2F` inside one segment.

The path is split while it is still encoded, since a decoded `20.500/abc` cannot be told from two segments. What a
segment means, a word or an identifier, follows from the routes themselves.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Annotated
from urllib.parse import quote, unquote, unquote_plus

from fastapi import Path
from pydantic import AfterValidator
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

Identifier = Annotated[str, Path(description="Identifier, percent-encoded"), AfterValidator(unquote)]
"""An identifier in a path; a slash in it is sent as `%2F`."""

Template = tuple[str | None, ...]
"""A route's segments: a word, or None for an identifier."""

Start = tuple[int, tuple[str | None, ...]]
"""How many segments a route has, and its first words, in lower case; these few are looked through for a path."""

FIRST_WORDS = 3


class SciCatPaths:
    """Middleware that brings every path to its one canonical form before it is routed."""

    def __init__(self, app: ASGIApp, routes: Iterable[str]) -> None:
        """Wrap an application.

        Args:
            app: The application.
            routes: Its routes, as `/api/v3/datasets/{pid}`.
        """
        self.app = app
        self.templates = templates_of(routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Rewrite the path of an HTTP request, or refuse one that is no text."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            path = canonical_path(scope.get("raw_path") or quote(scope["path"]).encode(), self.templates)
            _check_query(scope["query_string"])
        except ValueError:
            message = "the address holds bytes that are no text; correct it"
            refusal = {"message": message, "error": "Bad Request", "statusCode": 400}
            await JSONResponse(refusal, 400)(scope, receive, send)
            return
        await self.app({**scope, "path": path}, receive, send)


def templates_of(routes: Iterable[str]) -> dict[Start, list[Template]]:
    """Sort routes by how they begin; where a word and an identifier are possible, the word comes first."""
    found: dict[Start, set[Template]] = defaultdict(set)
    for route in routes:
        segments = route.strip("/").split("/")
        words = tuple(segment.lower() for segment in segments[:FIRST_WORDS])
        start = () if any(word.startswith("{") for word in words) else words
        found[len(segments), start].add(tuple(None if segment.startswith("{") else segment for segment in segments))
    return {start: sorted(templates, key=_words_first) for start, templates in found.items()}


def canonical_path(raw: bytes, templates: dict[Start, list[Template]]) -> str:
    """Write a raw path in the form that the routes use: words as there, identifiers encoded, no trailing slash.

    Raises:
        ValueError: It is no UTF-8 text, or holds a NUL.
    """
    segments = [_plain(text) for text in raw.decode("ascii").partition("?")[0].strip("/").split("/")]
    words = [segment.lower() for segment in segments]
    alike = (tuple(words[:FIRST_WORDS]), ())
    for template in (template for start in alike for template in templates.get((len(segments), start), [])):
        if all(word is None or word.lower() == segment for word, segment in zip(template, words, strict=True)):
            return "/" + "/".join(
                quote(segment, safe="") if word is None else word
                for word, segment in zip(template, segments, strict=True)
            )
    return "/" + "/".join(quote(segment, safe="") for segment in segments)


def _words_first(template: Template) -> list[bool]:
    return [segment is None for segment in template]


def _plain(text: str) -> str:
    plain = unquote_plus(text, errors="strict")
    if "\0" in plain:
        msg = "NUL in a path"
        raise ValueError(msg)
    return plain


def _check_query(query: bytes) -> None:
    text = unquote(query.decode("ascii"), errors="strict")
    if "\0" in text:
        msg = "NUL in a query"
        raise ValueError(msg)
