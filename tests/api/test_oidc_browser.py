"""Logging in by browser: there and back, to configured pages only, by the browser that set out."""

import json
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from catalog_api.settings import Settings
from tests.api.bodies import As
from tests.api.identity_provider import IdentityProvider, site_with


@pytest.fixture
def settings(settings: Settings, provider: IdentityProvider) -> Settings:
    """A site with an identity provider."""
    return site_with(provider, settings)


def trip(browser: httpx.Client, **asked: str) -> httpx.Response:
    """Go to the provider and come back."""
    away = browser.get("/api/v3/auth/oidc", params=asked)
    back = httpx.get(away.headers["location"])
    return browser.get("/api/v3/auth/oidc/callback", params=parse(back.headers["location"]))


def parse(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def test_a_browser_goes_to_the_provider_and_comes_back_with_a_token(anonymous: httpx.Client) -> None:
    answer = trip(anonymous, client="cli", returnUrl="/datasets/1")

    told = parse(answer.headers["location"])
    assert answer.status_code == 302
    assert answer.headers["location"].startswith("http://localhost:8080/success?")
    assert told["returnUrl"] == "/datasets/1"
    who = anonymous.get("/api/v3/auth/whoami", headers={"Authorization": f"Bearer {told['access-token']}"}).json()
    assert (who["username"], who["id"]) == ("ada", told["user-id"])


def test_the_page_of_the_default_client_keeps_its_own_parameters(anonymous: httpx.Client) -> None:
    told = parse(trip(anonymous).headers["location"])

    assert (told["theme"], told["returnUrl"]) == ("dark", "/datasets")


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"client": "stranger"}, 401),
        ({"returnUrl": "https://evil.example.org"}, 400),
        ({"returnUrl": "//evil.example.org"}, 400),
        ({"returnUrl": "/\\evil.example.org"}, 400),
    ],
)
def test_nobody_is_sent_anywhere_but_to_configured_pages(
    anonymous: httpx.Client, asked: dict[str, str], status: int
) -> None:
    assert anonymous.get("/api/v3/auth/oidc", params=asked).status_code == status


def test_a_trip_is_finished_by_the_browser_that_began_it_once(as_: As) -> None:
    began, other = as_("nobody"), as_("nobody")
    away = began.get("/api/v3/auth/oidc")
    back = parse(httpx.get(away.headers["location"]).headers["location"])

    stolen = other.get("/api/v3/auth/oidc/callback", params=back)
    mixed = began.get("/api/v3/auth/oidc/callback", params=back | {"state": "another"})
    foreign = began.get("/api/v3/auth/oidc/callback", params=back | {"iss": "https://other.example.org"})
    denied = began.get("/api/v3/auth/oidc/callback", params={"state": back["state"], "error": "access_denied"})
    finished = began.get("/api/v3/auth/oidc/callback", params=back)
    again = began.get("/api/v3/auth/oidc/callback", params=back)

    statuses = [answer.status_code for answer in (stolen, mixed, foreign, denied, finished, again)]
    assert statuses == [401, 401, 401, 401, 302, 401]


def test_a_token_of_another_trip_is_refused(anonymous: httpx.Client, provider: IdentityProvider) -> None:
    body = json.dumps({"id_token": provider.token(nonce="of another trip")}).encode()
    provider.answers["/token"] = (200, body)

    assert trip(anonymous).status_code == 401


def test_the_cookie_of_a_trip_is_out_of_reach_of_scripts(anonymous: httpx.Client) -> None:
    cookie = anonymous.get("/api/v3/auth/oidc").headers["set-cookie"].lower()

    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/api/v3/auth/oidc/callback" in cookie
