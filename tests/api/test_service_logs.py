"""Every request is one line in the log, which says who asked what and holds no secret."""

import json
import logging

import httpx
import pytest
from fastapi import FastAPI

from catalog_api.service import logs
from tests.api.bodies import dataset, path
from tests.api.conftest import PASSWORD

ID = "X-Request-ID"


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
