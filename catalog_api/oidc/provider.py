"""One identity provider: where it is, its keys, and whether a token is one of its own and meant for us."""

import time
from collections.abc import Callable
from typing import Any

import jwt

from catalog_api.oidc.fetching import Document, Kept, check_address, fetch
from catalog_api.oidc.keys import ALGORITHMS, Key, choose, read_keys
from catalog_api.oidc.person import Person, read_person
from catalog_api.settings import Settings
from emdewar.errors import RefusedError, UnavailableError

LEEWAY_S = 30
"""How far the provider's clock may be from ours."""

_FAULTS: dict[type[jwt.PyJWTError], str] = {
    jwt.ExpiredSignatureError: "it has expired; fetch a new one",
    jwt.ImmatureSignatureError: "it is not valid yet; compare the clocks",
    jwt.InvalidIssuedAtError: "it was issued in the future; compare the clocks",
    jwt.InvalidAudienceError: "it is for somebody else (aud)",
    jwt.InvalidIssuerError: "it comes from another issuer (iss)",
    jwt.InvalidSignatureError: "its signature is wrong",
}


class Provider:
    """The identity provider of a site."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        """Take over the settings; nothing is fetched before somebody logs in.

        Raises:
            RefusedError: A setting is missing, or an address is not safe.
        """
        if not settings.oidc_issuer or not settings.oidc_audience:
            msg = "an identity provider needs EMDEWAR_CATALOG_OIDC_ISSUER and EMDEWAR_CATALOG_OIDC_AUDIENCE; set both"
            raise RefusedError(msg)
        self.settings = settings
        self.issuer = check_address(settings.oidc_issuer, "EMDEWAR_CATALOG_OIDC_ISSUER")
        if settings.oidc_jwks_url:
            check_address(settings.oidc_jwks_url, "EMDEWAR_CATALOG_OIDC_JWKS_URL")
        self.audience = settings.oidc_audience
        self.parties = settings.oidc_authorized_parties | {self.audience}
        self._discovered = Kept(self._discover, clock)
        self._keys = Kept(self._fetch_keys, clock)

    async def person(self, token: str, *, nonce: str | None = None) -> Person:
        """Tell whom a token is about.

        Args:
            token: What the provider signed.
            nonce: What it must repeat, when we asked for it ourselves.

        Raises:
            RefusedError: It is no token of this provider, or not for us (`unauthorized`).
            UnavailableError: The provider's keys cannot be fetched.
        """
        claims = await self._verified(token)
        if nonce is not None and claims.get("nonce") != nonce:
            raise _invalid("it belongs to another login (nonce)")
        names = {"username_claim": self.settings.oidc_username_claim, "groups_claim": self.settings.oidc_groups_claim}
        return read_person(claims, **names)

    async def endpoint(self, name: str) -> str:
        """Give an address that the provider announces.

        Raises:
            UnavailableError: It announces none, or cannot be asked.
        """
        found = (await self._discovered.get()).get(name)
        try:
            return check_address(str(found), f"the provider's {name}")
        except RefusedError as error:
            raise UnavailableError(f"the identity provider {self.issuer} cannot be used: {error}") from error

    async def _verified(self, token: str) -> dict[str, Any]:
        key = await self._key(token)
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key.key,
                algorithms=[key.algorithm],
                audience=self.audience,
                issuer=self.issuer,
                leeway=LEEWAY_S,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except jwt.MissingRequiredClaimError as error:
            raise _invalid(f"it lacks the claim {error.claim}") from error
        except jwt.InvalidTokenError as error:
            raise _invalid(_FAULTS.get(type(error), "it is no token")) from error
        if "events" in claims:
            raise _invalid("it announces an event and is no login")
        if claims.get("azp", self.audience) not in self.parties:
            raise _invalid("it was issued to a client that is no authorized party (azp)")
        return claims

    async def _key(self, token: str) -> Key:
        try:
            header = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError as error:
            raise _invalid("it is no token") from error
        algorithm, name = header.get("alg"), header.get("kid")
        if algorithm not in ALGORITHMS:
            raise _invalid(f"it is not signed with {' or '.join(ALGORITHMS)}")
        key = choose(await self._keys.get(), name, algorithm)
        if key is None and (newer := await self._keys.get_newer()) is not None:
            key = choose(newer, name, algorithm)
        if key is None:
            raise _invalid("the provider has no such key")
        return key

    async def _discover(self) -> Document:
        document = await fetch(self.issuer.rstrip("/") + "/.well-known/openid-configuration")
        if document.get("issuer") != self.issuer:
            msg = f"the identity provider calls itself {document.get('issuer')}, and the site calls it {self.issuer}"
            raise UnavailableError(f"{msg}; make EMDEWAR_CATALOG_OIDC_ISSUER the same, character by character")
        return document

    async def _fetch_keys(self) -> tuple[Key, ...]:
        return read_keys(await fetch(self.settings.oidc_jwks_url or await self.endpoint("jwks_uri")))


def provider_of(settings: Settings) -> Provider | None:
    """Give the identity provider of a site, if it has one.

    Raises:
        RefusedError: A setting of it is missing or not safe.
    """
    asked = settings.oidc_issuer or settings.oidc_audience or settings.oidc_callback_url
    return Provider(settings) if asked else None


def _invalid(why: str) -> RefusedError:
    return RefusedError(f"Invalid idToken: {why}", reason="unauthorized")
