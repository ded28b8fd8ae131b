"""Whether the catalog is well, and how busy it is."""

from fastapi import APIRouter
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import QueuePool
from starlette.responses import Response

from catalog_api.refusals import forbidden
from catalog_api.routes.auth import account_of
from catalog_api.service.metrics import Figures
from catalog_api.site import Site, TheCaller, TheSite
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer

routes = router("Health")
scraped = APIRouter(include_in_schema=False)
"""Outside of the API, where Prometheus looks by itself."""

DOWN = (OperationalError, PoolTimeoutError)
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


@routes.get("/health", summary="Tell whether the catalog and its database answer")
def health(site: TheSite) -> Response:
    """Answer 200 while the database answers, else 503."""
    try:
        with site.database.reading() as session:
            session.execute(text("SELECT 1"))
    except DOWN:
        down = {"database": {"status": "down"}}
        return answer({"status": "error", "info": {}, "error": down, "details": down}, 503)
    up = {"database": {"status": "up"}}
    return answer({"status": "ok", "info": up, "error": {}, "details": up})


@scraped.get("/metrics", summary="Give figures for Prometheus")
def metrics(site: TheSite, caller: TheCaller) -> Response:
    """Give the figures, to everybody or to the groups that the site names."""
    if site.settings.metrics_groups and not (account_of(caller).groups & site.settings.metrics_groups):
        raise forbidden("Forbidden resource")
    pool = site.database.engine.pool
    site.metrics.connected(pool.checkedout() if isinstance(pool, QueuePool) else 0)
    return Response(site.metrics.page(_counted(site)), media_type=PROMETHEUS)


def _counted(site: Site) -> Figures:
    """Ask the database what waits; when it does not answer, that is the figure."""
    try:
        return {"database_up": {(): 1.0}, **site.figures()}
    except DOWN:
        return {"database_up": {(): 0.0}}
