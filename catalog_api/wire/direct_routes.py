"""The way from an address to its route, without asking hundreds of others first."""

from collections import defaultdict
from collections.abc import Iterable

from starlette.routing import BaseRoute, Match, Route, Router
from starlette.types import Receive, Scope, Send

KNOWN = 3
"""Segments at the start of an address that are words in every route, as in `/api/v3/datasets`."""

Start = tuple[int, tuple[str, ...]]


class DirectRoutes:
    """Stands before a router: looks only at routes that begin with the same words and are as long.

    Their order stays as it is. What none of them answers is left to the router, as are addresses without a route.
    """

    def __init__(self, router: Router) -> None:
        """Sort the routes that the router has by now."""
        self.router = router
        self._by_start = _sorted(router.routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to the first route that answers it."""
        if scope["type"] == "http":
            for route in self._by_start.get(_start(scope["path"]), ()):
                match, found = route.matches(scope)
                if match is Match.FULL:
                    scope.update({"router": self.router, "route": route, **found})
                    await route.handle(scope, receive, send)
                    return
        await self.router.app(scope, receive, send)


def _sorted(routes: Iterable[BaseRoute]) -> dict[Start, list[Route]]:
    by_start: dict[Start, list[Route]] = defaultdict(list)
    for route in routes:
        if isinstance(route, Route):
            start = _start(route.path)
            if not any("{" in word for word in start[1]):
                by_start[start].append(route)
    return dict(by_start)


def _start(path: str) -> Start:
    return path.count("/"), tuple(path.split("/", KNOWN + 1)[1 : KNOWN + 1])
