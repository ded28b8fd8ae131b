"""What it costs to register many files, beside the same rows put into the same table and nothing else."""

import json
import sqlite3
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import psycopg
from sqlalchemy.engine import make_url

from benchmarks.catalog_facility import MEMBERS_GROUP
from benchmarks.catalog_site import PASSWORD, catalog

FILES, MIB = 100_000, 2**20
COLUMNS = ("pid", "path", "list_number", "orig_datablock_id", "position", "size", "time", "chk")
MOMENT = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass
class Cost:
    """What registering cost, and the bare rows, in seconds; and the most memory that the server had, in MiB."""

    registered_s: list[float] = field(default_factory=list)
    bare_s: list[float] = field(default_factory=list)
    before_mib: float = 0
    peak_mib: float = 0

    def ratio(self) -> float:
        """Give how many times longer registering took."""
        return statistics.median(self.registered_s) / statistics.median(self.bare_s)


def registering(url: str, rounds: int) -> Cost:
    """Register lists of many files, and put as many rows in, by turns; a single process serves."""
    cost = Cost()
    with catalog(url, workers=1) as process:
        client = process.client(MEMBERS_GROUP, PASSWORD, timeout_s=300)
        content = {pid: _body(pid) for pid in (_registered(client) for _ in range(rounds))}
        cost.before_mib = process.memory_peak_bytes() / MIB
        for body in content.values():
            with _timed(cost.registered_s):
                _send(client, body)
            bare, listed = (other := _registered(client)), _send(client, _body(other, 1))
            rows = list(_rows(bare, listed))
            with _timed(cost.bare_s):
                _put_in(url, rows)
        cost.peak_mib = process.memory_peak_bytes() / MIB
    return cost


def _registered(client: httpx.Client) -> str:
    dataset = {
        "datasetName": "many files",
        "type": "raw",
        "owner": "A. Klug",
        "ownerGroup": MEMBERS_GROUP,
        "contactEmail": "facility@example.org",
        "sourceFolder": "/instruments/krios1/many",
        "creationTime": MOMENT.isoformat(),
    }
    answer = client.post("/api/v4/datasets", json=dataset).raise_for_status()
    return str(answer.json()["pid"])


def _body(pid: str, files: int = FILES) -> bytes:
    listed = [
        {"path": _path(number), "size": 1000 + number, "time": MOMENT.isoformat(), "chk": f"{number:064x}"}
        for number in range(files)
    ]
    size = sum(1000 + number for number in range(files))
    return json.dumps({"datasetId": pid, "size": size, "dataFileList": listed}).encode()


def _send(client: httpx.Client, content: bytes) -> str:
    headers = {"content-type": "application/json"}
    answer = client.post("/api/v4/origdatablocks", content=content, headers=headers).raise_for_status()
    return str(answer.json()["_id"])


def _rows(pid: str, listed: str) -> Iterator[tuple[Any, ...]]:
    for number in range(1, FILES + 1):
        yield pid, _path(number), 1, listed, number, 1000 + number, MOMENT.isoformat(), f"{number:064x}"


def _path(number: int) -> str:
    return f"movies/square_{number // 1000:03}/movie_{number:06}.eer"


def _put_in(url: str, rows: list[tuple[Any, ...]]) -> None:
    names = ", ".join(COLUMNS)
    if url.startswith("postgresql"):
        with psycopg.connect(url) as link, link.cursor() as cursor:
            with cursor.copy(f"COPY declared_file ({names}) FROM STDIN".encode()) as copy:
                for row in rows:
                    copy.write_row(row)
            link.commit()
        return
    link_to_file = sqlite3.connect(str(make_url(url).database))
    # What the catalog asks of SQLite too: kept means kept.
    link_to_file.execute("PRAGMA synchronous=FULL")
    link_to_file.executemany(f"INSERT INTO declared_file ({names}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)  # noqa: S608
    link_to_file.commit()
    link_to_file.close()


@contextmanager
def _timed(taken: list[float]) -> Iterator[None]:
    before_s = time.perf_counter()
    yield
    taken.append(time.perf_counter() - before_s)
