"""Every request: its id, its line in the log, its figures, and the headers that each answer carries."""

import logging
import re
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qs
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from catalog_api.service.headers import protect
from catalog_api.service.metrics import Metrics

_LOG = logging.getLogger("catalog_api.requests")
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_QUIET = frozenset({"/metrics", "/api/v3/health"})
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
LONGEST = 200
"""Characters of a filter that are logged; longer ones are cut."""


@dataclass
class Seen:
    """What is known of a request that is being answered.

    Attributes:
        route: Template of the route that answers it.
        caller: Name of who asks, once that is known.
    """

    request_id: str
    route: str = "unmatched"
    caller: str = "anonymous"
    status: int | None = None
    began: float = field(default_factory=time.perf_counter)


def seen(scope: Scope) -> Seen | None:
    """Give what is known of a request, or None outside of this middleware."""
    found: Seen | None = scope.get("state", {}).get("seen")
    return found


class Requests:
    """Middleware around everything: it sees each request and each answer, errors included."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Wrap an application.

        Args:
            app: The application.
            metrics: Where requests are counted.
        """
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request and write it down."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Seen(_request_id(scope))
        scope.setdefault("state", {})["seen"] = request
        structlog.contextvars.bind_contextvars(request_id=request.request_id)

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                request.status = message["status"]
                mark(MutableHeaders(scope=message), scope)
            await send(message)

        try:
            await self.app(scope, receive, send_marked)
        except Exception:
            request.status = 500
            raise
        finally:
            self._write_down(request, scope)

    def _write_down(self, request: Seen, scope: Scope) -> None:
        seconds = time.perf_counter() - request.began
        # Nobody waits for the answer any more: what proxies log as 499.
        status = request.status or 499
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self.metrics.answered(method, request.route, status, seconds)
        level = logging.DEBUG if request.route in _QUIET and status == 200 else logging.INFO  # noqa: PLR2004 (OK)
        if _LOG.isEnabledFor(level):
            asked = {"method": method, "route": request.route, "status": status, "caller": request.caller}
            _LOG.log(level, "request", extra=asked | {"ms": round(1000 * seconds, 1)} | _shown(scope))


class Routes:
    """Middleware right before the routes: it notes which one was taken."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the routes."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request and note the route."""
        try:
            await self.app(scope, receive, send)
        finally:
            request, route = seen(scope), scope.get("route")
            if request is not None and route is not None:
                request.route = route.path


def mark(headers: MutableHeaders, scope: Scope) -> None:
    """Put the request's id and the protective headers on an answer."""
    request = seen(scope)
    if request is not None:
        headers["X-Request-ID"] = request.request_id
    protect(headers, is_https=scope["scheme"] == "https")


def _request_id(scope: Scope) -> str:
    """Give the id that came with a request, if it is a sane one, or a new one."""
    sent = Headers(scope=scope).get("x-request-id", "")
    return sent if _SANE_ID.fullmatch(sent) else uuid4().hex


def _shown(scope: Scope) -> dict[str, str]:
    """Give what a log may hold of an address: filters, cut short; never tokens."""
    if not scope["query_string"]:
        return {}
    asked = parse_qs(scope["query_string"].decode("ascii", "replace"))
    return {name: asked[name][0][:LONGEST] for name in ("filter", "fields", "limits") if name in asked}
