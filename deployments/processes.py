"""Servers of one local site: started in groups of their own, waited for, and ended by their id."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import httpx

from emdewar.errors import UnavailableError

STOP_WITHIN_S = 10.0
LOG_LINES_SHOWN = 15


def free_port() -> int:
    """Give a TCP port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def descendants(pid: int) -> set[int]:
    """Find the processes that a process started, and those that they started (`/proc/PID/stat`, field 4)."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found, pending = set(), [pid]
    while pending:
        for child in children.get(pending.pop(), []):
            found.add(child)
            pending.append(child)
    return found


class Server:
    """A child process with its log; a session of its own, so that Ctrl-C in our terminal reaches only us."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        """Start the process.

        Args:
            name: What it is, for messages.
            command: Program and arguments.
            environment: Variables on top of our own.
            log: File that takes what it prints.
        """
        self.name, self._log = name, log
        self._family: set[int] = set()
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own commands, no shell
                command,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process id, which is the id of its group too."""
        return self._process.pid

    def is_running(self) -> bool:
        """Tell whether it still runs."""
        return self._process.poll() is None

    def wait_until_up(self, url: str, *, within_s: float) -> None:
        """Wait until it answers.

        Raises:
            UnavailableError: It ended, or said nothing in time; the message ends with its last lines.
        """
        deadline_s = time.monotonic() + within_s
        while time.monotonic() < deadline_s:
            if not self.is_running():
                break
            with suppress(httpx.TransportError):
                if httpx.get(url, timeout=2).is_success:
                    return
            time.sleep(0.2)
        msg = f"the {self.name} did not come up at {url}; its last lines:\n{self.last_lines()}"
        raise UnavailableError(msg)

    def wait(self, *, within_s: float) -> int:
        """Wait until it ends by itself; gives its exit code."""
        return self._process.wait(within_s)

    def last_lines(self) -> str:
        """Give the end of its log."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:])

    def stop(self) -> None:
        """End it and all its children: politely first, then for sure."""
        self._family |= descendants(self.pid)
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_WITHIN_S)
        self.kill()

    def kill(self) -> None:
        """End it and all that it started at once, as a power cut would; Prefect gives each flow run its own session."""
        for pid in {self.pid, *self._family, *descendants(self.pid)}:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
