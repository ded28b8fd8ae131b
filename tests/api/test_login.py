"""Tokens: who has a good one is somebody, who has none is anybody, an expired one is said to be expired."""

import base64
import json
import time
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from catalog_api.settings import Settings
from tests.api.bodies import As
from tests.api.conftest import PASSWORD

LOGIN = {"username": "owner", "password": PASSWORD}


@pytest.mark.parametrize("sent", [{"json": LOGIN}, {"data": LOGIN}], ids=["json", "form"])
def test_a_right_password_gives_a_token_in_scicats_shape(anonymous: httpx.Client, sent: dict[str, Any]) -> None:
    answer = anonymous.post("/api/v3/Auth/Login/", **sent)

    body = answer.json()
    assert answer.status_code == 201
    assert body["id"] == body["access_token"]
    assert body["user"]["username"] == "owner"
    assert len(body["userId"]) == 24


@pytest.mark.parametrize("wrong", [{"password": "no"}, {"username": "ghost"}, {"username": "owner\u00e9"}])
def test_a_wrong_name_and_a_wrong_password_look_the_same(anonymous: httpx.Client, wrong: dict[str, str]) -> None:
    answer = anonymous.post("/api/v3/auth/login", json=LOGIN | wrong)

    assert answer.status_code == 401
    assert answer.json()["message"] == "the name or the password is wrong"


def test_an_identity_names_its_groups(owner: httpx.Client) -> None:
    profile = owner.get("/api/v3/users/my/identity").json()["profile"]

    assert (profile["username"], profile["accessGroups"]) == ("owner", ["p1"])


@pytest.mark.parametrize("route", ["/api/v3/users/my/self", "/api/v3/users/my/identity", "/api/v3/auth/whoami"])
def test_nobody_is_told_to_log_in(anonymous: httpx.Client, route: str) -> None:
    assert anonymous.get(route).status_code == 401


def forged(payload: dict[str, Any], kind: str, key: str) -> str:
    """A token that is not what it seems."""
    if kind == "alg none":
        parts = [{"alg": "none", "typ": "JWT"}, payload]
        return ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts) + "."
    if kind == "other key":
        return jwt.encode(payload, "another key that is long enough for HS256", algorithm="HS256")
    if kind == "other algorithm":
        return jwt.encode(payload, key.ljust(64), algorithm="HS512")
    if kind == "no end":
        return jwt.encode({"username": "admin"}, key, algorithm="HS256")
    return "not.a.token"


@pytest.mark.parametrize("kind", ["alg none", "other key", "other algorithm", "no end", "garbage"])
def test_a_forged_token_makes_nobody(anonymous: httpx.Client, settings: Settings, kind: str) -> None:
    token = forged({"username": "admin", "exp": int(time.time()) + 1000}, kind, settings.signing_key())

    answer = anonymous.get("/api/v4/jobs", headers={"Authorization": f"Bearer {token}"})
    me = anonymous.get("/api/v3/users/my/self", headers={"Authorization": f"Bearer {token}"})

    assert answer.json() == []
    assert me.status_code == 401


def test_an_expired_token_is_said_to_be_expired(anonymous: httpx.Client, settings: Settings) -> None:
    token = jwt.encode({"username": "owner", "exp": int(time.time()) - 1}, settings.signing_key(), algorithm="HS256")

    answer = anonymous.get("/api/v4/datasets", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 401
    assert answer.json()["message"] == "SESSION_EXPIRED"


def test_the_generated_key_is_kept_and_private(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/catalog.sqlite3")

    key = settings.signing_key()

    kept = tmp_path / "catalog.sqlite3.key"
    assert settings.signing_key() == key == kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600


def test_no_answer_holds_a_password_hash(as_: As) -> None:
    admin = as_("admin")

    texts = [admin.get(f"/api/v3/{route}").text for route in ("users/my/self", "users/my/identity", "auth/whoami")]

    assert not any("argon2" in text for text in texts)
