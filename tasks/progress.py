"""Progress that a person sees in the Prefect UI: one artifact a task, updated at most once a second.

Progress is for looking at. A Prefect server that cannot be reached for a while costs some updates, never the work.
"""

import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from uuid import UUID

import httpx
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.exceptions import PrefectException
from prefect.logging import get_logger

UPDATE_EVERY_S = 1.0
"""An update costs the server 20 ms; more than one a second helps nobody."""


class Progress:
    """Counts bytes or files of one task towards a known sum; safe to call from several threads."""

    def __init__(self, total: int, description: str) -> None:
        """Create the artifact at zero.

        Args:
            total: The sum to be reached; zero counts as done.
            description: What is being done, for the reader of the UI.
        """
        self._total = max(total, 1)
        self._done = 0
        self._lock = threading.Lock()
        self._updated_s = time.monotonic()
        # A thread of a pool knows neither the run nor the settings of its task; it borrows the task's context.
        self._context = copy_context()
        self._artifact = _tried(lambda: create_progress_artifact(progress=0.0, description=description))

    def add(self, amount: int) -> None:
        """Count what was done, and tell the UI if the last word is a second old."""
        with self._lock:
            self._done += amount
            now_s = time.monotonic()
            if now_s - self._updated_s < UPDATE_EVERY_S:
                return
            self._updated_s = now_s
        self._tell()

    def finish(self) -> None:
        """Say 100 %."""
        self._done = self._total
        self._tell()

    def _tell(self) -> None:
        artifact = self._artifact
        if not isinstance(artifact, UUID):
            return
        percent = min(100.0, 100.0 * self._done / self._total)
        self._context.copy().run(_tried, lambda: update_progress_artifact(artifact, progress=percent))


def show_progress(key: str, done: int, total: int, description: str) -> None:
    """Show how far something is that no run works on: the newest artifact of a key is what people see.

    Args:
        key: Name of the artifact: lower case, digits and dashes.
        done: How much is done.
        total: How much there is; zero counts as done.
        description: What is waited for, for the reader of the UI.
    """
    percent = min(100.0, 100.0 * done / total) if total else 100.0
    _tried(lambda: create_progress_artifact(progress=percent, key=key, description=description))


def _tried(call: Callable[[], object]) -> object:
    try:
        return call()
    except (PrefectException, httpx.HTTPError) as error:
        get_logger(__name__).warning("progress is not shown: %s", error)
        return None
