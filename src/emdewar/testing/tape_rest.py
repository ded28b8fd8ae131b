"""A server on this machine that speaks the WLCG Tape REST API with the habits of real ones, and fails on demand."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import unquote

from emdewar.stores.tape import TapeSystem
from emdewar.stores.tape_rest_client import DISCOVERY, Json
from emdewar.testing.tape_rest_service import TapeRestFaults, TapeRestService

_ROOT = "/api/v1"


class TapeRestServer:
    """A server over a tape system, mostly a `SimulatedTape`; a context manager.

    Attributes:
        url: Where it can be discovered.
        faults: What goes wrong; may be changed at any time.
        asked: Methods and paths of all requests so far.
    """

    def __init__(self, tape: TapeSystem, prefix: str, *, token: str = "") -> None:
        """Listen on a free port of the loopback.

        Args:
            tape: What it speaks for.
            prefix: Path of the files in its name space.
            token: The bearer token that it demands; empty: none.
        """
        self.faults = TapeRestFaults()
        self.asked: list[tuple[str, str]] = []
        self._service = TapeRestService(tape, prefix, self.faults)
        self._token = token
        self._one_at_a_time = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, method: str, path: str, authorization: str, body: Json) -> tuple[int, Json]:
        """Give the status and the content that a request is answered with."""
        time.sleep(self.faults.delay_s)
        with self._one_at_a_time:
            self.asked.append((method, path))
            if path == DISCOVERY:
                endpoint = {"uri": self.url + _ROOT, "version": "v1", "metadata": {}}
                return 200, {"sitename": "test", "endpoints": [{"uri": "http://old", "version": "v0"}, endpoint]}
            if self._token and authorization != f"Bearer {self._token}":
                return 401, {"title": "no", "detail": f"{authorization} is not valid"}
            if self.faults.refusals:
                self.faults.refusals -= 1
                return 503, {"title": "busy"}
            return self._service.answer(method, unquote(path).removeprefix(_ROOT), body)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _any(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                status, content = server.answer(self.command, self.path, self.headers.get("Authorization", ""), body)
                answer = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_DELETE = _any  # noqa: N815 - names that the base class looks for

            def log_message(self, *_: object) -> None:
                """Keep still."""

        return Handler

    def __enter__(self) -> Self:
        """Start."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
