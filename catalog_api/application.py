"""The application: the routes of both dialects over one site."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

from catalog_api import errors
from catalog_api.accounts import Accounts
from catalog_api.database import Database
from catalog_api.routes import documentation, every
from catalog_api.settings import Settings
from catalog_api.site import Site
from catalog_api.wire.body_limit import BodyLimit
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
        RefusedError: The accounts file or the signing key cannot be used.
    """
    key, accounts = settings.signing_key(), Accounts.read(settings.accounts_file)
    site = Site(settings, Database(settings), accounts, key)
    app = FastAPI(
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
        *_include(app, "", (documentation.routes,)),
    ]
    app.add_middleware(SciCatPaths, routes=paths)
    app.add_middleware(BodyLimit, largest=settings.max_body_bytes)
    app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"])
    return app


def _include(app: FastAPI, prefix: str, routers: tuple[APIRouter, ...]) -> list[str]:
    """Include routers; gives the paths of their routes."""
    for routes in routers:
        app.include_router(routes, prefix=prefix)
    return [prefix + route.path for routes in routers for route in routes.routes if isinstance(route, Route)]


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    site: Site = app.state.site
    site.database.close()
