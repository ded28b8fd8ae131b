"""The catalog as processes: several answer as one, a stop lets requests finish, and a large upload meets an answer."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.api.bodies import dataset

ROOT = Path(__file__).parents[2]
PASSWORD = "a password of the tests"  # noqa: S105 (opens nothing but the tests' own catalog)

pytestmark = pytest.mark.slow


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A catalog in processes of its own; its log lies in the folder."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    account = {"username": "flows", "email": "f@example.org", "password": PASSWORD, "role": "emdewar"}
    (folder / "a.json").write_text(json.dumps([account]))
    here = {"DATABASE_URL": f"sqlite:///{folder}/c.sqlite3", "ACCOUNTS_FILE": str(folder / "a.json"), "PORT": str(port)}
    environment = os.environ | {f"EMDEWAR_CATALOG_{name}": value for name, value in (here | settings).items()}
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen([sys.executable, "-m", "catalog_api"], env=environment, cwd=ROOT, stderr=log) as process,
    ):
        try:
            wait_for(f"http://127.0.0.1:{port}/api/v3/health")
            yield process, f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def wait_for(address: str) -> None:
    for _ in range(600):
        try:
            httpx.get(address)
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(address)


def wait_until_log_says(folder: Path, words: str) -> None:
    for _ in range(600):
        if words in (folder / "log").read_text():
            return
        time.sleep(0.05)
    raise TimeoutError(words)


def log_in(url: str) -> httpx.Client:
    answer = httpx.post(f"{url}/api/v3/auth/login", json={"username": "flows", "password": PASSWORD})
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {answer.json()['id']}"})


def lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "log").read_text().splitlines()]


def test_several_processes_answer_as_one(tmp_path: Path) -> None:
    with running(tmp_path, WORKERS="2", LOG_FORMAT="json") as (process, url), log_in(url) as client:
        statuses = [client.post("/api/v4/datasets", json=dataset(f"20.500/{n}")).status_code for n in range(30)]
        # A connection each, so that both processes get some.
        counts = {httpx.get(f"{url}/api/v3/datasets/count").json()["count"] for _ in range(10)}
        figures = httpx.get(f"{url}/metrics").text
        process.terminate()
        process.wait(60)

    answered = next(line for line in figures.splitlines() if 'route="/api/v4/datasets",status="201"' in line)
    assert statuses == [201] * 30
    assert counts == {0}
    assert float(answered.split()[-1]) == 30
    assert sum(line.get("route") == "/api/v4/datasets" for line in lines(tmp_path)) == 30


def test_a_stop_lets_requests_finish_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with running(tmp_path, LOG_FORMAT="json") as (process, url), log_in(url) as client:
        body = json.dumps(dataset("20.500/last")).encode()
        head = (
            f"POST /api/v4/datasets HTTP/1.1\r\nHost: catalog\r\nAuthorization: {client.headers['Authorization']}\r\n"
        )
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as connection:
            connection.sendall(head.encode() + body[:10])
            # Answered after what was sent before it.
            client.get("/api/v3/health")
            process.send_signal(signal.SIGTERM)
            wait_until_log_says(tmp_path, "hutting down")
            connection.sendall(body[10:])
            answer = connection.makefile("rb").readline()
        process.wait(60)

    assert b" 201 " in answer
    assert not (tmp_path / "c.sqlite3-wal").exists()


def test_a_body_of_50_mb_is_refused_with_an_answer(tmp_path: Path) -> None:
    large = b'{"datasetName": "' + b"x" * 50_000_000 + b'"}'
    kind = {"content-type": "application/json"}

    with running(tmp_path) as (_, url), log_in(url) as client:
        announced = client.post("/api/v4/datasets", content=large, headers=kind)
        parts = (large[n : n + 1_000_000] for n in range(0, len(large), 1_000_000))
        streamed = client.post("/api/v4/datasets", content=parts, headers=kind)
        well = client.get("/api/v3/health")

    assert (announced.status_code, streamed.status_code, well.status_code) == (413, 413, 200)


@pytest.mark.parametrize("wrong", ["ACCOUNTS_FILE", "OIDC_ISSUER"])
def test_a_setting_that_cannot_be_used_is_told_once_and_stops_the_start(tmp_path: Path, wrong: str) -> None:
    environment = os.environ | {
        "EMDEWAR_CATALOG_DATABASE_URL": f"sqlite:///{tmp_path}/c.sqlite3",
        "EMDEWAR_CATALOG_WORKERS": "2",
        f"EMDEWAR_CATALOG_{wrong}": "http://nowhere.example.org",
    }

    ended = subprocess.run(
        [sys.executable, "-m", "catalog_api"], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert ended.stderr.count("Usage") == 1
