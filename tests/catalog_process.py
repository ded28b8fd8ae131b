"""A catalog in a process of its own, started as the manual says."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[1]
START_LIMIT_S = 60.0
KEY = "a key of the tests, long enough for HS256"


class CatalogProcess:
    """One running catalog."""

    def __init__(self, folder: Path, database_url: str, settings: Mapping[str, str]) -> None:
        """Prepare a catalog.

        Args:
            folder: Where its log goes.
            database_url: Its database.
            settings: Further settings, without their prefix.
        """
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "catalog.log"
        here = {"DATABASE_URL": database_url, "PORT": str(self.port), "SECRET_KEY": KEY} | dict(settings)
        self._environment = os.environ | {f"EMDEWAR_CATALOG_{name}": value for name, value in here.items()}
        self._process: subprocess.Popen[bytes] | None = None
        self._clients: list[httpx.Client] = []

    @property
    def pid(self) -> int:
        """The process id."""
        if self._process is None:
            msg = "the catalog is not running"
            raise RuntimeError(msg)
        return self._process.pid

    def start(self) -> None:
        """Start, and wait until it answers.

        Raises:
            TimeoutError: It does not answer; its log is in the message.
        """
        command = [sys.executable, "-m", "catalog_api"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, env=self._environment, cwd=ROOT, stdout=log, stderr=log)
        limit_s = time.monotonic() + START_LIMIT_S
        while time.monotonic() < limit_s and self._process.poll() is None:
            try:
                httpx.get(f"{self.url}/api/v3/health")
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
        raise TimeoutError(self.log.read_text(errors="replace"))

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop it, and wait until it is gone."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(START_LIMIT_S)
            self._process = None

    def memory_peak_bytes(self) -> int:
        """Give the most memory that it ever had (VmHWM)."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return next(1024 * int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))

    def client(self, username: str, password: str, timeout_s: float = 60.0) -> httpx.Client:
        """Log in; gives a client with the token, which lives as long as this does."""
        client = httpx.Client(base_url=self.url, timeout=timeout_s)
        self._clients.append(client)
        answer = client.post("/api/v3/auth/login", json={"username": username, "password": password})
        client.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['access_token']}"
        return client

    def close(self) -> None:
        """Stop it, and close what was opened to it."""
        self.stop()
        for client in self._clients:
            client.close()


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def running_catalog(
    folder: Path, database_url: str, accounts: list[dict[str, Any]], **settings: str
) -> Iterator[CatalogProcess]:
    """Run a catalog.

    Args:
        folder: A folder of its own.
        database_url: Its database; the catalog brings the schema up to date.
        accounts: Its functional accounts, with plain passwords or hashes.
        settings: Further settings, as they stand after `EMDEWAR_CATALOG_`.
    """
    accounts_file = folder / "accounts.json"
    accounts_file.write_text(json.dumps(accounts))
    process = CatalogProcess(folder, database_url, {"ACCOUNTS_FILE": str(accounts_file)} | settings)
    process.start()
    try:
        yield process
    finally:
        process.close()
