"""Processes that are started together and end together: a session of the operating system.

A program that is started in a session of its own stays findable with everything that it starts, also for the next run
of ours when this one is killed. MPI gives its ranks their own process groups, so groups would not do.
"""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

KINDNESS_S: Final = 5.0
"""How long processes may take to end when they are asked, before they are made to."""

_LOOK_AGAIN_S = 0.05
_SESSION, _STATE, _STARTED = 3, 0, 19


def birth_of(pid: int) -> str | None:
    """Give what tells a process from a later one of the same number; None when it is not there."""
    fields = _stat(pid)
    if fields is None:
        return None
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{boot}:{fields[_STARTED]}"


def members(session: int) -> list[int]:
    """Give the living processes of a session."""
    found = []
    for pid in _pids():
        fields = _stat(pid)
        if fields is not None and int(fields[_SESSION]) == session and fields[_STATE] not in {"Z", "X"}:
            found.append(pid)
    return found


def is_session_alive(session: int, birth: str) -> bool:
    """Tell whether anything of a session lives that was started then."""
    now = birth_of(session)
    return (now is None or now == birth) and bool(members(session))


def end_session(session: int, *, kindness_s: float = KINDNESS_S) -> None:
    """End all processes of a session: they are asked first."""
    deadline = time.monotonic() + kindness_s
    asked: set[int] = set()
    while (living := members(session)) and time.monotonic() < deadline:
        _send([pid for pid in living if pid not in asked], signal.SIGTERM)  # new ones may have been born meanwhile
        asked.update(living)
        time.sleep(_LOOK_AGAIN_S)
    while (living := members(session)) and time.monotonic() < deadline + KINDNESS_S:
        _send(living, signal.SIGKILL)
        time.sleep(_LOOK_AGAIN_S)


def _send(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def _pids() -> Iterator[int]:
    return (int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit())


def _stat(pid: int) -> list[str] | None:
    """Give the fields after the name of the program, which may hold anything."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()
