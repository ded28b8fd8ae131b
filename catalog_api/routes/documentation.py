"""The API's documentation page: one HTML page made here, so that it works in a lab without a way to the internet."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse

from catalog_api.pages.reference import page

routes = APIRouter(include_in_schema=False)


@routes.get("/docs")
def docs(request: Request) -> HTMLResponse:
    """Show all routes, readable without scripts."""
    return HTMLResponse(page(request.app.openapi()))


@routes.get("/explorer")
def explorer() -> RedirectResponse:
    """Lead those who know SciCat's address of this page."""
    return RedirectResponse("docs")
