"""The application: the routes of both dialects over one site."""

import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import copy

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from fastapi.utils import generate_unique_id
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route, compile_path

from catalog_api import errors
from catalog_api.outbox.dispatcher import dispatching
from catalog_api.routes import documentation, every, health
from catalog_api.service.description import DescribedApi
from catalog_api.service.requests import Requests, Routes
from catalog_api.settings import Settings
from catalog_api.site import Site
from catalog_api.wire.body_limit import BodyLimit
from catalog_api.wire.direct_routes import DirectRoutes
from catalog_api.wire.paths import SciCatPaths
from emdewar import __version__

DESCRIPTION = """\
The state of every dataset of an electron-microscopy facility: what was acquired, which files it has, on which stores
its verified copies lie, and what happened to it.

It speaks SciCat's REST dialect for what is listed here, with SciCat's names and shapes.
"""


def create_app(settings: Settings) -> FastAPI:
    """Build a catalog; the database must have been migrated before it is asked anything.

    Raises:
        RefusedError: A file or a setting cannot be used.
    """
    site = Site.of(settings)
    app = DescribedApi(
        title="EM Dewar catalog",
        description=DESCRIPTION,
        version=__version__,
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.site = site
    errors.install(app)
    paths = [
        *_include(app, "/api/v4", every.V4),
        *_include(app, "/api/v3", every.V3),
        *_include(app, "", (documentation.routes, health.scraped)),
    ]
    app.router.middleware_stack = DirectRoutes(app.router)
    app.add_middleware(Routes)
    app.add_middleware(SciCatPaths, routes=paths)
    app.add_middleware(BodyLimit, largest=settings.max_body_bytes)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=sorted(settings.cors_origins),
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=["X-Request-ID", "Retry-After"],
    )
    app.add_middleware(Requests, metrics=site.metrics)
    return app


def openapi() -> str:
    """Write the API's description; it is the same for all sites."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(database_url=f"sqlite:///{folder}/none.sqlite3", accounts_file=None))
    return json.dumps(app.openapi(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _include(app: FastAPI, prefix: str, routers: tuple[APIRouter, ...]) -> list[str]:
    """Include the routes of routers; gives their paths.

    FastAPI's own way matches a request against every included router twice, and prepares all routes anew for each
    application.
    """
    routes = [_below(prefix, route) for router in routers for route in router.routes if isinstance(route, Route)]
    app.router.routes.extend(routes)
    return [route.path for route in routes]


def _below(prefix: str, route: Route) -> Route:
    placed = copy(route)
    placed.path = prefix + route.path
    placed.path_regex, placed.path_format, placed.param_convertors = compile_path(placed.path)
    if isinstance(placed, APIRoute):
        placed.unique_id = placed.operation_id or generate_unique_id(placed)
    return placed


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    site: Site = app.state.site
    with dispatching(site.database, site.settings):
        yield
    site.close()
