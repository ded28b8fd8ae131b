"""Connections to one S3 host that are used again and again, from several threads; they never follow a redirect."""

import select
import socket
import ssl
import threading
import weakref
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPResponse, HTTPSConnection
from typing import Final
from urllib.parse import urlsplit

from emdewar.stores.s3_account import S3Account

CUT: Final = (OSError, HTTPException)
"""What is raised when a connection cannot be made, or breaks."""

MOST_IDLE: Final = 32

_HUNG_UP: Final = (ConnectionError, ssl.SSLEOFError)
"""What is raised when the other side hangs up without an answer."""


@dataclass(frozen=True, slots=True)
class Request:
    """One signed request."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes | memoryview = field(default=b"", repr=False)
    timeout_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        received: Bytes of the body that went into the caller's memory instead of `body`.
        is_whole: Whether the body came whole; only a body for the caller's memory may be cut short.
    """

    status: int
    headers: HTTPMessage
    body: bytes = b""
    received: int = 0
    is_whole: bool = True


class Connections:
    """The connections to one host."""

    def __init__(self, origin: str, account: S3Account) -> None:
        """Take scheme, host and port; nothing is opened yet."""
        url = urlsplit(origin)
        self._host = url.hostname or ""
        self._port = url.port
        self._tls = ssl.create_default_context(cafile=account.ca_file) if url.scheme == "https" else None
        self._lock = threading.Lock()
        self._idle: list[HTTPConnection] = []
        # Stores are opened where they are needed and closed by nobody.
        self._closing = weakref.finalize(self, _close_all, self._idle)

    def ask(self, request: Request, into: memoryview | None = None) -> Answer:
        """Send a request and take the answer.

        A connection that was used before may be closed by the service at any moment, also while the request is on its
        way. Then it is sent once more, on a new one: nothing that is asked here does harm when it is done twice.

        Args:
            request: What to send.
            into: Memory for the body of a successful answer.

        Raises:
            OSError: No connection, or it was cut.
            HTTPException: The same, or what came back is no HTTP.
        """
        if used := self._take_used(request.timeout_s):
            with suppress(*_HUNG_UP):
                return self._ask_on(used, request, into)
        return self._ask_on(self._new(request.timeout_s), request, into)

    def _ask_on(self, connection: HTTPConnection, request: Request, into: memoryview | None) -> Answer:
        is_reusable = False
        try:
            response, was_sent = _send(connection, request)
            answer = _receive(response, into)
            is_reusable = was_sent and answer.is_whole and not response.will_close
        finally:
            if is_reusable:
                self._give_back(connection)
            else:
                connection.close()
        return answer

    def _take_used(self, timeout_s: float) -> HTTPConnection | None:
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                return None
            if not _was_closed(connection.sock):
                connection.sock.settimeout(timeout_s)
                return connection
            connection.close()

    def _new(self, timeout_s: float) -> HTTPConnection:
        if self._tls:
            return HTTPSConnection(self._host, self._port, timeout=timeout_s, context=self._tls)
        return HTTPConnection(self._host, self._port, timeout=timeout_s)

    def _give_back(self, connection: HTTPConnection) -> None:
        with self._lock:
            if len(self._idle) < MOST_IDLE:
                self._idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        """Close those that are idle."""
        with self._lock:
            _close_all(self._idle)


def _close_all(idle: list[HTTPConnection]) -> None:
    while idle:
        idle.pop().close()


def _send(connection: HTTPConnection, request: Request) -> tuple[HTTPResponse, bool]:
    """Give the response, and whether all of the request went out."""
    if connection.sock is None:
        connection.connect()
    try:
        connection.request(request.method, request.target, body=request.body or None, headers=dict(request.headers))
    except ConnectionError as error:
        # A service that refuses a request says so and hangs up before it has the whole body.
        try:
            return connection.getresponse(), False
        except CUT:
            raise error from None
    return connection.getresponse(), True


def _receive(response: HTTPResponse, into: memoryview | None) -> Answer:
    if into is None or response.status not in {200, 206}:
        return Answer(response.status, response.headers, response.read())
    expected = response.length
    received = 0
    try:
        while received < len(into) and (count := response.readinto(into[received:])):
            received += count
    except CUT:
        return Answer(response.status, response.headers, b"", received, is_whole=False)
    is_whole = response.isclosed() and expected in {None, received}
    return Answer(response.status, response.headers, b"", received, is_whole)


def _was_closed(sock: socket.socket) -> bool:
    """Tell whether the other side has hung up, or speaks without being asked."""
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))
