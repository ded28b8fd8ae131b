"""Passwords change, and tokens are renewed and made, within limits."""

import time

import httpx
import jwt
import pytest
from fastapi import FastAPI

from catalog_api import tokens
from catalog_api.settings import Settings
from catalog_api.site import Site
from catalog_api.tables import ChosenPasswordRow
from tests.api.bodies import As
from tests.api.conftest import PASSWORD


def user_id(client: httpx.Client) -> str:
    return str(client.get("/api/v3/users/my/self").json()["id"])


def lifetime_s(token: str) -> int:
    payload = jwt.decode(token, options={"verify_signature": False})
    return int(payload["exp"] - payload["iat"])


def log_in(client: httpx.Client, password: str) -> int:
    return client.post("/api/v3/auth/login", json={"username": "owner", "password": password}).status_code


def new_password(current: str = PASSWORD, new: str = "a new password", again: str = "a new password") -> dict[str, str]:
    return {"currentPassword": current, "newPassword": new, "confirmPassword": again}


def test_a_chosen_password_replaces_the_one_in_the_file(owner: httpx.Client, anonymous: httpx.Client) -> None:
    answer = owner.post("/api/v3/users/password", json=new_password())

    assert answer.json() == {"message": "Password updated successfully"}
    assert (log_in(anonymous, PASSWORD), log_in(anonymous, "a new password")) == (401, 201)


def test_a_newer_password_in_the_file_ends_the_chosen_one(
    owner: httpx.Client, anonymous: httpx.Client, app: FastAPI
) -> None:
    owner.post("/api/v3/users/password", json=new_password())
    site: Site = app.state.site

    with site.database.writing() as session:
        # As if the file, and not the choice, had changed: what was replaced is no longer what is there.
        row = session.get_one(ChosenPasswordRow, "owner")
        row.replaces = "digest of an older entry of the file"

    assert (log_in(anonymous, PASSWORD), log_in(anonymous, "a new password")) == (201, 401)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (new_password(current="wrong"), "Current password is incorrect"),
        (new_password(again="another"), "New password and confirmation password do not match"),
    ],
)
def test_a_password_is_changed_by_who_knows_it(owner: httpx.Client, body: dict[str, str], message: str) -> None:
    answer = owner.post("/api/v3/users/password", json=body)

    assert (answer.status_code, answer.json()["message"]) == (400, message)


def test_a_short_password_is_refused(owner: httpx.Client) -> None:
    assert owner.post("/api/v3/users/password", json=new_password(new="short", again="short")).status_code == 400


def test_admins_change_passwords_and_nobody_else(as_: As, anonymous: httpx.Client) -> None:
    address = f"/api/v3/users/{user_id(as_('owner'))}/password"
    body = {"newPassword": "chosen by an admin", "confirmPassword": "chosen by an admin"}

    statuses = {who: as_(who).patch(address, json=body).status_code for who in ("nobody", "stranger", "admin")}

    assert statuses == {"nobody": 401, "stranger": 403, "admin": 200}
    assert log_in(anonymous, "chosen by an admin") == 201


def test_a_renewed_token_counts_from_the_login(app: FastAPI, anonymous: httpx.Client, settings: Settings) -> None:
    site: Site = app.state.site
    account = site.accounts.find("owner")
    assert account is not None
    long_ago = int(time.time()) - settings.longest_token_lifetime_s

    answers = [
        anonymous.post("/api/v3/users/jwt", headers={"Authorization": f"Bearer {token}"})
        for token in (
            tokens.issue(account, site.signing_key, 60),
            tokens.issue(account, site.signing_key, 60, logged_in_at=long_ago + 100),
            tokens.issue(account, site.signing_key, 60, logged_in_at=long_ago),
        )
    ]

    assert [answer.status_code for answer in answers] == [201, 201, 401]
    assert lifetime_s(answers[0].json()["jwt"]) == settings.token_lifetime_s
    assert lifetime_s(answers[1].json()["jwt"]) <= 100


def test_a_token_for_nobody_opens_nothing(anonymous: httpx.Client) -> None:
    token = anonymous.post("/api/v3/users/jwt").json()["jwt"]

    answer = anonymous.get("/api/v3/users/my/self", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("wish", "seconds"),
    [
        (None, 3600),
        (60, 60),
        ("60", 60),
        ("-5", -5),
        ("90m", 5400),
        ("12 hours", 43_200),
        ("30d", 2_592_000),
        ("never", 366 * 86_400),
    ],
)
def test_admins_make_tokens_for_others(as_: As, wish: object, seconds: int) -> None:
    owner = as_("owner")

    answer = as_("admin").post(f"/api/v3/users/{user_id(owner)}/jwt", json={"expiresIn": wish})

    token = answer.json()["jwt"]
    assert answer.status_code == 201
    assert lifetime_s(token) == seconds
    assert jwt.decode(token, options={"verify_signature": False})["username"] == "owner"


@pytest.mark.parametrize("wish", ["2y", "99999999999", "soon", "1e9", "12 months"])
def test_a_token_that_would_last_too_long_is_refused(as_: As, wish: str) -> None:
    answer = as_("admin").post(f"/api/v3/users/{user_id(as_('owner'))}/jwt", json={"expiresIn": wish})

    assert answer.status_code == 400


def test_tokens_for_others_are_for_admins_to_make(as_: As) -> None:
    address = f"/api/v3/users/{user_id(as_('owner'))}/jwt"

    statuses = {who: as_(who).post(address, json={}).status_code for who in ("nobody", "owner", "flows", "admin")}

    assert statuses == {"nobody": 401, "owner": 403, "flows": 403, "admin": 201}
