"""A rate that several threads together do not exceed, so that checking archives leaves the stores to those who wait."""

import threading
import time


class Pace:
    """Holds its callers back to a rate; safe for several threads."""

    def __init__(self, bytes_per_s: int | None) -> None:
        """Set the rate; None holds nobody back."""
        self._bytes_per_s = bytes_per_s
        self._lock = threading.Lock()
        self._due_s = 0.0

    def keep(self, size: int) -> None:
        """Wait as long as these bytes may take; time that nobody used is not saved up."""
        if self._bytes_per_s is None:
            return
        with self._lock:
            self._due_s = max(self._due_s, time.monotonic()) + size / self._bytes_per_s
            due_s = self._due_s
        time.sleep(max(0.0, due_s - time.monotonic()))
