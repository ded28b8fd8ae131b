"""The end of RELION's own watch over a job."""

import os
import subprocess
import time
from pathlib import Path
from typing import Final

from emdewar.reprocess.run.launcher import Handle
from emdewar.reprocess.run.pipeliner import Relion, wait_for_lock
from emdewar.reprocess.run.sessions import end_session, is_session_alive

CLOSE_LIMIT_S: Final = 150.0
"""How long RELION may take to see the exit marker: it waits up to two minutes for the lock of its project."""


def close_job(
    relion: Relion, project: Path, pipeliner: Handle | None, process: subprocess.Popen[bytes] | None = None
) -> None:
    """Wait until RELION wrote down how a job ended; make it look again when its watch is gone.

    Args:
        relion: The programs.
        project: The project's folder.
        pipeliner: The watch; None for a job that RELION does not know.
        process: The watch, when it was started by this process.

    Raises:
        UnavailableError: Somebody holds RELION's lock.
        RefusedError: RELION is not there.
    """
    if pipeliner is None or pipeliner.machine != os.uname().nodename:
        return
    number = int(pipeliner.number)
    deadline = time.monotonic() + CLOSE_LIMIT_S
    while is_session_alive(number, pipeliner.birth) and time.monotonic() < deadline:
        time.sleep(0.05)
    if is_session_alive(number, pipeliner.birth):
        end_session(number)
    if process is not None:
        process.wait()
    wait_for_lock(project)
    relion.run(["--check_job_completion"], project)
