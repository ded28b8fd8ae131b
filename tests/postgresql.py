"""A PostgreSQL server of the tests' own: Debian's programs, a temporary folder, a Unix socket and no port."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

USER = "emdewar"
START_LIMIT_S = 60.0
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")
"""For tests that do not ask what a crash leaves behind."""


class MissingError(Exception):
    """This machine has no PostgreSQL; the message says what to install."""


class PostgresServer:
    """One server, and its programs."""

    def __init__(self, folder: Path, programs: Path, options: tuple[str, ...]) -> None:
        """Make an empty cluster in a folder that the server's account owns, unless there is one."""
        self.folder, self.programs, self._options = folder, programs, options
        self._process: subprocess.Popen[bytes] | None = None
        like = ("--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--username", USER)
        if not (folder / "data").exists():
            self._run([programs / "initdb", "--pgdata", folder / "data", *like])

    def url(self, database: str) -> str:
        """Give the SQLAlchemy URL of a database."""
        return f"postgresql://{USER}@/{database}?host={self.folder}"

    def start(self) -> None:
        """Start, and wait until it answers.

        Raises:
            TimeoutError: It does not answer; its log is in the message.
        """
        options = ("listen_addresses=", f"unix_socket_directories={self.folder}", *self._options)
        # However the tests end, the server ends with them.
        command = ["setpriv", "--pdeathsig", "INT", str(self.programs / "postgres"), "-D", str(self.folder / "data")]
        command += [f"--{option}" for option in options]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **_account())
        self.wait_until_it_answers()

    def wait_until_it_answers(self) -> None:
        """Wait until a connection succeeds.

        Raises:
            TimeoutError: None does; the server's log is in the message.
        """
        limit_s = time.monotonic() + START_LIMIT_S
        while time.monotonic() < limit_s:
            try:
                self.run_sql("SELECT 1")
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return
        raise TimeoutError((self.folder / "log").read_text())

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop: SIGINT sends clients away and closes properly; SIGQUIT is a crash, and the next start recovers."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(START_LIMIT_S)
            self._process = None

    def run_sql(self, *statements: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run statements, each in a transaction of its own; gives the rows of the last."""
        with psycopg.connect(host=str(self.folder), user=USER, dbname=database, autocommit=True) as connection:
            rows: list[tuple[Any, ...]] = []
            for statement in statements:
                cursor = connection.execute(statement.encode())
                rows = cursor.fetchall() if cursor.description else []
            return rows

    def _run(self, command: list[Any]) -> None:
        subprocess.run(command, check=True, capture_output=True, cwd="/", **_account())


@contextmanager
def running_server(*options: str, kept: Path | None = None) -> Iterator[PostgresServer]:
    """Run a server.

    Args:
        options: Settings, as `name=value`.
        kept: Folder of the cluster, used again next time; without it one that is removed at the end.

    Raises:
        MissingError: This machine has none to run.
    """
    programs, account = _programs(), _account()
    folder = kept or Path(tempfile.mkdtemp(prefix="emdewar-postgresql-"))
    folder.mkdir(exist_ok=True)
    try:
        if account:
            shutil.chown(folder, account["user"], account["group"])
        server = PostgresServer(folder, programs, options)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        if kept is None:
            shutil.rmtree(folder)


def _programs() -> Path:
    """Find the newest server's programs, which Debian keeps off PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise MissingError("no PostgreSQL in /usr/lib/postgresql: install Debian's package `postgresql`")
    return found[-1].parent


def _account() -> dict[str, Any]:
    """Give the account that the server runs as: it refuses root."""
    if os.geteuid() != 0:
        return {}
    try:
        postgres = pwd.getpwnam("postgres")
    except KeyError:
        raise MissingError("no account `postgres` to run the PostgreSQL server as, and it refuses root") from None
    return {"user": postgres.pw_uid, "group": postgres.pw_gid, "extra_groups": ()}
