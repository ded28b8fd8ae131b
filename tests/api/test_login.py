"""Tokens: who has a good one is somebody, who has none is anybody, an expired one is said to be expired."""

import base64
import json
import time
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from fastapi import FastAPI

from catalog_api import tokens
from catalog_api.accounts import Account, Accounts
from catalog_api.settings import Settings
from catalog_api.site import Site
from emdewar.errors import RefusedError
from tests.api.bodies import As
from tests.api.conftest import PASSWORD

LOGIN = {"username": "owner", "password": PASSWORD}
ME = "/api/v3/users/my/self"


@pytest.mark.parametrize("sent", [{"json": LOGIN}, {"data": LOGIN}], ids=["json", "form"])
@pytest.mark.parametrize("address", ["/api/v3/Auth/Login/", "/api/v3/Users/login", "/api/v3/auth/Login?include=user"])
def test_a_right_password_gives_a_token_in_scicats_shape(
    anonymous: httpx.Client, address: str, sent: dict[str, Any]
) -> None:
    answer = anonymous.post(address, **sent)

    body = answer.json()
    assert answer.status_code == 201
    assert body["id"] == body["access_token"]
    assert (body["ttl"], body["expires_in"]) == (3600, 3600)
    assert set(body) == {"access_token", "id", "expires_in", "ttl", "created", "userId", "user"}
    assert set(body["user"]) == {"_id", "id", "username", "email", "authStrategy"}
    assert body["user"]["username"] == "owner"
    assert len(body["userId"]) == 24


def test_a_form_of_oauth_may_bring_more(anonymous: httpx.Client) -> None:
    answer = anonymous.post("/api/v3/auth/login", data=LOGIN | {"grant_type": "password", "scope": ""})

    assert answer.status_code == 201


@pytest.mark.parametrize("wrong", [{"password": "no"}, {"username": "ghost"}, {"username": "owner\u00e9"}])
def test_a_wrong_name_and_a_wrong_password_look_the_same(anonymous: httpx.Client, wrong: dict[str, str]) -> None:
    answer = anonymous.post("/api/v3/auth/login", json=LOGIN | wrong)

    assert answer.status_code == 401
    assert answer.json()["message"] == "the name or the password is wrong"


@pytest.mark.parametrize(
    "sent",
    [
        {"json": {}},
        {"json": []},
        {"json": {"username": "owner", "password": ["a"]}},
        {"json": {"username": "", "password": ""}},
        {"content": b'{"username": "\\u0000", "password": "x"}'},
        {"content": b'{"username": "\\ud800", "password": "x"}'},
        {"data": {"username": "own\0er", "password": "x"}},
        {"content": b"\xff", "headers": {"content-type": "application/json"}},
    ],
    ids=str,
)
def test_what_is_no_login_is_refused_as_such(anonymous: httpx.Client, sent: dict[str, Any]) -> None:
    assert anonymous.post("/api/v3/auth/login", **sent).status_code == 400


def test_an_identity_names_its_groups(owner: httpx.Client) -> None:
    profile = owner.get("/api/v3/users/my/identity").json()["profile"]

    assert (profile["username"], profile["accessGroups"]) == ("owner", ["p1"])


@pytest.mark.parametrize(
    ("method", "route"),
    [
        ("GET", ME),
        ("GET", "/api/v3/users/my/identity"),
        ("GET", "/api/v3/users/my/settings"),
        ("GET", "/api/v3/auth/whoami"),
        ("POST", "/api/v3/auth/logout"),
        ("GET", "/api/v3/users"),
    ],
)
def test_nobody_is_told_to_log_in(anonymous: httpx.Client, method: str, route: str) -> None:
    answer = anonymous.request(method, route)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_logging_out_is_confirmed(owner: httpx.Client) -> None:
    answer = owner.post("/api/v3/auth/logout")

    assert (answer.status_code, answer.json()) == (200, {"logout": "successful"})


def forged(payload: dict[str, Any], kind: str, key: str) -> str:
    """A token that is not what it seems."""
    if kind == "alg none":
        parts = [{"alg": "none", "typ": "JWT"}, payload]
        return ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts) + "."
    if kind == "other algorithm":
        return jwt.encode(payload, key.ljust(64), algorithm="HS512")
    if kind == "garbage":
        return "not.a.token"
    changes: dict[str, dict[str, Any]] = {
        "other audience": {"aud": "another-service"},
        "no audience": {"aud": None},
        "no end": {"exp": None},
        "only a name": {"userId": ""},
    }
    changed = {name: value for name, value in (payload | changes.get(kind, {})).items() if value is not None}
    signing = "another key that is long enough for HS256" if kind == "other key" else key
    return jwt.encode(changed, signing, algorithm="HS256")


KINDS = (
    "alg none",
    "other key",
    "other algorithm",
    "other audience",
    "no audience",
    "no end",
    "only a name",
    "garbage",
)


@pytest.mark.parametrize("kind", KINDS)
def test_a_forged_token_makes_nobody(anonymous: httpx.Client, app: FastAPI, settings: Settings, kind: str) -> None:
    site: Site = app.state.site
    admin = site.accounts.find("admin")
    assert admin is not None
    good = tokens.issue(admin, settings.signing_key(), 1000)
    payload = jwt.decode(good, options={"verify_signature": False})
    token = forged(payload, kind, settings.signing_key())

    me = anonymous.get(ME, headers={"Authorization": f"Bearer {token}"})

    assert anonymous.get(ME, headers={"Authorization": f"Bearer {good}"}).status_code == 200
    assert me.status_code == 401
    assert me.json()["message"] != "SESSION_EXPIRED"


@pytest.mark.parametrize("header", ["Basic b3duZXI6eA==", "Bearer", "Bearer ", "Token x", "Bearer a b c", "\xff"])
def test_any_other_header_makes_nobody(anonymous: httpx.Client, header: str) -> None:
    answer = anonymous.get("/api/v3/datasets", headers={b"Authorization": header.encode("latin-1")})

    assert answer.status_code == 200


def test_an_expired_token_is_said_to_be_expired(anonymous: httpx.Client, settings: Settings) -> None:
    token = jwt.encode({"username": "owner", "exp": int(time.time()) - 1}, settings.signing_key(), algorithm="HS256")

    answer = anonymous.get("/api/v3/datasets", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 401
    assert answer.json()["message"] == "SESSION_EXPIRED"


def test_an_account_that_was_removed_is_nobody(anonymous: httpx.Client, settings: Settings) -> None:
    gone = Account("gone", "gone@example.org", frozenset({"admin"}))

    token = tokens.issue(gone, settings.signing_key(), 1000)

    assert anonymous.get(ME, headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_the_generated_key_is_kept_and_private(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/catalog.sqlite3")

    key = settings.signing_key()

    kept = tmp_path / "catalog.sqlite3.key"
    assert settings.signing_key() == key == kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600


def test_no_answer_holds_a_password_hash(as_: As) -> None:
    admin = as_("admin")

    routes = ("users/my/self", "users/my/identity", "auth/whoami", "users", "useridentities/findOne")
    texts = [admin.get(f"/api/v3/{route}").text for route in routes]

    assert not any("argon2" in text or "assword" in text for text in texts)


def test_scicats_file_of_functional_accounts_is_read_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "functionalAccounts.json"
    accounts = [
        {
            "username": "admin",
            "email": "a@example.org",
            "password": "27f5fd86ae68fe740eef42b8bbd1d7d5",
            "role": "admin",
        },
        {"username": "user1", "email": "u@example.org", "password": "a609316768619f15", "role": ["group1", "group2"]},
        {"username": "user2", "email": "v@example.org", "password": "f522d1d715970073", "role": "", "global": True},
    ]
    file.write_text(json.dumps(accounts))

    read = Accounts.read(file)

    assert {account.username: set(account.groups) for account in read} == {
        "admin": {"admin"},
        "user1": {"group1", "group2"},
        "user2": {"globalaccess"},
    }
    assert read.check("user1", "a609316768619f15") is not None


def test_an_account_that_stands_twice_in_the_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "accounts.json"
    file.write_text(json.dumps([{"username": "a", "email": "a@example.org", "password": "secret"}] * 2))

    with pytest.raises(RefusedError, match="a stands in it twice"):
        Accounts.read(file)
