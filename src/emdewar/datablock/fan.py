"""Hand each piece of a datablock to several stores at once; each has its own threads, its own queue, its own fate.

A piece's memory is free again when every store has written it. No store gets far ahead of the slowest: whoever fills
the pieces waits while one of them has `MOST_AHEAD` to write. A store that fails is left behind, whatever it raises; the
others go on. Only what is no `Exception`, such as a cancellation, ends the work on all of them.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Final, Self

from emdewar.datablock.threads import StoppedError
from emdewar.errors import DewarError, UnavailableError
from emdewar.stores.store import ObjectWriter, Store

THREADS_PER_STORE: Final = 4
"""A store at the other end of a network needs several pieces on their way at once."""

MOST_AHEAD: Final = 6
"""Pieces that wait for a store, or are being written to it, before whoever brings more is held back."""

_MOST_SAID: Final = 300


class NoStoreLeftError(Exception):
    """Every store has failed; for who fills the pieces, who then looks into `Fan.failed`."""


@dataclass(slots=True)
class _Piece:
    at: int
    view: memoryview
    give_back: Callable[[], None]
    stores_left: int


@dataclass(slots=True, eq=False)
class _Branch:
    """The way to one store."""

    store: Store
    writer: ObjectWriter
    waiting: deque[_Piece] = field(default_factory=deque)
    in_hand: int = 0

    @property
    def ahead(self) -> int:
        return len(self.waiting) + self.in_hand


class Fan:
    """Writes one object to several stores; a context manager that leaves no store with half of it.

    Attributes:
        failed: The stores that were left behind, with their errors.
    """

    def __init__(self, stores: Iterable[Store], name: str, size: int) -> None:
        """Start the object on every store that is ready for it."""
        self.failed: dict[str, DewarError] = {}
        self._changed = threading.Condition()
        self._branches: list[_Branch] = []
        self._end: BaseException | None = None
        self._is_complete = False
        self._start(stores, name, size)

    def _start(self, stores: Iterable[Store], name: str, size: int) -> None:
        try:
            for store in stores:
                try:
                    self._branches.append(_Branch(store, store.create(name, size).__enter__()))
                except Exception as error:  # noqa: BLE001 - it must not cost the others their copy
                    self.failed[store.name] = failure_of(store, error)
        except BaseException as error:
            self._leave(error)
            raise

    @property
    def stores(self) -> list[Store]:
        """The stores that have not failed."""
        return [branch.store for branch in self._live()]

    def _live(self) -> list[_Branch]:
        return [branch for branch in self._branches if branch.store.name not in self.failed]

    def hand_on(self, at: int, view: memoryview, give_back: Callable[[], None]) -> None:
        """Hand a piece to every store; waits while one of them is too far behind.

        Args:
            at: Its position in the object.
            view: Its bytes.
            give_back: Called, from some thread, when no store needs the bytes any more.

        Raises:
            NoStoreLeftError: All have failed.
            StoppedError: The work was stopped.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._end or all(branch.ahead < MOST_AHEAD for branch in self._live()))
            self._check()
            branches = self._live()
            piece = _Piece(at, view, give_back, len(branches))
            for branch in branches:
                branch.waiting.append(piece)
            self._changed.notify_all()

    def stop(self) -> None:
        """Write no more; who waits here is woken with `StoppedError`."""
        self._stop(StoppedError())

    def _stop(self, why: BaseException) -> None:
        with self._changed:
            self._end = self._end or why
            self._changed.notify_all()

    def _check(self) -> None:
        if self._end:
            raise self._end
        if not self._live():
            raise NoStoreLeftError

    def finish(self) -> None:
        """Wait until every store has all pieces, then make the object visible on each.

        Raises:
            NoStoreLeftError: All have failed.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._end or not any(branch.ahead for branch in self._live()))
            self._check()
        live = self._live()
        with ThreadPoolExecutor(len(live), thread_name_prefix="commit") as pool:
            for done in [pool.submit(self._on_store, branch, branch.writer.commit) for branch in live]:
                done.result()
        self._check()

    def _on_store(self, branch: _Branch, action: Callable[[], None]) -> None:
        """Do something on a store; if it fails, the store is left behind."""
        try:
            action()
        except Exception as error:  # noqa: BLE001 - it must not cost the others their copy
            with self._changed:
                self.failed.setdefault(branch.store.name, failure_of(branch.store, error))

    def _write(self, branch: _Branch) -> None:
        """Write pieces to one store until there are no more; runs in the store's threads."""
        try:
            while piece := self._draw(branch):
                if branch.store.name not in self.failed:
                    self._on_store(branch, partial(branch.writer.write_at, piece.at, piece.view))
                self._put_down(branch, piece)
        except BaseException as error:
            self._stop(error)
            raise

    def _draw(self, branch: _Branch) -> _Piece | None:
        with self._changed:
            self._changed.wait_for(lambda: self._end or self._is_complete or branch.waiting)
            if self._end or not branch.waiting:
                return None
            branch.in_hand += 1
            return branch.waiting.popleft()

    def _put_down(self, branch: _Branch, piece: _Piece) -> None:
        with self._changed:
            branch.in_hand -= 1
            piece.stores_left -= 1
            if not piece.stores_left:
                piece.give_back()
            self._changed.notify_all()

    def __enter__(self) -> Self:
        """Start the threads."""
        self._pool = ThreadPoolExecutor(
            max(1, THREADS_PER_STORE * len(self._branches)), thread_name_prefix="store-writer"
        )
        for branch in self._branches:
            for _ in range(THREADS_PER_STORE):
                self._pool.submit(self._write, branch)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the threads, and discard what was not completed."""
        if error:
            self._stop(error)
        with self._changed:
            self._is_complete = True
            self._changed.notify_all()
        self._pool.shutdown()
        self._leave(error)

    def _leave(self, error: BaseException | None) -> None:
        for branch in self._branches:
            # What a store cannot tidy now its next writer takes over; it must not cost the others their copy.
            with suppress(Exception):
                branch.writer.__exit__(type(error) if error else None, error, None)


def failure_of(store: Store, error: Exception) -> DewarError:
    """Give what a store raised as an error of ours, with what it was as its cause."""
    if isinstance(error, DewarError):
        return error
    said = " ".join(str(error).split())[:_MOST_SAID]
    msg = f"store {store.name} failed with {type(error).__name__}: {said}; look into its driver and its service"
    failure = UnavailableError(msg)
    failure.__cause__ = error
    return failure
