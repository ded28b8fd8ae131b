"""Every answer has an id, safe headers, one line in the log and its place in the figures."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from catalog_api.application import create_app
from catalog_api.service import logs
from catalog_api.service.metrics import Remembered
from catalog_api.settings import Settings
from catalog_api.site import Site
from emdewar.errors import RefusedError
from tests.api.bodies import As, InProcess, dataset, path
from tests.api.conftest import PASSWORD

ID = "X-Request-ID"


ClientWith = Callable[..., httpx.Client]


@pytest.fixture
def client_with(settings: Settings) -> Iterator[ClientWith]:
    """Gives a client of a catalog with other settings, on the same database."""
    with ExitStack() as stack:

        def begin(**changes: object) -> httpx.Client:
            app = create_app(settings.model_copy(update=changes))
            stack.callback(app.state.site.close)
            return httpx.Client(transport=InProcess(app), base_url="http://catalog")

        yield begin


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


def test_a_request_is_one_line_that_says_who_asked_what(owner: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    owner.post("/api/v4/datasets", json=dataset())
    caplog.clear()
    caplog.set_level(logging.INFO, "catalog_api.requests")

    answer = owner.get(path(), headers={ID: "seen-here"})

    (line,) = [record for record in caplog.records if record.name == "catalog_api.requests"]
    said = json.loads(logs.formatter("json").format(line))
    assert {name: said[name] for name in ("method", "route", "status", "caller")} == {
        "method": "GET",
        "route": "/api/v4/datasets/{pid}",
        "status": answer.status_code,
        "caller": "owner",
    }
    assert said["ms"] > 0


def test_filters_are_logged_short_and_secrets_never(
    owner: httpx.Client, anonymous: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    owner.get(
        "/api/v3/datasets", params={"filter": json.dumps({"where": {"pid": "x" * 500}}), "access_token": "secret1"}
    )
    anonymous.post("/api/v3/auth/login", json={"username": "hunter2", "password": "secret2"})
    answer = anonymous.post("/api/v3/auth/login", json={"username": "owner", "password": PASSWORD})

    lines = [
        logs.formatter("json").format(record) for record in caplog.records if record.name.startswith("catalog_api")
    ]
    token = answer.json()["id"]
    assert not any(secret in line for line in lines for secret in ("secret1", "secret2", "hunter2", PASSWORD, token))
    assert any('"filter"' in line for line in lines)
    assert max(map(len, lines)) < 1500


def test_lines_for_people_hold_the_same(caplog: pytest.LogCaptureFixture, anonymous: httpx.Client) -> None:
    caplog.set_level(logging.INFO)

    anonymous.get("/api/v4/datasets/count")

    line = next(logs.formatter("text").format(seen) for seen in caplog.records if seen.name == "catalog_api.requests")
    assert "route=/api/v4/datasets/count" in line


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """The figures by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_requests_are_counted_by_route_and_not_by_address(owner: httpx.Client, anonymous: httpx.Client) -> None:
    for name in ("a", "b", "c"):
        owner.get(f"/api/v4/datasets/{name}")
    anonymous.request("BREW", "/nowhere/at/all")

    figures = samples(anonymous.get("/metrics").text)

    by_route = {"method": "GET", "route": "/api/v4/datasets/{pid}"}
    assert figures["emdewar_catalog_requests_total", frozenset((by_route | {"status": "404"}).items())] == 3
    assert figures["emdewar_catalog_request_seconds_count", frozenset(by_route.items())] == 3
    strange = {"method": "other", "route": "unmatched", "status": "404"}
    assert figures["emdewar_catalog_requests_total", frozenset(strange.items())] == 1


def test_figures_tell_what_waits_and_how_datasets_stand(flows: httpx.Client, anonymous: httpx.Client) -> None:
    flows.post("/api/v4/datasets", json=dataset("20.500/1"))
    flows.post("/api/v4/datasets", json=dataset("20.500/2"))

    figures = samples(anonymous.get("/metrics").text)

    assert figures["emdewar_catalog_datasets", frozenset({("state", "datasetCreated")})] == 2
    assert figures["emdewar_catalog_outbox_waiting", frozenset()] == 0
    assert ("emdewar_catalog_database_connections", frozenset()) in figures


def test_words_of_foreign_archivers_are_one_figure(as_: As, owner: httpx.Client, anonymous: httpx.Client) -> None:
    for number, word in enumerate(("onTapeA", "onTapeB")):
        owner.post("/api/v4/datasets", json=dataset(f"20.500/{number}"))
        as_("archiver").patch(path(f"20.500/{number}", "datasetlifecycle"), json={"archiveStatusMessage": word})

    figures = samples(anonymous.get("/metrics").text)

    assert figures["emdewar_catalog_datasets", frozenset({("state", "other")})] == 2


def test_logins_are_counted_by_outcome(anonymous: httpx.Client) -> None:
    for password in (PASSWORD, "wrong", "wrong"):
        anonymous.post("/api/v3/auth/login", json={"username": "owner", "password": password})

    figures = samples(anonymous.get("/metrics").text)

    counted = {
        state: figures["emdewar_catalog_logins_total", frozenset({("outcome", state)})]
        for state in ("welcome", "refused")
    }
    assert counted == {"welcome": 1, "refused": 2}


def test_figures_can_be_kept_to_some_groups(client_with: ClientWith, as_: As) -> None:
    strict = client_with(metrics_groups=frozenset({"p1"}))

    tokens = {who: as_(who).headers.get("Authorization") for who in ("owner", "admin", "nobody")}
    statuses = {
        who: strict.get("/metrics", headers={"Authorization": token} if token else {}).status_code
        for who, token in tokens.items()
    }

    assert statuses == {"owner": 200, "admin": 403, "nobody": 401}


def test_figures_of_the_database_are_asked_for_once_a_while() -> None:
    asked = []

    def ask() -> dict[str, dict[str, float]]:
        asked.append(1)
        return {}

    remembered = Remembered(ask)

    remembered()
    remembered()

    assert len(asked) == 1


def test_health_says_when_the_database_is_gone(app: FastAPI, anonymous: httpx.Client, sqlite_file: Path) -> None:
    site: Site = app.state.site
    well = anonymous.get("/api/v3/health")

    site.close()
    sqlite_file.unlink()
    sqlite_file.mkdir()
    ill = anonymous.get("/api/v3/health")

    assert (well.status_code, well.json()["status"]) == (200, "ok")
    assert (ill.status_code, ill.json()["status"]) == (503, "error")
    assert ill.json()["error"] == {"database": {"status": "down"}}


def test_a_bug_is_a_500_that_tells_nothing_and_can_be_found_in_the_log(
    app: FastAPI, anonymous: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    @app.get("/bug")
    def bug() -> None:
        raise ZeroDivisionError("the inside of the catalog")

    caplog.set_level(logging.INFO)

    answer = anonymous.get("/bug", headers={ID: "find-me"})

    assert answer.status_code == 500
    assert "inside" not in answer.text
    assert answer.headers[ID] == "find-me"
    assert [record.__dict__["status"] for record in caplog.records if record.name == "catalog_api.requests"] == [500]


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
