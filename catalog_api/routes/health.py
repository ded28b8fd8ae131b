"""Whether the catalog is well."""

from sqlalchemy import text
from starlette.responses import Response

from catalog_api.site import Reading
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer

routes = router("Health")


@routes.get("/health", summary="Tell whether the catalog and its database answer")
def health(session: Reading) -> Response:
    """Answer 200 while the database answers, else 503."""
    session.execute(text("SELECT 1"))
    return answer({"status": "ok", "info": {"database": {"status": "up"}}, "error": {}, "details": {}})
