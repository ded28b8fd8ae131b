"""The catalog client when the other side is not what it should be."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from emdewar.catalog import Catalog
from emdewar.errors import DewarError, IntegrityError, RefusedError, UnavailableError

TOKEN = b'{"access_token": "t"}'
Serve = Callable[[int, bytes], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve one answer to everything but logins."""
    answer: list[tuple[int, bytes]] = []

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self._send(201, TOKEN)

        def do_GET(self) -> None:
            self._send(*answer[0])

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()

        def answering(status: int, body: bytes) -> str:
            answer.append((status, body))
            return f"http://127.0.0.1:{server.server_port}"

        yield answering
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (500, b"boom", UnavailableError),
        (502, b"<html>", UnavailableError),
        (503, b'{"message": "busy"}', UnavailableError),
        (429, b"{}", UnavailableError),
        (404, b'{"message": "not here"}', RefusedError),
        (400, b'{"message": ["one", "two"]}', RefusedError),
        (400, b"\xff", RefusedError),
        (403, b"{}", RefusedError),
        (409, b'{"message": "rot", "reason": "checksumMismatch"}', IntegrityError),
        (200, b"<html>a portal</html>", IntegrityError),
        (200, b'{"pid": 5}', IntegrityError),
        (200, b"[]", IntegrityError),
    ],
)
def test_each_answer_asks_for_the_reaction_it_needs(
    serve: Serve, status: int, body: bytes, error: type[DewarError]
) -> None:
    with Catalog.login(serve(status, body), "flows", "secret") as catalog, pytest.raises(error) as caught:
        catalog.dataset("20.500/abc")

    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_servers_message_and_reason_reach_the_caller(serve: Serve) -> None:
    body = json.dumps({"message": "no such thing", "statusCode": 404}).encode()

    with Catalog.login(serve(404, body), "flows", "secret") as catalog, pytest.raises(RefusedError) as caught:
        catalog.dataset("20.500/abc")

    assert "no such thing" in str(caught.value)
    assert caught.value.reason == "notFound"


def test_a_catalog_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(UnavailableError, match=r"http://127\.0\.0\.1:1 cannot be reached"):
        Catalog.login("http://127.0.0.1:1", "flows", "secret")


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://host", "http://", "http://host:port", "http://[::1"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(RefusedError, match="address"):
        Catalog.login(url, "flows", "secret")


def test_the_api_prefix_may_be_part_of_the_address(serve: Serve) -> None:
    url = serve(200, b'{"status": "ok"}')

    with Catalog.login(f"{url}/api/v3/", "flows", "secret") as catalog:
        assert catalog.health() == {"status": "ok"}


def test_a_login_without_a_token_is_no_catalog(serve: Serve) -> None:
    url = serve(404, b"{}")

    with pytest.raises(RefusedError), Catalog.login(url, "flows", "secret") as catalog:
        catalog.health()
