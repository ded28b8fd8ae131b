"""Connections to an S3 service, against a server that does exactly what a test tells it to."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from emdewar.errors import UnavailableError
from emdewar.stores.s3 import S3Store
from emdewar.stores.s3_bucket import Bucket
from emdewar.stores.s3_connections import Connections, Request
from emdewar.testing.s3_process import account_at

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def serving(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """Let a function have each connection until it returns."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    serve(connection)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def connections_to(url: str) -> Connections:
    return Connections(url, account_at(url))


def request_of(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received and (some := connection.recv(1 << 16)):
        received += some
    return received


def test_a_connection_is_used_again() -> None:
    seen: list[int] = []

    def serve(connection: socket.socket) -> None:
        seen.append(0)
        while request_of(connection):
            seen[-1] += 1
            connection.sendall(OK)

    with serving(serve) as url:
        connections = connections_to(url)
        answers = [connections.ask(Request("GET", "/x", {})).body for _ in range(3)]
        connections.close()

    assert answers == [b"ok"] * 3
    assert seen == [3]


def test_a_connection_that_the_service_closed_meanwhile_is_replaced() -> None:
    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(OK)

    with serving(serve) as url:
        connections = connections_to(url)
        answers = [connections.ask(Request("GET", "/x", {})).body for _ in range(3)]

    assert answers == [b"ok"] * 3


def test_a_connection_that_the_service_closes_when_it_is_used_again_is_replaced() -> None:
    seen: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(OK)
        seen.append(request_of(connection))

    with serving(serve) as url:
        connections = connections_to(url)
        answers = [connections.ask(Request("GET", f"/{number}", {})).body for number in range(3)]
        connections.close()

    assert answers == [b"ok"] * 3
    assert [request.split()[1:2] for request in seen] == [[b"/1"], [b"/2"], []]


def test_a_new_connection_that_the_service_closes_is_not_asked_for_ever() -> None:
    seen: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        seen.append(request_of(connection))

    with serving(serve) as url, pytest.raises(ConnectionError):
        connections_to(url).ask(Request("GET", "/x", {}))

    assert len(seen) == 1


def test_names_in_a_list_are_decoded_as_s3_writes_them() -> None:
    keys = "<Key>grid+1/a%20b%2Bc.mrc</Key><Size>1</Size><LastModified>2026-11-21T12:00:00.000Z</LastModified>"
    said = f"<R><EncodingType>url</EncodingType><Contents>{keys}</Contents></R>".encode()

    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(said), said))

    with serving(serve) as url:
        found = list(Bucket(account_at(url), "bucket").objects(is_deep=True))

    assert [entry.name for entry in found] == ["grid 1/a b+c.mrc"]


@pytest.mark.parametrize(("size", "modified"), [("many", "2026-11-21T12:00:00Z"), ("1", "lately")])
def test_a_list_that_cannot_be_read_makes_the_store_unavailable(size: str, modified: str) -> None:
    entry = f"<Contents><Key>x</Key><Size>{size}</Size><LastModified>{modified}</LastModified></Contents>"
    said = f"<R>{entry}</R>".encode()

    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(said), said))

    with serving(serve) as url, pytest.raises(UnavailableError, match="the service"):
        list(S3Store("the-store", account_at(url), "bucket").objects())


def test_a_refusal_before_the_body_was_taken_is_heard() -> None:
    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(b"HTTP/1.1 507 Insufficient Storage\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1 << 20):
            pass

    with serving(serve) as url:
        answer = connections_to(url).ask(Request("PUT", "/x", {"Content-Length": "8388608"}, bytes(8 << 20)))

    assert answer.status == 507


def test_a_body_that_ends_early_is_known_to_be_cut() -> None:
    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(b"HTTP/1.1 206 Partial Content\r\nContent-Length: 10\r\n\r\nfour")

    with serving(serve) as url:
        into = memoryview(bytearray(10))
        answer = connections_to(url).ask(Request("GET", "/x", {}), into)

    assert (answer.received, answer.is_whole, bytes(into[:4])) == (4, False, b"four")


def test_a_service_that_says_nothing_is_given_up_in_time() -> None:
    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.recv(1)

    with serving(serve) as url, pytest.raises(TimeoutError):
        connections_to(url).ask(Request("GET", "/x", {}, timeout_s=0.2))


def test_an_answer_that_is_no_s3_makes_the_store_unavailable() -> None:
    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(b"SSH-2.0-OpenSSH\r\n\r\n")

    with serving(serve) as url, pytest.raises(UnavailableError, match="endpoint"):
        S3Store("the-store", account_at(url), "bucket").size_of("x.tar")


def test_a_list_that_is_no_xml_makes_the_store_unavailable() -> None:
    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(OK)

    with serving(serve) as url, pytest.raises(UnavailableError, match="no XML"):
        list(S3Store("the-store", account_at(url), "bucket").objects())
