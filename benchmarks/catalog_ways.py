"""Three ways to ask: the catalog over HTTP, the same SQL behind a bare route over HTTP, the SQL in the driver alone."""

import http.client
import json
import os
import re
import sqlite3
import threading
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import orjson
import psycopg
from sqlalchemy.engine import make_url
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.catalog_asked import Question

Rows = list[tuple[list[str], list[tuple[Any, ...]]]]
"""For each statement the names of its columns, and its rows."""
Ask = Callable[[Question], object]
_HERE = threading.local()
_NAMED = re.compile(r"(?<!:):([a-z_]+)")


def over_http(address: str, token: str) -> Ask:
    """Ask the catalog, on one connection that stays open."""
    return _on_one_connection(address, lambda question: (question.address, {"Authorization": f"Bearer {token}"}))


def over_bare_http(address: str) -> Ask:
    """Ask the bare route, which is sent the SQL, on one connection that stays open."""
    return _on_one_connection(address, lambda question: ("/", {"x-statements": json.dumps(question.statements)}))


def by_driver(url: str) -> Ask:
    """Run the SQL on one open connection and fetch all rows; no HTTP, no JSON."""
    return lambda question: _run(url, question.statements)


def bare_route() -> Starlette:
    """Make an application that runs the statements it is sent and writes their rows as JSON; for loopback only."""
    url = os.environ["BENCHMARK_DATABASE_URL"]

    def ask(request: Request) -> Response:
        found = _run(url, orjson.loads(request.headers["x-statements"]))
        written = [[dict(zip(names, row, strict=True)) for row in rows] for names, rows in found]
        return Response(orjson.dumps(written, default=str), media_type="application/json")

    return Starlette(routes=[Route("/", ask)])


def _on_one_connection(address: str, request_of: Callable[[Question], tuple[str, dict[str, str]]]) -> Ask:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=300)

    def ask(question: Question) -> bytes:
        path, headers = request_of(question)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
        except http.client.RemoteDisconnected:
            # The server closes connections that nobody used for some seconds.
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
        content = answer.read()
        if answer.status != http.client.OK:
            msg = f"{path}: {answer.status} {content[:300]!r}"
            raise RuntimeError(msg)
        return content

    return ask


def _run(url: str, statements: Sequence[tuple[str, Any]]) -> Rows:
    postgresql = url.startswith("postgresql")
    connection = _connection(url)
    found = []
    for statement, values in statements:
        text = _NAMED.sub(r"%(\1)s", statement).encode() if postgresql else statement
        cursor = connection.execute(text, values)
        found.append(([column[0] for column in cursor.description], cursor.fetchall()))
    connection.rollback()
    return found


def _connection(url: str) -> Any:  # noqa: ANN401 - of either driver
    opened: dict[str, Any] = _HERE.__dict__.setdefault("opened", {})
    if url not in opened:
        opened[url] = psycopg.connect(url) if url.startswith("postgresql") else _sqlite(url)
    return opened[url]


def _sqlite(url: str) -> sqlite3.Connection:
    return sqlite3.connect(str(make_url(url).database))
