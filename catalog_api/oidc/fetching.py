"""What is fetched from an identity provider, within limits of size and time."""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

import anyio
import httpx
import orjson

from emdewar.errors import RefusedError, UnavailableError

_LOG = logging.getLogger(__name__)
LARGEST = 512 * 1024
LONGEST_S = 10.0
FRESH_S = 3600.0
STALE_S = 24 * 3600.0
"""An answer is asked for again after an hour, and still trusted for a day while the provider does not answer."""
RETRY_S, AGAIN_S = 5.0, 30.0
"""Seconds between attempts after a failure, and between those that strangers can cause by naming unknown keys."""

Fetched = TypeVar("Fetched")
Document = dict[str, Any]


def check_address(url: str, what: str) -> str:
    """Check that an address is safe to take keys from or send people to, and give it.

    Raises:
        RefusedError: It is no `https` address, nor `http` on this machine.
    """
    parts = urlsplit(url)
    if parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts.hostname))):
        return url
    raise RefusedError(f"{what} {url} is no https address; http is for this machine only")


async def fetch(url: str, form: Mapping[str, str] | None = None) -> Document:
    """Fetch a JSON object; redirects are not followed.

    Args:
        url: Where from.
        form: What to post; without it the address is read.

    Raises:
        RefusedError: What was posted is not good there.
        UnavailableError: There is no such answer in time; the message says why.
    """
    try:
        with anyio.fail_after(LONGEST_S):
            async with (
                httpx.AsyncClient(timeout=LONGEST_S) as http,
                http.stream("POST" if form else "GET", url, data=form) as answer,
            ):
                status, body = answer.status_code, await _limited(answer, url)
    except TimeoutError as error:
        raise _unavailable(url, f"no answer within {LONGEST_S:.0f} s") from error
    except httpx.HTTPError as error:
        raise _unavailable(url, str(error) or type(error).__name__) from error
    document = _object(body)
    if form and status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED}:
        why = str((document or {}).get("error", status))[:100]
        raise RefusedError(f"the identity provider refused the login ({why}); log in again", reason="unauthorized")
    if status != HTTPStatus.OK:
        raise _unavailable(url, f"it answered {status}")
    if document is None:
        raise _unavailable(url, "it answered no JSON object")
    return document


class Kept(Generic[Fetched]):
    """An answer of the provider that is kept, and asked for again when it is old or was not enough."""

    def __init__(self, ask: Callable[[], Awaitable[Fetched]], clock: Callable[[], float] = time.monotonic) -> None:
        """Wrap a question.

        Args:
            ask: Asks the provider.
            clock: Gives seconds.
        """
        self._ask = ask
        self._clock = clock
        self._kept: tuple[float, Fetched] | None = None
        self._failed: tuple[float, UnavailableError] | None = None
        self._asked_again_at = -AGAIN_S
        self._lock = anyio.Lock()

    async def get(self) -> Fetched:
        """Give the answer.

        Raises:
            UnavailableError: There is none yet, or the last one is a day old.
        """
        if self._kept and self._clock() - self._kept[0] < FRESH_S:
            return self._kept[1]
        return await self._refresh(self._kept)

    async def get_newer(self) -> Fetched | None:
        """Ask again for what was not in the answer; None when that was done a moment ago."""
        now = self._clock()
        if now - self._asked_again_at < AGAIN_S:
            return None
        self._asked_again_at = now
        return await self._refresh(self._kept)

    async def _refresh(self, known: tuple[float, Fetched] | None) -> Fetched:
        async with self._lock:
            now = self._clock()
            if self._kept is not None and self._kept is not known:
                return self._kept[1]
            if self._failed and now - self._failed[0] < RETRY_S:
                return self._stale(self._failed[1])
            try:
                answer = await self._ask()
            except UnavailableError as error:
                self._failed = now, error
                return self._stale(error)
            self._kept, self._failed = (now, answer), None
            return answer

    def _stale(self, error: UnavailableError) -> Fetched:
        if self._kept is None or self._clock() - self._kept[0] > STALE_S:
            raise error
        _LOG.warning("%s; its last answer is used", error)
        return self._kept[1]


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _object(body: bytes) -> Document | None:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return document if isinstance(document, dict) else None


async def _limited(answer: httpx.Response, url: str) -> bytes:
    body = bytearray()
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > LARGEST:
            raise _unavailable(url, f"it answered more than {LARGEST} bytes")
    return bytes(body)


def _unavailable(url: str, why: str) -> UnavailableError:
    return UnavailableError(f"the identity provider's {url} cannot be used: {why}; try again later")
