"""The servers of the benchmark: databases that can be kept, the catalog as people start it, and a bare route."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
from sqlalchemy import text

from benchmarks.catalog_facility import GROUPS
from benchmarks.catalog_load import fill
from catalog_api.accounts import hash_password
from catalog_api.database import Database
from catalog_api.settings import Settings
from tests.catalog_process import ROOT, CatalogProcess, free_port, running_catalog
from tests.postgresql import running_server

PASSWORD = "of the benchmark"  # noqa: S105 - of a catalog that lives for minutes
WORKERS, SEES_ALL, SOME_PIDS = 2, "admin", 5000
LARGEST_BODY = 64 * 1024 * 1024
POSTGRESQL = ("shared_buffers=1GB", "effective_cache_size=8GB", "random_page_cost=1.1", "max_wal_size=4GB")
"""What a facility would set on a machine with an SSD; all else as Debian ships it."""


@contextmanager
def databases(kind: str, folder: Path, sizes: Sequence[int]) -> Iterator[list[str]]:
    """Give databases with so many datasets each; what is in the folder already is used again."""
    with ExitStack() as stack:
        if kind == "sqlite":
            urls = [f"sqlite:///{folder}/catalog-{size}.sqlite3" for size in sizes]
            missing = [not Path(url.removeprefix("sqlite:///")).exists() for url in urls]
        else:
            server = stack.enter_context(running_server(*POSTGRESQL, kept=folder / "postgresql"))
            known = {name for (name,) in server.run_sql("SELECT datname FROM pg_database")}
            urls = [server.url(f"catalog_{size}") for size in sizes]
            missing = [f"catalog_{size}" not in known for size in sizes]
            for size in (size for size, absent in zip(sizes, missing, strict=True) if absent):
                server.run_sql(f"CREATE DATABASE catalog_{size}")
        for url, size, absent in zip(urls, sizes, missing, strict=True):
            if absent:
                fill(url, size)
        yield urls


@contextmanager
def catalog(url: str, workers: int = WORKERS) -> Iterator[CatalogProcess]:
    """Run the catalog; everybody's password is the same."""
    hashed = hash_password(PASSWORD)
    accounts = [
        {"username": name, "email": f"{name}@example.org", "password": hashed, "role": name}
        for name in (*GROUPS, SEES_ALL)
    ]
    settings = {"WORKERS": str(workers), "MAX_BODY_BYTES": str(LARGEST_BODY), "LOG_FORMAT": "json"}
    with (
        tempfile.TemporaryDirectory() as folder,
        running_catalog(Path(folder), url, accounts, **settings) as process,
    ):
        yield process


def token(process: CatalogProcess, group: str | None) -> str:
    """Log in as a member of a group, or as somebody who sees everything."""
    return process.client(group or SEES_ALL, PASSWORD).headers["Authorization"].removeprefix("Bearer ")


@contextmanager
def bare_route(url: str) -> Iterator[str]:
    """Run the bare route, with as many workers; gives its address."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", "benchmarks.catalog_ways:bare_route"]
    command += ["--port", str(port), "--workers", str(WORKERS), "--log-level", "error"]
    environment = os.environ | {"BENCHMARK_DATABASE_URL": url}
    with subprocess.Popen(command, env=environment, cwd=ROOT) as process:
        try:
            _wait_for(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def pids_of(url: str, group: str | None) -> list[str]:
    """Give identifiers of datasets of a group, or of any."""
    database = Database(Settings(database_url=url))
    mine = "WHERE owner_group = :group" if group else ""
    question = text(f"SELECT pid FROM dataset {mine} LIMIT {SOME_PIDS}")  # noqa: S608 - constants
    with database.reading() as session:
        pids = [str(pid) for pid in session.execute(question, {"group": group} if group else {}).scalars()]
    database.close()
    return pids


def _wait_for(address: str) -> None:
    limit_s = time.monotonic() + 60
    while time.monotonic() < limit_s:
        try:
            httpx.get(f"{address}/nowhere")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(address)
