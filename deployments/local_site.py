"""A whole site on loopback: catalog, Prefect server with its UI, worker, and a watch over one microscope.

What the demonstration shows and the end-to-end tests break. Everything it writes is below one state folder.
"""

import json
import secrets
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from prefect.client.orchestration import SyncPrefectClient

from deployments.apply import WORK_POOL
from deployments.processes import Server, free_port
from emdewar.catalog import Catalog
from emdewar.errors import UnavailableError

PREFECT_UP_WITHIN_S = 120.0
CATALOG_UP_WITHIN_S = 60.0

SNAPPY: dict[str, Any] = {"settle_window_s": 1.5, "quiet_period_s": 4.0, "incomplete_limit_s": 8.0, "poll_s": 0.5}
"""A microscope that is judged fast: seconds where a real one takes minutes."""


SNAPPY_TAPE: dict[str, Any] = {"migrate_after_s": 0, "evict_after_s": 1, "mount_s": 3, "bytes_per_s": 20_000_000}
"""A tape library that takes seconds where a real one takes minutes: files go to tape when somebody asks for them."""

ACCOUNTS = {"emdewar": ["emdewar", "demo"], "scientist": ["demo"], "operator": ["admin"]}
"""Who can log in to the catalog, with their groups."""


class LocalSite:
    """The servers of one site; a context manager that leaves none of them behind."""

    def __init__(  # noqa: PLR0913 - a site is made of these
        self,
        state: Path,
        *,
        drop_folder: Path | None = None,
        microscope: dict[str, Any] | None = None,
        tape: dict[str, Any] | None = None,
        policy: dict[str, Any] | None = None,
        runs_at_once: int = 12,
        worker: bool = True,
    ) -> None:
        """Choose ports and places; nothing is started yet.

        Args:
            state: Folder for everything the site writes.
            drop_folder: The microscope's drop folder; one below `state` when None.
            microscope: Fields of the Microscope block that differ from the default.
            tape: Fields of a simulated tape library that keeps a second copy of everything; none when None.
            policy: Fields of the archive policy that differ from the default.
            runs_at_once: How many flow runs a worker executes at a time.
            worker: Start a worker at once.
        """
        self.state = state.resolve()
        self.drop_folder = (drop_folder or self.state / "microscope").resolve()
        self.catalog_url = f"http://127.0.0.1:{free_port()}"
        self.prefect_url = f"http://127.0.0.1:{free_port()}"
        self._microscope = {**SNAPPY, **(microscope or {})}
        self._tape, self._policy = tape, policy or {}
        self._with_worker, self._runs_at_once = worker, runs_at_once
        self._password = secrets.token_urlsafe(24)
        self._servers: list[Server] = []
        self.worker: Server | None = None
        self.server: Server | None = None
        self.catalog_server: Server | None = None

    @property
    def environment(self) -> dict[str, str]:
        """Variables that point any Prefect program at this site."""
        return {
            "PREFECT_HOME": str(self.state / "prefect"),
            "TMPDIR": str(self.state / "tmp"),
            "PREFECT_API_URL": f"{self.prefect_url}/api",
            "PREFECT_UI_STATIC_DIRECTORY": str(self.state / "prefect-ui"),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_UI_V2_ENABLED": "false",
            "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
            "PREFECT_WORKER_QUERY_SECONDS": "1",
            "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
            "DO_NOT_TRACK": "1",
            "PYTHONDONTWRITEBYTECODE": "",
        }

    def __enter__(self) -> Self:
        """Start everything, in the order in which one needs the other."""
        try:
            self._lay_out()
            self._start_servers()
            self._apply()
            if self._with_worker:
                self.start_worker()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything."""
        self.stop()

    def stop(self) -> None:
        """End all servers, last started first."""
        while self._servers:
            self._servers.pop().stop()

    def start_worker(self) -> Server:
        """Start a worker that serves the deployments; a second one may run beside the first."""
        limit = ["--limit", str(self._runs_at_once)]
        command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", WORK_POOL, *limit]
        self.worker = self._start("worker", command)
        return self.worker

    def start_catalog(self) -> Server:
        """Start the catalog; it takes a second until it answers."""
        self.catalog_server = self._start("catalog", [sys.executable, "-m", "catalog_api"])
        return self.catalog_server

    def wait_for_catalog(self) -> None:
        """Wait until the catalog answers."""
        if self.catalog_server is not None:
            self.catalog_server.wait_until_up(f"{self.catalog_url}/api/v3/health", within_s=CATALOG_UP_WITHIN_S)

    def start_prefect(self) -> Server:
        """Start the Prefect server; it takes some seconds until it answers."""
        place = ["--host", "127.0.0.1", "--port", _port(self.prefect_url)]
        self.server = self._start("prefect-server", [sys.executable, "-m", "prefect", "server", "start", *place])
        return self.server

    def wait_for_prefect(self) -> None:
        """Wait until the Prefect server answers."""
        if self.server is not None:
            self.server.wait_until_up(f"{self.prefect_url}/api/health", within_s=PREFECT_UP_WITHIN_S)

    def start_watch(self, *, only: str = "") -> Server:
        """Start the watch over the microscope's drop folder, or over one session in it."""
        return self._start("watch", [sys.executable, "-m", "deployments.drop_watch", "--poll-s", "0.5", "--only", only])

    def catalog(self, name: str = "emdewar") -> Catalog:
        """Log in to the catalog: as the flows do, or as a person."""
        return Catalog.login(self.catalog_url, name, self._password)

    def prefect(self) -> SyncPrefectClient:
        """Give a client of the Prefect server."""
        return SyncPrefectClient(f"{self.prefect_url}/api")

    def _lay_out(self) -> None:
        for folder in ("landing", "archive", "tape-disk", "tape", "retrieved", "logs", "catalog", "tmp"):
            (self.state / folder).mkdir(parents=True, exist_ok=True)
        self.drop_folder.mkdir(parents=True, exist_ok=True)
        accounts = [
            {"username": name, "email": f"{name}@example.org", "role": groups, "password": self._password}
            for name, groups in ACCOUNTS.items()
        ]
        _write_secret(self.state / "catalog" / "accounts.json", json.dumps(accounts))
        _write_secret(self.state / "site.json", json.dumps(self._site()))

    def _site(self) -> dict[str, Any]:
        facility = {
            "catalog": {"url": self.catalog_url, "username": "emdewar", "password": self._password},
            "landing_zone": str(self.state / "landing"),
            "retrieve_folder": str(self.state / "retrieved"),
            "archives": self._archives(),
            "policy": {
                "copies": [{"store": archive["store_name"]} for archive in self._archives()],
                "datablock_target_bytes": 8_000_000,
                **self._policy,
            },
            "pid_prefix": "demo",
        }
        microscope = {
            "instrument": "sim-krios",
            "drop_folder": str(self.drop_folder),
            "model": "TFS KRIOS",
            "cs_mm": 2.7,
            "time_zone": "Europe/Zurich",
            "owner": "Demo Owner",
            "owner_group": "demo",
            "contact_email": "emdewar@example.org",
            **self._microscope,
        }
        return {"facilities": {"default": facility}, "microscopes": {"default": microscope}}

    def _archives(self) -> list[dict[str, Any]]:
        disk = {"kind": "posix", "store_name": "archive-disk", "root": str(self.state / "archive")}
        if self._tape is None:
            return [disk]
        library = {"kind": "simulated", "folder": str(self.state / "tape"), **self._tape}
        root = str(self.state / "tape-disk")
        return [disk, {"kind": "nearline", "store_name": "archive-tape", "root": root, "tape": library}]

    def _start_servers(self) -> None:
        self.start_catalog()
        self.start_prefect()
        self.wait_for_catalog()
        self.wait_for_prefect()

    def _apply(self) -> None:
        command = [sys.executable, "-m", "deployments.apply", str(self.state / "site.json")]
        applying = self._start("apply", command)
        try:
            code = applying.wait(within_s=PREFECT_UP_WITHIN_S)
        except subprocess.TimeoutExpired as error:
            raise UnavailableError(f"the deployments were not applied in time:\n{applying.last_lines()}") from error
        if code:
            raise UnavailableError(f"the deployments were not applied:\n{applying.last_lines()}")

    def _start(self, name: str, command: list[str]) -> Server:
        catalog = {
            "EMDEWAR_CATALOG_DATABASE_URL": f"sqlite:///{self.state / 'catalog' / 'catalog.sqlite'}",
            "EMDEWAR_CATALOG_HOST": "127.0.0.1",
            "EMDEWAR_CATALOG_PORT": _port(self.catalog_url),
            "EMDEWAR_CATALOG_ACCOUNTS_FILE": str(self.state / "catalog" / "accounts.json"),
            "EMDEWAR_CATALOG_PREFECT_API_URL": f"{self.prefect_url}/api",
        }
        server = Server(name, command, self.environment | catalog, self.state / "logs" / f"{name}.log")
        self._servers.append(server)
        return server


def _port(url: str) -> str:
    return url.rsplit(":", 1)[1]


def _write_secret(path: Path, content: str) -> None:
    path.touch(mode=0o600)
    path.write_text(content)
