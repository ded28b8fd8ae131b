"""An identity provider of its own for the tests: an OpenID Connect server on the loopback, with real keys."""

import base64
import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from catalog_api.json_type import Json
from catalog_api.settings import Settings

AUDIENCE = "emdewar"
CALLBACK = "http://127.0.0.1/api/v3/auth/oidc/callback"
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def rsa_key(number: int) -> rsa.RSAPrivateKey:
    """One of some keys; they take a moment to make."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048 + 64 * (number % 2))


@cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


class IdentityProvider:
    """What Keycloak does for a site, as far as a catalog sees it.

    Attributes:
        keys: Private keys by name; the public halves are announced.
        asked: How often each address was asked for.
        answers: Answers that replace the right ones, by address.
        person: Claims of whoever logs in by browser.
    """

    def __init__(self) -> None:
        self.keys: dict[str, PrivateKey] = {"first": rsa_key(1)}
        self.asked: Counter[str] = Counter()
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.person: dict[str, Any] = {"sub": "sub-ada", "preferred_username": "ada", "groups": ["p1"]}
        self._codes: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/realms/lab"

    def claims(self, **changes: Json) -> dict[str, Any]:
        """What a good token says; a claim that is None is left out."""
        now = int(time.time())
        times = {"iat": now, "exp": now + 300}
        said = {"iss": self.issuer, "aud": AUDIENCE, **times, "email": "ada@example.org", **self.person, **changes}
        return {name: value for name, value in said.items() if value is not None}

    def token(self, key: str = "first", **changes: Json) -> str:
        """A token that is signed with one of the keys."""
        private = self.keys[key]
        algorithm = "RS256" if isinstance(private, rsa.RSAPrivateKey) else "ES256"
        return jwt.encode(self.claims(**changes), private, algorithm, headers={"kid": key})

    def answer(self, method: str, address: str, form: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
        """Answer a request, with its status and headers."""
        path = urlsplit(address).path.removeprefix("/realms/lab")
        self.asked[path] += 1
        if path in self.answers:
            return *self.answers[path], {}
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        routes: dict[str, Callable[[], tuple[int, Any, dict[str, str]]]] = {
            "GET /.well-known/openid-configuration": self._discovery,
            "GET /keys": lambda: (200, {"keys": [_public(name, key) for name, key in self.keys.items()]}, {}),
            "GET /authorize": lambda: self._authorize(query),
            "POST /token": lambda: self._exchange(form),
        }
        status, content, headers = routes.get(f"{method} {path}", lambda: (404, {}, {}))()
        return status, json.dumps(content).encode(), headers

    def _discovery(self) -> tuple[int, Any, dict[str, str]]:
        places = {"jwks_uri": "keys", "authorization_endpoint": "authorize", "token_endpoint": "token"}
        return 200, {"issuer": self.issuer} | {name: f"{self.issuer}/{path}" for name, path in places.items()}, {}

    def _authorize(self, asked: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"], "iss": self.issuer})
        return 302, {}, {"Location": f"{asked['redirect_uri']}?{back}"}

    def _exchange(self, form: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
        asked = self._codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != form["redirect_uri"]:
            return 400, {"error": "invalid_grant"}, {}
        return 200, {"id_token": self.token(nonce=asked["nonce"]), "access_token": "opaque"}, {}


def site_with(provider: IdentityProvider, settings: Settings) -> Settings:
    """The settings of a site with that provider, and two clients that people log in from."""
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


def _public(name: str, key: PrivateKey) -> dict[str, Any]:
    if isinstance(key, rsa.RSAPrivateKey):
        return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": name, "use": "sig", "alg": "RS256"}
    return {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": name, "use": "sig"}


def _handler(provider: IdentityProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            self._reply({name: values[0] for name, values in parse_qs(body).items()})

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def _reply(self, form: dict[str, str]) -> None:
            status, body, headers = provider.answer(self.command, self.path, form)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    return Handler
