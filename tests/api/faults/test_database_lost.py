"""The database that is locked, full, or gone for a while: a 503 that says so, nothing half-written, and on it goes."""

import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event

from catalog_api.site import Site
from tests.api.bodies import dataset, declare, path
from tests.api.conftest import PASSWORD
from tests.catalog_process import CatalogProcess

LOCKER = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
time.sleep(600)
"""


@pytest.fixture
def locker(sqlite_file: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has locked the database for writing."""
    command = [sys.executable, "-c", LOCKER, str(sqlite_file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


@pytest.mark.slow
def test_a_database_that_another_process_locks_can_be_read_and_later_written(
    process: CatalogProcess, locker: subprocess.Popen[str]
) -> None:
    flows = process.client("flows", PASSWORD)
    refused = flows.post("/api/v4/datasets", json=dataset())
    read = flows.get("/api/v4/datasets")
    locker.kill()
    locker.wait()
    written = flows.post("/api/v4/datasets", json=dataset())

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert (read.status_code, read.json()) == (200, [])
    assert written.status_code == 201


def test_a_full_disk_keeps_nothing_of_a_registration(app: FastAPI, flows: httpx.Client, sqlite_file: Path) -> None:
    flows.post("/api/v4/datasets", json=dataset())
    full = _pages(sqlite_file) + 20
    site: Site = app.state.site
    site.database.close()
    event.listen(site.database.engine, "connect", lambda link, _: link.execute(f"PRAGMA max_page_count={full}"))

    refused = declare(flows, range(20_000), _id="large")

    assert refused.status_code == 503
    assert flows.get("/api/v4/origdatablocks/large").status_code == 404
    assert flows.get(path()).json()["numberOfFiles"] == 0
    assert declare(flows, range(10)).status_code == 201


def _pages(file: Path) -> int:
    with sqlite3.connect(file) as connection:
        pages: int = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.close()
    return pages


@pytest.mark.slow
def test_a_file_system_that_takes_no_more_keeps_nothing_of_a_registration(
    process: CatalogProcess, sqlite_file: Path
) -> None:
    flows = process.client("flows", PASSWORD)
    flows.post("/api/v4/datasets", json=dataset())
    _limit_files(process.pid, sqlite_file.stat().st_size + 1_000_000)
    refused = declare(flows, range(50_000), _id="large")
    during = flows.get(path()).json()["numberOfFiles"]
    _limit_files(process.pid, resource.RLIM_INFINITY)
    afterwards = declare(flows, range(50_000), _id="large")

    assert (refused.status_code, during, afterwards.status_code) == (503, 0, 201)


def _limit_files(pid: int, largest_bytes: int) -> None:
    """Let no file of a process grow any further, as a full disk would."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest_bytes, resource.RLIM_INFINITY))
