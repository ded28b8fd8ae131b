"""Let several threads go through the pieces of one file: reading, hashing and writing overlap, each in order."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from emdewar.datablock.threads import StoppedError


class Turns:
    """One step of the work, done for piece after piece, whichever thread has the piece."""

    def __init__(self) -> None:
        """Start with piece 0."""
        self._next = 0
        self._is_stopped = False
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, number: int) -> Iterator[None]:
        """Wait until this step is done for all pieces before, and let the next one go on afterwards.

        Raises:
            StoppedError: Another thread failed.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._is_stopped or self._next == number)
            if self._is_stopped:
                raise StoppedError
        yield
        with self._changed:
            self._next += 1
            self._changed.notify_all()

    def stop(self) -> None:
        """Wake all threads that wait: there is nothing to wait for any more."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()
