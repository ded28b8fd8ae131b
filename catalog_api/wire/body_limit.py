"""A limit on request bodies."""

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


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
        """Refuse an announced length at once, and stop reading a body that grows beyond the limit."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif _announced(scope) > self.largest:
            content = {"message": self._message(), "error": "Payload Too Large", "statusCode": 413}
            await JSONResponse(content, 413, headers={"connection": "close"})(scope, receive, send)
        else:
            await self.app(scope, self._counted(receive), send)

    def _counted(self, receive: Receive) -> Receive:
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.largest:
                raise HTTPException(413, self._message())
            return message

        return receive_counted

    def _message(self) -> str:
        return f"the body is larger than {self.largest} bytes; send it in parts"


def _announced(scope: Scope) -> int:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0
