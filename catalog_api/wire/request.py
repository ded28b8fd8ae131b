"""Requests whose JSON is checked before anything else sees it."""

from collections.abc import Callable, Coroutine
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field

from catalog_api.json_type import Json
from catalog_api.refusals import phrase
from catalog_api.wire.checked_json import parse
from emdewar.errors import RefusedError

PARSED_AT_ONCE_BYTES = 128 * 1024
"""Larger bodies, such as lists of 100,000 files, are parsed beside the event loop, so that nobody waits for them."""


class CheckedRequest(Request):
    """A request whose body, when it is JSON, can be kept by every database."""

    async def json(self) -> Json:
        """Parse the body, or answer 400 with the reason."""
        body = await self.body()
        try:
            if len(body) <= PARSED_AT_ONCE_BYTES:
                return parse(body)
            return await to_thread.run_sync(parse, body)
        except RefusedError as error:
            raise HTTPException(400, str(error)) from error


class CheckedRoute(APIRoute):
    """A route that takes checked requests."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Json, Json, Response]]:
        """Wrap the route's own way of answering."""
        answer_request = super().get_route_handler()

        async def answer_checked(request: Request) -> Response:
            return await answer_request(CheckedRequest(request.scope, request.receive))

        return answer_checked


class ErrorAnswer(BaseModel):
    """An error, in the shape that SciCat's clients know."""

    message: str | list[str] = Field(description="What is wrong, which one, and what to do.")
    error: str = Field(description="Name of the HTTP status.")
    statusCode: int = Field(description="HTTP status.")  # noqa: N815 (SciCat's name)
    reason: str | None = Field(None, description="A word for programs, where there is one.")
    paths: list[str] | None = Field(None, description="The first files concerned.")


REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorAnswer, "description": phrase(status)}
    for status in (400, 401, 403, 404, 409, 412, 413, 422, 424, 429, 500, 503)
}
"""Every status that a refusal can have."""

THERE_ALREADY: dict[int | str, dict[str, Any]] = {200: {"description": "It was there already, and is the same."}}
"""What a repeated request is answered where that is no refusal."""


def router(tag: str) -> APIRouter:
    """Make a router of checked routes under a heading of the documentation page."""
    return APIRouter(route_class=CheckedRoute, tags=[tag], responses=REFUSALS)
