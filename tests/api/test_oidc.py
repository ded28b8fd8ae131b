"""Logging in with an identity provider: what it vouches for counts, and nothing that only looks like it."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from catalog_api.application import create_app
from catalog_api.oidc.fetching import Kept
from catalog_api.settings import Settings
from emdewar.errors import RefusedError, UnavailableError
from tests.api.bodies import As, InProcess, dataset, path
from tests.api.identity_provider import AUDIENCE, IdentityProvider, ec_key, rsa_key

TOKEN = "/api/v3/auth/oidc/token"  # noqa: S105 (an address)
CALLBACK = "http://127.0.0.1/api/v3/auth/oidc/callback"


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    """The site's identity provider."""
    with IdentityProvider() as provider:
        yield provider


@pytest.fixture
def settings(settings: Settings, provider: IdentityProvider) -> Settings:
    """A site with an identity provider, and two clients that people log in from."""
    pages = {"scicat": "https://portal.example.org/auth-callback?theme=dark", "cli": "http://localhost:8080/success"}
    return settings.model_copy(
        update={
            "oidc_issuer": provider.issuer,
            "oidc_audience": AUDIENCE,
            "oidc_authorized_parties": frozenset({"microscope-app"}),
            "oidc_callback_url": CALLBACK,
            "oidc_success_urls": pages,
            "login_attempts_per_minute": 100,
        }
    )


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
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"iat": int(time.time()) + 3600},
        {"iat": None},
        {"nbf": int(time.time()) + 3600},
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
    with pytest.raises(RefusedError, match="EMDEWAR_CATALOG_OIDC"):
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
