"""What the catalog can do and be told is written down."""

from pathlib import Path

import httpx
import pytest

from catalog_api.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_in_the_manual(name: str) -> None:
    manual = (DOCS / "how-to" / "run-the-catalog.md").read_text("utf-8")

    assert f"`EMDEWAR_CATALOG_{name.upper()}`" in manual


def test_every_route_is_in_the_reference(anonymous: httpx.Client) -> None:
    reference = (DOCS / "reference" / "catalog-api.md").read_text("utf-8").replace("{archiveId}", "{archive_id}")
    routes = {route[len("/api/v4") :] for route in anonymous.get("/openapi.json").json()["paths"]}

    assert [route for route in sorted(routes) if route not in reference] == []
