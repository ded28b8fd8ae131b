"""The WLCG Tape REST API, version 1, over HTTP; it is asked about paths in the tape system's own name space."""

import ssl
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, NoReturn, TypeAlias
from urllib.parse import quote

import httpx

from emdewar.errors import RefusedError, UnavailableError
from emdewar.stores.tape_login import TapeLogin, hide

Json: TypeAlias = Any
"""Any JSON value."""

DISCOVERY: Final = "/.well-known/wlcg-tape-rest-api"
VERSION: Final = "v1"

CONNECT_S: Final = 10.0
ANSWER_S: Final = 60.0

NOT_FOUND: Final = 404

_SAID_LENGTH = 300
_TRY_AGAIN = frozenset({408, 429})
_REASONS = {401: "unauthorized", 403: "forbidden", NOT_FOUND: "notFound"}


class TapeRestClient:
    """One endpoint, found by its site's address; nothing is sent before the first request."""

    def __init__(self, url: str, login: TapeLogin, *, answer_s: float = ANSWER_S) -> None:
        """Remember where and as whom.

        Raises:
            RefusedError: The address is none.
        """
        self.url = _root(url)
        self._login = login
        self._answer_s = answer_s
        self._endpoint: str | None = None
        self._context: ssl.SSLContext | None = None

    def __repr__(self) -> str:
        """Show where, never as whom."""
        return f"{type(self).__name__}({self.url!r})"

    def archive_info(self, paths: Sequence[str]) -> dict[str, Mapping[str, Json]]:
        """Ask where files are, by path; what the answer leaves out is left out here.

        Raises:
            UnavailableError: The tape system cannot tell now.
            RefusedError: It refuses us.
        """
        return _by_path(self._send("POST", "/archiveinfo", {"paths": list(paths)}))

    def stage(self, paths: Sequence[str], keep_for: timedelta) -> str:
        """Ask for files from tape; gives the request's identifier.

        Raises:
            UnavailableError: The tape system cannot be asked now.
            RefusedError: It refuses us.
        """
        files = [{"path": path, "diskLifetime": _iso_duration(keep_for)} for path in paths]
        answer = self._send("POST", "/stage", {"files": files})
        request = answer.get("requestId") if isinstance(answer, dict) else None
        if not isinstance(request, str) or not request:
            raise UnavailableError(f"the tape system at {self.url} took a request without naming it; try again")
        return request

    def progress(self, request: str) -> dict[str, Mapping[str, Json]] | None:
        """Ask what has become of a request, by path; None: the tape system does not know it any more.

        Raises:
            UnavailableError: The tape system cannot tell now.
            RefusedError: It refuses us.
        """
        answer = self._send_known("GET", f"/stage/{_segment(request)}")
        return None if answer is None else _by_path(answer.get("files") if isinstance(answer, dict) else None)

    def cancel(self, request: str, paths: Sequence[str]) -> None:
        """Stop a request for some of its files.

        Raises:
            UnavailableError: The tape system cannot be told now.
            RefusedError: It refuses us.
        """
        self._send_known("POST", f"/stage/{_segment(request)}/cancel", {"paths": list(paths)})

    def release(self, request: str, paths: Sequence[str]) -> None:
        """Say that files of a request need not stay on disk.

        Raises:
            UnavailableError: The tape system cannot be told now.
            RefusedError: It refuses us.
        """
        self._send_known("POST", f"/release/{_segment(request)}", {"paths": list(paths)})

    def delete(self, request: str) -> None:
        """Have a request forgotten.

        Raises:
            UnavailableError: The tape system cannot be told now.
            RefusedError: It refuses us.
        """
        self._send_known("DELETE", f"/stage/{_segment(request)}")

    def _send_known(self, method: str, path: str, body: Json = None) -> Json:
        """Send what is about a request; None where the tape system has forgotten that."""
        try:
            return self._send(method, path, body)
        except RefusedError as error:
            if error.reason != _REASONS[NOT_FOUND]:
                raise
            return None

    def _send(self, method: str, path: str, body: Json = None) -> Json:
        if self._endpoint is None:
            self._endpoint = self._discover()
        return self._ask(method, self._endpoint + path, body)

    def _discover(self) -> str:
        answer = self._ask("GET", self.url + DISCOVERY)
        endpoints = answer.get("endpoints") if isinstance(answer, dict) else None
        for endpoint in endpoints if isinstance(endpoints, list) else ():
            if isinstance(endpoint, dict) and endpoint.get("version") == VERSION:
                return _root(str(endpoint.get("uri")), scheme=httpx.URL(self.url).scheme)
        raise RefusedError(f"the tape system at {self.url} offers no version {VERSION} of the Tape REST API")

    def _ask(self, method: str, url: str, body: Json = None) -> Json:
        headers = self._login.headers()
        try:
            with httpx.Client(verify=self._trust(), timeout=httpx.Timeout(self._answer_s, connect=CONNECT_S)) as http:
                answer = http.request(method, url, json=body, headers=headers)
            content = answer.json() if answer.content and answer.is_success else {}
        except httpx.HTTPError as error:
            why = hide(headers, str(error) or type(error).__name__)
            msg = f"the tape system at {self.url} cannot be reached ({why}); check that it runs, then try again"
            raise UnavailableError(msg) from error
        except ValueError as error:
            raise UnavailableError(f"the tape system at {self.url} did not answer in JSON; try again") from error
        if not answer.is_success:
            said = hide(headers, " ".join(answer.text.split()))
            self._raise(answer.status_code, f"{method} {httpx.URL(url).path}", said[:_SAID_LENGTH])
        return content

    def _raise(self, status: int, what: str, said: str) -> NoReturn:
        if httpx.codes.is_server_error(status) or status in _TRY_AGAIN:
            raise UnavailableError(f"the tape system at {self.url} could not {what}: {status} {said}; try again")
        msg = f"the tape system at {self.url} refused to {what}: {status} {said}"
        raise RefusedError(msg, reason=_REASONS.get(status, RefusedError.default_reason))

    def _trust(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = self._login.trust()
        return self._context


def _by_path(files: Json) -> dict[str, Mapping[str, Json]]:
    """Key what is said of files by their paths: the order of an answer means nothing."""
    listed = files if isinstance(files, list) else []
    return {one["path"]: one for one in listed if isinstance(one, dict) and isinstance(one.get("path"), str)}


def _iso_duration(length: timedelta) -> str:
    return f"PT{max(1, int(length.total_seconds()))}S"


def _segment(identifier: str) -> str:
    return quote(identifier, safe="")


def _root(url: str, *, scheme: str = "http") -> str:
    """Check an address; one that was found over TLS must not lead out of it, as the token goes there."""
    try:
        parsed = httpx.URL(url.strip())
    except httpx.InvalidURL:
        parsed = httpx.URL()
    if parsed.scheme not in {scheme, "https"} or not parsed.host:
        raise RefusedError(f"{url!r} is no address of a tape system; write it like https://tape.example.org:8443")
    return str(parsed).rstrip("/")
