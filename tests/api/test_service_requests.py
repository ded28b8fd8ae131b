"""Every answer has an id and safe headers, and frontends are told what they ask for."""

from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from catalog_api.application import create_app
from catalog_api.settings import Settings
from emdewar.errors import RefusedError
from tests.api.bodies import InProcess
from tests.api.conftest import ClientWith

ID = "X-Request-ID"


@pytest.mark.parametrize(
    "route", ["/api/v3/health", "/nowhere", "/api/v4/jobs/x", "/docs", "/api/v3/auth/whoami", "/%00"]
)
def test_every_answer_carries_an_id_of_its_own(anonymous: httpx.Client, route: str) -> None:
    first, second = anonymous.get(route), anonymous.get(route)

    assert len(first.headers[ID]) == 32
    assert first.headers[ID] != second.headers[ID]


@pytest.mark.parametrize(
    ("sent", "kept"), [("run-7.a_B", True), ("x" * 65, False), ("a b", False), ("<script>", False)]
)
def test_an_id_that_came_along_is_kept_when_it_is_sane(anonymous: httpx.Client, sent: str, *, kept: bool) -> None:
    answer = anonymous.get("/api/v3/health", headers={ID: sent})

    assert (answer.headers[ID] == sent) is kept


@pytest.mark.parametrize("route", ["/api/v3/health", "/api/v3/auth/whoami", "/nowhere", "/api/v3/datasets"])
def test_answers_tell_browsers_to_do_little_with_them(anonymous: httpx.Client, route: str) -> None:
    headers = anonymous.get(route).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers


def test_pages_bring_their_styles_and_are_framed_by_nobody(anonymous: httpx.Client) -> None:
    policy = anonymous.get("/docs").headers["Content-Security-Policy"]

    assert "frame-ancestors 'none'" in policy
    assert "style-src 'self'" in policy
    assert "script-src" not in policy


def test_browsers_stay_on_https_once_they_came_by_it(app: FastAPI) -> None:
    secure = httpx.Client(transport=InProcess(app), base_url="https://catalog")

    assert "max-age" in secure.get("/api/v3/health").headers["Strict-Transport-Security"]


def test_any_page_may_ask_unless_the_site_names_some(anonymous: httpx.Client, client_with: ClientWith) -> None:
    mine, other = "https://portal.example.org", "https://other.example.org"
    strict = client_with(cors_origins=frozenset({mine}))

    origins = [
        answer.headers.get("Access-Control-Allow-Origin")
        for answer in (
            anonymous.get("/api/v3/health", headers={"Origin": other}),
            strict.get("/api/v3/health", headers={"Origin": mine}),
            strict.get("/api/v3/health", headers={"Origin": other}),
        )
    ]

    assert origins == ["*", mine, None]


def test_a_page_may_send_its_token_from_anywhere_allowed(anonymous: httpx.Client) -> None:
    asked = {"Origin": "https://portal.example.org", "Access-Control-Request-Method": "PATCH"}
    asked["Access-Control-Request-Headers"] = "authorization,if-unmodified-since"

    answer = anonymous.options("/api/v4/datasets/x", headers=asked)

    assert answer.status_code == 200
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_frontend_is_told_the_name_of_the_facility(client_with: ClientWith) -> None:
    client = client_with(facility="EM Centre")

    config = client.get("/api/v3/admin/config").json()
    theme = client.get("/api/v3/admin/theme").json()
    same = client.get("/api/v3/runtime-config/frontendConfig").json()

    assert config["facility"] == "EM Centre"
    assert set(theme) >= {"name", "properties"}
    assert (same["cid"], same["data"]) == ("frontendConfig", config)
    assert client.get("/api/v3/runtime-config/other").status_code == 404
    assert [one["cid"] for one in client.get("/api/v3/runtime-config").json()] == ["frontendConfig", "frontendTheme"]


def test_a_frontends_own_files_are_given_as_they_are(client_with: ClientWith, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"facility": "Mine", "colour": 1}')

    client = client_with(frontend_config_file=tmp_path / "config.json")

    assert client.get("/api/v3/admin/config").json() == {"facility": "Mine", "colour": 1}


@pytest.mark.parametrize("content", ["", "[]", "{", None])
def test_a_frontends_file_that_cannot_be_used_stops_the_start(
    settings: Settings, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "theme.json"
    if content is not None:
        file.write_text(content)

    with pytest.raises(RefusedError, match=r"theme\.json cannot be used"):
        create_app(settings.model_copy(update={"frontend_theme_file": file}))
