"""What SciCat's frontend asks for before it shows anything: its settings and its theme."""

from starlette.responses import Response

from catalog_api.refusals import not_found
from catalog_api.site import Site, TheSite
from catalog_api.wire.paths import Identifier
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer

routes = router("Frontend")


@routes.get("/admin/config", summary="Give the frontend's settings")
async def config(site: TheSite) -> Response:
    """Give the settings that the site keeps for SciCat's frontend."""
    return answer(site.frontend.config)


@routes.get("/admin/theme", summary="Give the frontend's theme")
async def theme(site: TheSite) -> Response:
    """Give the theme that the site keeps for SciCat's frontend."""
    return answer(site.frontend.theme)


@routes.get("/runtime-config", summary="Give all settings of the frontend")
async def runtime_configs(site: TheSite) -> Response:
    """Give settings and theme, by the names that newer frontends use."""
    return answer([_named(site, name) for name in _kinds(site)])


@routes.get("/runtime-config/{name}", summary="Give some settings of the frontend")
async def runtime_config(name: Identifier, site: TheSite) -> Response:
    """Give `frontendConfig` or `frontendTheme`."""
    if name not in _kinds(site):
        raise not_found("Config", f"'{name}'")
    return answer(_named(site, name))


def _kinds(site: Site) -> dict[str, dict[str, object]]:
    return {"frontendConfig": site.frontend.config, "frontendTheme": site.frontend.theme}


def _named(site: Site, name: str) -> dict[str, object]:
    return {"_id": name, "cid": name, "data": _kinds(site)[name]}
