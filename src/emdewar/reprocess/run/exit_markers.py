"""How a job ended: the empty files that RELION leaves in its folder."""

import time
from enum import StrEnum
from pathlib import Path
from typing import Final

from emdewar.stores.system_errors import outside


class ExitMarker(StrEnum):
    """Names of RELION's files."""

    SUCCESS = "RELION_JOB_EXIT_SUCCESS"
    FAILURE = "RELION_JOB_EXIT_FAILURE"
    ABORTED = "RELION_JOB_EXIT_ABORTED"


_LOOK_EVERY_S: Final = 0.1
_ORDER: Final = (ExitMarker.SUCCESS, ExitMarker.ABORTED, ExitMarker.FAILURE)
"""Of two that are equally old, the later here counts: a doubtful job is not a good one."""


def read_exit_marker(folder: Path) -> ExitMarker | None:
    """Give the newest marker of a job, None where there is none.

    A folder in which a job failed and was continued holds both.
    """
    found: list[tuple[int, int, ExitMarker]] = []
    for rank, marker in enumerate(_ORDER):
        try:
            modified_ns = (folder / marker).stat().st_mtime_ns
        except (FileNotFoundError, NotADirectoryError):
            continue
        found.append((modified_ns, rank, marker))
    return max(found)[2] if found else None


def await_exit_marker(folder: Path, limit_s: float) -> ExitMarker | None:
    """Give the newest marker of a job that has ended; over a network it may show late."""
    deadline = time.monotonic() + limit_s
    while (marker := read_exit_marker(folder)) is None and time.monotonic() < deadline:
        time.sleep(_LOOK_EVERY_S)
    return marker


def leave_exit_marker(folder: Path, marker: ExitMarker) -> None:
    """Say how a job of ours ended, in the place of a program that could not.

    Raises:
        UnavailableError: The file cannot be made.
    """
    with outside(f"write {folder / marker}"):
        (folder / marker).touch()
