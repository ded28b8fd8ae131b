"""Answers that are written while they are read: the same JSON, in the memory of one batch, never a half for a whole."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from catalog_api.json_type import Json
from catalog_api.wire.streaming import PIECE_BYTES, SENT_WHOLE_BYTES, Rows, streamed, whole, written

MANY = 20_000
CONTENTS: dict[str, tuple[Json, Json]] = {
    "no rows": ({"a": [1, None, "é"]}, {"a": [1, None, "é"]}),
    "rows alone": (Rows(lambda: range(MANY)), list(range(MANY))),
    "no items": (Rows(lambda: ()), []),
    "rows in an object": ({"a": 1, "rows": Rows(lambda: ["x", "y"]), "b": 2}, {"a": 1, "rows": ["x", "y"], "b": 2}),
    "several rows": ([Rows(lambda: [1]), 5, Rows(list), Rows(lambda: [2])], [[1], 5, [], [2]]),
    "rows in rows": (
        Rows(lambda: ({"n": n, "rows": Rows(partial(range, n))} for n in range(3))),
        [{"n": 0, "rows": []}, {"n": 1, "rows": [0]}, {"n": 2, "rows": [0, 1]}],
    ),
    "texts that look like a place": (Rows(lambda: ['"\\u0000rows\\u0000"', "\\u0000rows\\u0000"]), None),
}


@pytest.mark.parametrize("case", CONTENTS)
def test_what_is_written_piece_by_piece_is_the_same_json(case: str) -> None:
    content, expected = CONTENTS[case]

    text = b"".join(written(content))

    assert json.loads(text) == (list(content.read()) if expected is None else expected)
    assert bytes(whole(content).body) == text


def test_items_are_read_only_when_they_are_written() -> None:
    read: list[int] = []

    def items() -> Iterator[str]:
        for n in range(MANY):
            read.append(n)
            yield "x" * PIECE_BYTES

    pieces = written(Rows(items))
    sizes = [len(next(pieces)) for _ in range(3)]

    assert (len(read), max(sizes) < 2 * PIECE_BYTES) == (3, True)


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError):
        b"".join(written({"a": object()}))


@pytest.mark.parametrize(("size", "kind"), [(100, Response), (2 * SENT_WHOLE_BYTES, StreamingResponse)])
def test_small_answers_have_a_length_and_large_ones_are_sent_in_chunks(size: int, kind: type[Response]) -> None:
    answer = streamed(Rows(lambda: ["x" * size]), 201)

    assert (type(answer), answer.status_code) == (kind, 201)
    assert ("content-length" in answer.headers) == (kind is Response)


def test_what_fails_before_the_first_byte_is_an_error_of_its_own() -> None:
    with pytest.raises(ZeroDivisionError):
        streamed(Rows(lambda: (1 // n for n in (1, 0))))


def test_what_fails_later_never_looks_like_a_complete_answer() -> None:
    with _server(_fails_late) as url:
        begun = _begun(url)

        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(url)

    assert begun == 200


def _begun(url: str) -> int:
    with httpx.stream("GET", url) as answer:
        return answer.status_code


def _fails_late(_request: Request) -> Response:
    def items() -> Iterator[str]:
        yield from ["x" * PIECE_BYTES] * (2 * SENT_WHOLE_BYTES // PIECE_BYTES)
        raise OSError

    return streamed(Rows(items))


@contextmanager
def _server(endpoint: Any) -> Iterator[str]:  # noqa: ANN401 (as Starlette takes it)
    app = Starlette(routes=[Route("/", endpoint)])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            threading.Event().wait(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    finally:
        server.should_exit = True
        thread.join()
