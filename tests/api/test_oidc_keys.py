"""The keys of an identity provider: fetched when they are needed, and not more often."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import jwt
import pytest

from catalog_api.oidc.fetching import Kept
from catalog_api.settings import Settings
from emdewar.errors import UnavailableError
from tests.api.identity_provider import IdentityProvider, ec_key, rsa_key, site_with

TOKEN = "/api/v3/auth/oidc/token"  # noqa: S105 (an address)


@pytest.fixture
def settings(settings: Settings, provider: IdentityProvider) -> Settings:
    """A site with an identity provider."""
    return site_with(provider, settings)


def log_in(client: httpx.Client, token: str) -> httpx.Response:
    return client.post(TOKEN, json={"idToken": token})


def test_elliptic_curves_are_taken_too(anonymous: httpx.Client, provider: IdentityProvider) -> None:
    provider.keys = {"curve": ec_key()}

    assert log_in(anonymous, provider.token("curve")).status_code == 201


def test_a_new_key_is_fetched_when_a_token_names_it(anonymous: httpx.Client, provider: IdentityProvider) -> None:
    log_in(anonymous, provider.token())
    provider.keys = {"second": rsa_key(2)}

    rotated = log_in(anonymous, provider.token("second"))

    assert rotated.status_code == 201
    assert provider.asked["/keys"] == 2


def test_unknown_keys_do_not_make_the_catalog_ask_again_and_again(
    anonymous: httpx.Client, provider: IdentityProvider
) -> None:
    strange = jwt.encode(provider.claims(), rsa_key(9), "RS256", headers={"kid": "nobody's"})

    answers = [log_in(anonymous, strange).status_code for _ in range(5)]

    assert answers == [401] * 5
    assert provider.asked["/keys"] == 2


@pytest.mark.parametrize("address", ["/.well-known/openid-configuration", "/keys"])
@pytest.mark.parametrize(
    "broken", [(500, b"{}"), (200, b"<html>"), (200, b"[]"), (200, b'{"a": "' + b"x" * 600_000 + b'"}')], ids=str
)
def test_a_provider_that_is_not_well_is_told_from_a_bad_token(
    anonymous: httpx.Client, provider: IdentityProvider, address: str, broken: tuple[int, bytes]
) -> None:
    provider.answers[address] = broken

    answer = log_in(anonymous, provider.token())

    assert answer.status_code == 503
    assert "identity provider" in answer.json()["message"]
    assert "Retry-After" in answer.headers


def test_a_provider_with_another_name_is_none_of_ours(anonymous: httpx.Client, provider: IdentityProvider) -> None:
    provider.answers["/.well-known/openid-configuration"] = (200, b'{"issuer": "https://other.example.org"}')

    answer = log_in(anonymous, provider.token())

    assert answer.status_code == 503
    assert "EMDEWAR_CATALOG_OIDC_ISSUER" in answer.json()["message"]


class Clock:
    """Seconds that a test turns itself."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def failing_after(first: str) -> Callable[[], Awaitable[str]]:
    answers = [first]

    async def ask() -> str:
        if not answers:
            raise UnavailableError("nobody answers")
        return answers.pop()

    return ask


def test_keys_outlive_an_hour_without_the_provider_and_not_two_days() -> None:
    clock = Clock()

    async def story() -> str:
        kept = Kept(failing_after("keys"), clock)
        await kept.get()
        clock.now = 2 * 3600.0
        later = await kept.get()
        clock.now = 2 * 86_400.0
        with pytest.raises(UnavailableError):
            await kept.get()
        return later

    assert asyncio.run(story()) == "keys"


def test_callers_who_come_together_are_served_by_one_question() -> None:
    asked = []

    async def ask() -> str:
        asked.append(1)
        await asyncio.sleep(0)
        return "keys"

    async def story() -> list[str]:
        kept = Kept(ask, Clock())
        return await asyncio.gather(*(kept.get() for _ in range(20)))

    assert asyncio.run(story()) == ["keys"] * 20
    assert len(asked) == 1
