"""Logging in by browser: to the identity provider and back (authorization code flow with PKCE, RFC 7636 and 9700).

Nothing is remembered here in between, so any worker process can take somebody back: what belongs to the trip lies in
the browser itself, in a signed cookie that no script can read.
"""

import base64
import hashlib
import secrets
import time
from dataclasses import asdict, dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import jwt

from catalog_api.oidc.fetching import check_address, fetch
from catalog_api.oidc.person import Person
from catalog_api.oidc.provider import Provider
from catalog_api.refusals import bad_request
from catalog_api.settings import Settings
from emdewar.errors import RefusedError

LONGEST_S = 600
"""Somebody who takes longer at the provider begins again."""

DEFAULT_CLIENT = "scicat"
DEFAULT_PAGE = "/datasets"
_AUDIENCE = "emdewar-round-trip"
_ALGORITHM = "HS256"


@dataclass(frozen=True)
class Trip:
    """What belongs to one trip.

    Attributes:
        state: Comes back in the address; it proves that this browser began the trip.
        nonce: Comes back in the token; it proves that the token was made for this trip.
        verifier: Proves to the provider that who fetches the token asked for it.
        client: Where the token is taken to in the end.
        page: Which page is shown there.
    """

    state: str
    nonce: str
    verifier: str
    client: str
    page: str


class RoundTrip:
    """The way to the provider and back."""

    def __init__(self, provider: Provider, settings: Settings, key: str) -> None:
        """Take over the settings.

        Raises:
            RefusedError: An address is not safe.
        """
        self.provider = provider
        self._settings = settings
        self._key = key
        self.callback_url = check_address(settings.oidc_callback_url or "", "EMDEWAR_CATALOG_OIDC_CALLBACK_URL")
        self._pages = {
            client: check_address(url, "EMDEWAR_CATALOG_OIDC_SUCCESS_URLS")
            for client, url in settings.oidc_success_urls.items()
        }

    async def begin(self, client: str | None, page: str | None) -> tuple[str, str]:
        """Give the provider's address to go to, and the cookie to take along.

        Args:
            client: Name of the client that somebody comes from.
            page: Which of its pages to show in the end.

        Raises:
            RefusedError: The client is not configured, or the page is none of its own.
            UnavailableError: The provider does not say where to go.
        """
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        trip = Trip(state, nonce, verifier, *self._goal(client, page))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(trip.verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self.provider.audience,
            "redirect_uri": self.callback_url,
            "scope": self._settings.oidc_scope,
            "state": trip.state,
            "nonce": trip.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        payload = {**asdict(trip), "aud": _AUDIENCE, "exp": int(time.time()) + LONGEST_S}
        cookie = jwt.encode(payload, self._key, algorithm=_ALGORITHM)
        return _with_query(await self.provider.endpoint("authorization_endpoint"), asked), cookie

    def resume(self, cookie: str | None, state: str | None, issuer: str | None) -> Trip:
        """Give the trip that a browser comes back from.

        Args:
            cookie: What it was given.
            state: What came back in the address.
            issuer: Who says to send it (RFC 9207), where the provider does.

        Raises:
            RefusedError: It did not begin here, or too long ago.
        """
        try:
            payload = jwt.decode(cookie or "", self._key, algorithms=[_ALGORITHM], audience=_AUDIENCE)
            trip = Trip(**{name: payload[name] for name in Trip.__dataclass_fields__})
        except (jwt.InvalidTokenError, KeyError) as error:
            raise _refused("it did not begin in this browser, or too long ago") from error
        if not secrets.compare_digest(trip.state.encode(), (state or "").encode()):
            raise _refused("it belongs to another login (state)")
        if issuer is not None and issuer != self.provider.issuer:
            raise _refused("it comes from another issuer (iss)")
        return trip

    async def fetch_person(self, trip: Trip, code: str) -> Person:
        """Fetch the token for a code, and tell whom it is about.

        Raises:
            RefusedError: The code or the token is not good.
            UnavailableError: The provider does not answer.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.callback_url,
            "code_verifier": trip.verifier,
            "client_id": self.provider.audience,
        }
        if self._settings.oidc_client_secret is not None:
            form["client_secret"] = self._settings.oidc_client_secret.get_secret_value()
        document = await fetch(await self.provider.endpoint("token_endpoint"), form)
        return await self.provider.person(str(document.get("id_token", "")), nonce=trip.nonce)

    def goal(self, trip: Trip, token: str, user_id: str) -> str:
        """Give the address at which the client takes its token, as SciCat's clients expect it."""
        told = {"access-token": token, "user-id": user_id, "returnUrl": trip.page}
        return _with_query(self._pages[self._goal(trip.client, trip.page)[0]], told)

    def _goal(self, client: str | None, page: str | None) -> tuple[str, str]:
        client, page = client or DEFAULT_CLIENT, page or DEFAULT_PAGE
        if client not in self._pages:
            msg = f"Unauthorized client: {client} has no page in EMDEWAR_CATALOG_OIDC_SUCCESS_URLS"
            raise RefusedError(msg, reason="unauthorized")
        if not page.startswith("/") or page.startswith(("//", "/\\")) or not page.isprintable():
            raise bad_request("returnUrl is no page of the client: it begins with one /")
        return client, page


def _with_query(url: str, more: dict[str, str]) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=urlencode([*parse_qsl(parts.query, keep_blank_values=True), *more.items()])))


def _refused(why: str) -> RefusedError:
    return RefusedError(f"this login cannot be finished: {why}; begin again", reason="unauthorized")
