"""A limit on request bodies."""

from collections.abc import Awaitable, Callable

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from catalog_api.refusals import phrase

DRAINED = 8
"""A body up to so many limits long is read to its end, and thrown away, before it is refused.

A client that is still sending sees a broken connection, and not our answer, when we close before it has finished.
"""


class BodyLimit:
    """Middleware that answers 413 to bodies above a limit, announced or not."""

    def __init__(self, app: ASGIApp, largest: int) -> None:
        """Wrap an application.

        Args:
            app: The application.
            largest: Bytes that a body may have.
        """
        self.app = app
        self.largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse an announced length, and stop keeping a body that grows beyond the limit."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        announced = _announced(headers)
        if announced <= self.largest:
            await self.app(scope, self._counted(receive), send)
            return
        if announced <= DRAINED * self.largest and "expect" not in headers:
            await _drain(receive, announced)
        content = {"message": self._message(), "error": phrase(413), "statusCode": 413}
        await JSONResponse(content, 413, headers={"connection": "close"})(scope, receive, send)

    def _counted(self, receive: Receive) -> Callable[[], Awaitable[Message]]:
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.largest:
                if message.get("more_body"):
                    await _drain(receive, DRAINED * self.largest - received)
                raise HTTPException(413, self._message(), {"connection": "close"})
            return message

        return receive_counted

    def _message(self) -> str:
        return f"the body is larger than {self.largest} bytes; send it in parts"


async def _drain(receive: Receive, at_most: int) -> None:
    """Read a body and throw it away."""
    left = at_most
    while left > 0:
        message = await receive()
        left -= len(message.get("body", b""))
        if not message.get("more_body"):
            return


def _announced(headers: Headers) -> int:
    length = headers.get("content-length", "")
    return int(length[:18]) if length.isascii() and length.isdigit() else 0
