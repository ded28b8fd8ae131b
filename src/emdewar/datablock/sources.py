"""Several copies of one datablock, good or damaged, read as if they were one: what one lacks another may have."""

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from emdewar.datablock.runs import Run
from emdewar.errors import IntegrityError, UnavailableError
from emdewar.records import DataFile
from emdewar.stores.store import READ_STEP, ObjectReader, Store


class Sources:
    """Copies that are open for reading, in order of preference; a context manager, safe for several threads.

    A copy that cannot be opened is passed over, and what cannot be read is read from the next copy. `check_reachable`
    tells damage from a store that is away.
    """

    def __init__(self, copies: Sequence[tuple[Store, str]]) -> None:
        """Open the copies, each given by its store and the object's name there."""
        self._lock = threading.Lock()
        self._closing = ExitStack()
        self._readers: list[ObjectReader] = []
        self._unread: dict[tuple[str, str], tuple[Store, UnavailableError]] = {}
        self._opened: list[tuple[Store, str]] = []
        self._away: list[UnavailableError] = []
        for store, name in copies:
            self._open(store, name)

    def _open(self, store: Store, name: str) -> None:
        try:
            reader = self._closing.enter_context(store.open(name))
        except UnavailableError as error:
            self._away.append(error)
        except IntegrityError:
            return  # it is lost
        else:
            self._readers.append(reader)
            self._opened.append((store, name))

    def __len__(self) -> int:
        """Tell how many copies are open."""
        return len(self._readers)

    @property
    def read_step(self) -> int:
        """How much to read at once."""
        return max((reader.read_step for reader in self._readers), default=READ_STEP)

    def read(self, number: int, at: int, size: int) -> memoryview:
        """Read from one copy; shorter, down to nothing, where it ends or its medium cannot be read."""
        try:
            return self._readers[number].read_at(at, size)
        except UnavailableError as error:
            store, name = self._opened[number]
            with self._lock:
                self._unread[store.name, name] = store, error
            return memoryview(b"")
        except IntegrityError:
            return memoryview(b"")

    def contents(self, run: Run) -> Iterator[tuple[DataFile, bytes | None]]:
        """Give the right content of each file of a run from the first copy that has it; None where no copy has."""
        waiting = list(run.files)
        for number in range(len(self)):
            if not waiting:
                return
            content = self.read(number, run.start, run.size)
            tried, waiting = waiting, []
            for file in tried:
                start = (file.offset or 0) - run.start
                piece = bytes(content[start : start + file.size])
                if hashlib.sha256(piece).hexdigest() == file.chk:
                    yield file, piece
                else:
                    waiting.append(file)
        for file in waiting:
            yield file, None

    def stream(self, number: int, file: DataFile) -> Iterator[memoryview]:
        """Read a file from one copy in steps, each good until the next; ends early where the copy does."""
        step = self._readers[number].read_step if number < len(self) else 0
        done = 0
        while step and done < file.size:
            piece = self.read(number, (file.offset or 0) + done, min(step, file.size - done))
            if not piece:
                return
            yield piece
            done += len(piece)

    def find(self, file: DataFile, check: Callable[[], None]) -> int | None:
        """Tell which copy is the first to have a file's right content; None where none has."""
        for number in range(len(self)):
            digest = hashlib.sha256()
            for piece in self.stream(number, file):
                check()
                digest.update(piece)
            if digest.hexdigest() == file.chk:
                return number
        return None

    def check_reachable(self) -> None:
        """Make sure that what was not found is lost: no copy is merely out of reach.

        Raises:
            UnavailableError: A copy could not be opened, or its store has gone since.
        """
        if self._away:
            raise self._away[0]
        for (_, name), (store, error) in self._unread.items():
            try:
                store.size_of(name)
            except UnavailableError:
                raise error from None

    def __enter__(self) -> Self:
        """Start."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the copies."""
        self._closing.__exit__(kind, error, trace)
