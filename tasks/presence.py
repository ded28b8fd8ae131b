"""Say from time to time that a run is at work: a run that says nothing any more is followed by another one.

Prefect calls a run "Running" for ever when its worker died with it; only the run itself knows that it lives.
"""

import threading
import time
from datetime import UTC, datetime
from typing import Final

from prefect.logging import get_logger

from emdewar.catalog import Catalog
from emdewar.errors import DewarError
from emdewar.records import iso_milliseconds
from tasks.ordering import WAITING

SAID_EVERY_S: Final = 60.0
"""Much less than the time after which a silent run is taken for dead."""


class Presence:
    """Says of one dataset of a job that it is being worked on; safe to call from several threads."""

    def __init__(self, catalog: Catalog, job: str, pid: str) -> None:
        """Say it once."""
        self._catalog, self._job, self._pid = catalog, job, pid
        self._lock = threading.Lock()
        self._said_s = -SAID_EVERY_S
        self.show()

    def show(self) -> None:
        """Say it again if the last word is a minute old; a catalog that is away is told the next time."""
        with self._lock:
            if time.monotonic() - self._said_s < SAID_EVERY_S:
                return
            self._said_s = time.monotonic()
            seen = {WAITING: {"seen": iso_milliseconds(datetime.now(UTC))}}
            try:
                self._catalog.report_job(self._job, "Bringing files back.", seen, pid=self._pid)
            except DewarError as error:
                get_logger(__name__).warning("job %s is not told that its run is at work: %s", self._job, error)
