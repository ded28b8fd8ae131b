"""Let a few threads work through one list: the heavy calls (read, hash, write) all release the interpreter lock."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Generic, TypeVar

Item = TypeVar("Item")


class StoppedError(Exception):
    """Another thread failed, so this one stops too; never leaves `share_out`."""


class Queue(Generic[Item]):
    """Items that several threads draw from; it ends early once one of them has failed."""

    def __init__(self, items: Iterable[Item]) -> None:
        """Start with all items waiting."""
        self._items = iter(items)
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def __iter__(self) -> Iterator[Item]:
        """Draw items until none is left."""
        return self

    def __next__(self) -> Item:
        """Draw the next item."""
        with self._lock:
            if self._stopped.is_set():
                raise StopIteration
            return next(self._items)

    def stop(self) -> None:
        """Give out no more items and end those in hand at their next `check`."""
        self._stopped.set()

    def check(self) -> None:
        """End the work on a long item when the others have stopped.

        Raises:
            StoppedError: They have.
        """
        if self._stopped.is_set():
            raise StoppedError


def share_out(
    items: Iterable[Item],
    work: Callable[[Queue[Item]], None],
    *,
    workers: int,
    on_stop: Callable[[], None] | None = None,
) -> None:
    """Run `work` in several threads over one queue; the first error stops all and is raised here.

    An exception in the calling thread (a cancelled run) stops them too.

    Args:
        items: What to work on.
        work: Draws from the queue until it ends.
        workers: Threads.
        on_stop: Called when the work ends early: wakes threads that wait for something else than the queue.
    """
    queue = Queue(items)
    with ThreadPoolExecutor(workers, thread_name_prefix="datablock") as pool:
        try:
            running = [pool.submit(work, queue) for _ in range(workers)]
            for finished in as_completed(running):
                finished.result()
        except BaseException:
            if on_stop:
                on_stop()
            raise
        finally:
            queue.stop()
