"""Logging in with an identity provider: what it vouches for counts, and nothing that only looks like it."""

import base64
import hashlib
import hmac
import json
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from catalog_api.application import create_app
from catalog_api.settings import Settings
from emdewar.errors import RefusedError
from tests.api.bodies import As, InProcess, dataset, path
from tests.api.identity_provider import AUDIENCE, IdentityProvider, rsa_key, site_with

TOKEN = "/api/v3/auth/oidc/token"  # noqa: S105 (an address)
LONG_PAST, FAR_AHEAD = 1_000_000_000, 4_000_000_000


@pytest.fixture
def settings(settings: Settings, provider: IdentityProvider) -> Settings:
    """A site with an identity provider."""
    return site_with(provider, settings)


def log_in(client: httpx.Client, token: str) -> httpx.Response:
    return client.post(TOKEN, json={"idToken": token})


def bearer(answer: httpx.Response) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def test_a_token_of_the_provider_is_answered_like_a_login(anonymous: httpx.Client, provider: IdentityProvider) -> None:
    answer = log_in(anonymous, provider.token())

    body = answer.json()
    assert answer.status_code == 201
    assert body["id"] == body["access_token"]
    assert len(body["userId"]) == 24
    assert body["user"] | {"_id": "", "id": ""} == {
        "_id": "",
        "id": "",
        "username": "ada",
        "email": "ada@example.org",
        "authStrategy": "oidc",
    }


def test_the_groups_of_the_claim_open_their_datasets(
    anonymous: httpx.Client, owner: httpx.Client, provider: IdentityProvider
) -> None:
    owner.post("/api/v4/datasets", json=dataset(accessGroups=[]))

    login = log_in(anonymous, provider.token(groups=["p1", "#all", "", 7]))

    assert anonymous.get(path(), headers=bearer(login)).status_code == 200
    identity = anonymous.get("/api/v3/users/my/identity", headers=bearer(login)).json()
    assert identity["profile"]["accessGroups"] == ["p1"]
    assert identity["profile"]["username"] == "ada"


def test_groups_are_those_of_the_last_login(
    anonymous: httpx.Client, owner: httpx.Client, provider: IdentityProvider
) -> None:
    owner.post("/api/v4/datasets", json=dataset(accessGroups=[]))
    first = log_in(anonymous, provider.token())

    log_in(anonymous, provider.token(groups=[]))

    assert anonymous.get(path(), headers=bearer(first)).status_code == 403


def test_a_person_keeps_one_identity_through_a_change_of_name(
    anonymous: httpx.Client, provider: IdentityProvider
) -> None:
    before = log_in(anonymous, provider.token()).json()

    after = log_in(anonymous, provider.token(preferred_username="ada.l")).json()

    assert before["userId"] == after["userId"]
    assert after["user"]["username"] == "ada.l"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-service"},
        {"aud": None},
        {"iss": "https://other.example.org"},
        {"exp": LONG_PAST},
        {"exp": None},
        {"iat": FAR_AHEAD},
        {"iat": None},
        {"nbf": FAR_AHEAD},
        {"sub": None},
        {"azp": "untrusted-client"},
        {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}},
        {"preferred_username": None},
        {"preferred_username": ""},
        {"preferred_username": "ada\u202eadmin"},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_this_login_is_refused_with_the_reason(
    anonymous: httpx.Client, provider: IdentityProvider, claims: dict[str, Any]
) -> None:
    answer = log_in(anonymous, provider.token(**claims))

    assert answer.status_code == 401
    assert answer.json()["message"].startswith("Invalid idToken: it")


def encoded(part: object) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def forged(provider: IdentityProvider, kind: str) -> str:
    """A token that the provider did not sign."""
    claims, public = provider.claims(), rsa_key(1).public_key()
    if kind == "alg none":
        return f"{encoded({'alg': 'none', 'kid': 'first'})}.{encoded(claims)}."
    if kind == "signed with the public key":
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        signed = f"{encoded({'alg': 'HS256', 'kid': 'first'})}.{encoded(claims)}"
        return f"{signed}.{encoded(hmac.new(pem, signed.encode(), hashlib.sha256).digest())}"
    if kind == "another key under the same name":
        return jwt.encode(claims, rsa_key(9), "RS256", headers={"kid": "first"})
    if kind == "another algorithm":
        return jwt.encode(claims, rsa_key(1), "PS256", headers={"kid": "first"})
    if kind == "a key in the token itself":
        return jwt.encode(claims, rsa_key(9), "RS256", headers={"kid": "mine", "jku": "http://127.0.0.1:1/keys"})
    return "not.a.token"


FORGERIES = (
    "alg none",
    "signed with the public key",
    "another key under the same name",
    "another algorithm",
    "a key in the token itself",
    "garbage",
)


@pytest.mark.parametrize("kind", FORGERIES)
def test_a_forged_token_is_refused(anonymous: httpx.Client, provider: IdentityProvider, kind: str) -> None:
    answer = log_in(anonymous, forged(provider, kind))

    assert answer.status_code == 401
    assert answer.json()["message"].startswith("Invalid idToken")


def test_a_client_that_the_site_trusts_may_fetch_tokens_for_the_catalog(
    anonymous: httpx.Client, provider: IdentityProvider
) -> None:
    answer = log_in(anonymous, provider.token(azp="microscope-app", aud=["account", AUDIENCE]))

    assert answer.status_code == 201


def test_a_name_of_a_functional_account_is_no_persons_name(anonymous: httpx.Client, provider: IdentityProvider) -> None:
    answer = log_in(anonymous, provider.token(preferred_username="admin"))

    assert answer.status_code == 403
    assert "functional account" in answer.json()["message"]


def test_a_name_belongs_to_who_came_first(anonymous: httpx.Client, provider: IdentityProvider) -> None:
    log_in(anonymous, provider.token())

    answer = log_in(anonymous, provider.token(sub="somebody else"))

    assert answer.status_code == 403


def test_an_address_that_nobody_checked_is_not_taken_over(anonymous: httpx.Client, provider: IdentityProvider) -> None:
    answer = log_in(anonymous, provider.token(email_verified=False))

    assert answer.json()["user"]["email"] == ""


def test_without_a_provider_there_is_nobody_to_vouch(settings: Settings, provider: IdentityProvider) -> None:
    app = create_app(
        settings.model_copy(update={"oidc_issuer": None, "oidc_audience": None, "oidc_callback_url": None})
    )
    client = httpx.Client(transport=InProcess(app), base_url="http://catalog")

    by_token, by_browser = log_in(client, provider.token()), client.get("/api/v3/auth/oidc")

    app.state.site.close()
    assert (by_token.status_code, by_browser.status_code) == (404, 404)


@pytest.mark.parametrize(
    "wrong",
    [
        {"oidc_issuer": "http://keycloak.example.org/realms/lab"},
        {"oidc_audience": None},
        {"oidc_jwks_url": "file:///etc/passwd"},
        {"oidc_success_urls": {"scicat": "javascript:alert(1)"}},
    ],
    ids=str,
)
def test_a_provider_that_cannot_be_trusted_is_refused_at_the_start(settings: Settings, wrong: dict[str, Any]) -> None:
    with pytest.raises(RefusedError, match="_CATALOG_OIDC_"):
        create_app(settings.model_copy(update=wrong))


def test_admins_find_people_by_name_and_address(as_: As, anonymous: httpx.Client, provider: IdentityProvider) -> None:
    log_in(anonymous, provider.token())
    admin = as_("admin")

    named = {"filter": '{"where": {"profile.username": "ada"}}'}
    found = admin.get("/api/v3/useridentities/findOne", params=named)
    known = admin.get("/api/v3/useridentities/isValidEmail", params={"filter": "ada@example.org"})

    assert found.json()["provider"] == provider.issuer
    assert known.json() is True
    assert "ada" in [user["username"] for user in admin.get("/api/v3/users").json()]
