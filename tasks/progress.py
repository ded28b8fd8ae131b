"""Progress that a person sees in the Prefect UI: one artifact a stage, updated at most once a second."""

import threading
import time

from prefect.artifacts import create_progress_artifact, update_progress_artifact

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
        self._artifact = create_progress_artifact(progress=0.0, description=description)

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
        update_progress_artifact(self._artifact, progress=min(100.0, 100.0 * self._done / self._total))  # type: ignore[arg-type]
