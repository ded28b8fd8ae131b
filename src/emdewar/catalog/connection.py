"""One logged-in connection to a catalog: tokens, time limits, and errors in our own words."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NoReturn, TypeAlias
from urllib.parse import quote

import httpx

from emdewar.errors import CHECKSUM_MISMATCH, IntegrityError, RefusedError, UnavailableError

Json: TypeAlias = Any
"""Any JSON value."""

CONNECT_S = 10.0
ANSWER_S = 120.0
"""How long an answer may take; a page of 100,000 files or a proof over as many takes seconds."""

MESSAGE_LENGTH = 1_000

UNKNOWN_JOB = "unknownJob"
"""The catalog's reason for a job that is not there, which SciCat's dialect answers with 400 and not with 404."""

_REASONS = {400: "badRequest", 401: "unauthorized", 403: "forbidden", 404: "notFound", 409: "conflict", 413: "tooLarge"}
_BROKEN = frozenset({CHECKSUM_MISMATCH, IntegrityError.default_reason})
_TRY_AGAIN = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
_REFUSED_TOKEN = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


class Connection:
    """A catalog's address and a login there; the token is renewed when it is refused."""

    def __init__(self, url: str, username: str, password: str) -> None:
        """Remember how to log in; nothing is sent yet.

        Raises:
            RefusedError: The address is none.
        """
        self.url = _root(url)
        self.username = username
        self._password = password
        self._http = httpx.Client(timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S))

    def __repr__(self) -> str:
        """Show where and as whom, never the password."""
        return f"{type(self).__name__}({self.url!r}, {self.username!r})"

    def log_in(self) -> None:
        """Fetch a token.

        Raises:
            RefusedError: The name or the password is wrong.
            UnavailableError: The catalog cannot be reached.
        """
        body = {"username": self.username, "password": self._password}
        answer = self._send("POST", "/api/v3/auth/login", {"json": body})
        if answer.is_error:
            _raise(answer, f"log in as {self.username}")
        token = str(self._read(answer).get("access_token", ""))
        self._http.headers["Authorization"] = f"Bearer {token}"

    def ask(
        self, method: str, path: str, *, json: Json = None, params: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        """Send a request and give the answer, whatever it is; log in again once when the token is refused.

        Raises:
            UnavailableError: The catalog cannot be reached, or asks to try again.
            RefusedError: Logging in again was refused.
        """
        content: dict[str, Any] = {"params": params} if json is None else {"json": json, "params": params}
        answer = self._send(method, path, content)
        if answer.status_code in _REFUSED_TOKEN:
            self.log_in()
            answer = self._send(method, path, content)
        return answer

    def get(self, path: str, **params: str | int) -> Json:
        """Fetch JSON.

        Raises:
            RefusedError: The catalog refused; its message is the error's.
            UnavailableError: The catalog cannot be reached now.
            IntegrityError: The answer is no JSON.
        """
        return self.checked(self.ask("GET", path, params=params), f"read {path}")

    def send(self, method: str, path: str, json: Json) -> Json:
        """Send JSON and give the JSON of the answer.

        Raises:
            RefusedError: The catalog refused; its message is the error's.
            UnavailableError: The catalog cannot be reached now.
            IntegrityError: The answer is no JSON.
        """
        return self.checked(self.ask(method, path, json=json), f"{method} {path}")

    def checked(self, answer: httpx.Response, what: str) -> Json:
        """Give an answer's JSON, or raise what it says.

        Raises:
            RefusedError: It is a refusal.
            UnavailableError: The server failed.
            IntegrityError: It is no JSON.
        """
        if answer.is_error:
            _raise(answer, what)
        return self._read(answer)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _send(self, method: str, path: str, content: Mapping[str, Any]) -> httpx.Response:
        try:
            return self._http.request(method, self.url + path, **content)
        except httpx.HTTPError as error:
            why = str(error) or type(error).__name__
            msg = f"the catalog at {self.url} cannot be reached ({why}); check that it runs, then try again"
            raise UnavailableError(msg) from error
        except UnicodeEncodeError as error:
            msg = f"a text for the catalog holds half a surrogate pair, which is no character: {error.reason}"
            raise RefusedError(msg, reason="badRequest") from error

    def _read(self, answer: httpx.Response) -> Json:
        try:
            return answer.json()
        except ValueError as error:
            msg = f"{answer.request.url} answered {answer.status_code} without JSON; is this the address of a catalog?"
            raise IntegrityError(msg) from error


def segment(identifier: str) -> str:
    """Write an identifier as one segment of a path: a slash in it becomes `%2F`."""
    return quote(identifier, safe="")


def _root(url: str) -> str:
    try:
        parsed = httpx.URL(url.strip())
    except httpx.InvalidURL:
        parsed = httpx.URL()
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise RefusedError(f"{url!r} is no address of a catalog; write it like http://host:8000", reason="badRequest")
    return url.strip().rstrip("/").removesuffix("/api/v3").removesuffix("/api/v4")


def _raise(answer: httpx.Response, what: str) -> NoReturn:
    status, said = answer.status_code, _said(answer)
    message = said.get("message", answer.reason_phrase)
    text = "; ".join(message) if isinstance(message, list) else str(message)
    text = " ".join(text.split())[:MESSAGE_LENGTH]
    if answer.is_server_error or status in _TRY_AGAIN:
        raise UnavailableError(f"the catalog could not {what} at {answer.request.url}: {status} {text}; try again")
    reason = str(said.get("reason") or _REASONS.get(status, "refused"))
    reason = "notFound" if reason == UNKNOWN_JOB else reason
    if reason in _BROKEN:
        raise IntegrityError(f"the catalog refused to {what}: {text}", reason=reason, paths=said.get("paths", ()))
    raise RefusedError(f"the catalog refused to {what}: {text}", reason=reason, paths=said.get("paths", ()))


def _said(answer: httpx.Response) -> dict[str, Any]:
    try:
        content = answer.json()
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
