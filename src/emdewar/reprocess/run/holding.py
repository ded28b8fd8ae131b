"""One runner for each project."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from emdewar.errors import BUSY, UnavailableError
from emdewar.reprocess.run.memory import FOLDER
from emdewar.stores.state_file import lock_file
from emdewar.stores.system_errors import outside

_LOCK: Final = "run.lock"
_HOLDER: Final = "run.holder"


@contextmanager
def hold_project(project: Path) -> Iterator[None]:
    """Hold a project alone; the hold of a process that died is free at once.

    RELION's own `.relion_lock` is another matter, which is never touched.

    Raises:
        UnavailableError: Somebody else holds it.
    """
    folder = project / FOLDER
    with lock_file(folder, _LOCK) as is_held:
        if not is_held:
            msg = f"{project} is being run by {_holder(folder)}; wait for it, or end it, then run again"
            raise UnavailableError(msg, reason=BUSY)
        with outside(f"write {folder / _HOLDER}"):
            (folder / _HOLDER).write_text(_ourselves(), encoding="utf-8")
        yield


def _ourselves() -> str:
    return f"process {os.getpid()} on {os.uname().nodename} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _holder(folder: Path) -> str:
    try:
        return (folder / _HOLDER).read_text(encoding="utf-8") or "somebody else"
    except (OSError, UnicodeDecodeError):
        return "somebody else"
