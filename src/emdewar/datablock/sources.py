"""Several copies of one datablock, good or damaged, read as if they were one: what one lacks another may have."""

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from types import TracebackType
from typing import Final, Self

from emdewar.datablock.runs import Run
from emdewar.datablock.second_look import SecondLook, check_online
from emdewar.datablock.written import index_name
from emdewar.errors import IntegrityError, RefusedError, UnavailableError
from emdewar.records import DataFile
from emdewar.stores.store import READ_STEP, Store

_LARGEST_INDEX: Final = 256 << 20
"""No index of as many files as a datablock may hold is larger."""


class Sources:
    """Copies that are open for reading, in order of preference; a context manager, safe for several threads.

    A copy that cannot be opened is passed over, and what cannot be read is read from the next copy. Whether that was
    damage or a store that is away, if only for a moment, `check_reachable` tells.
    """

    def __init__(self, copies: Sequence[tuple[Store, str]]) -> None:
        """Open the copies, each given by its store and the object's name there."""
        self._lock = threading.Lock()
        self._closing = ExitStack()
        self._readers: list[SecondLook] = []
        self._opened: list[tuple[Store, str]] = []
        self._stores = [store for store, _ in copies]
        self._away: UnavailableError | None = None
        for store, name in copies:
            self._open(store, name)

    def _open(self, store: Store, name: str) -> None:
        try:
            reader = self._closing.enter_context(store.open(name))
        except UnavailableError as error:
            self._note_away(error)
        except IntegrityError:
            return  # it is lost
        else:
            self._readers.append(SecondLook(reader, partial(check_online, store, name)))
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
        return self._read(number, at, size) or memoryview(b"")

    def _read(self, number: int, at: int, size: int) -> memoryview | None:
        """Read from one copy; None where a part of the range is damaged, nothing where the store is away."""
        try:
            return self._readers[number].read_at(at, size)
        except UnavailableError as error:
            self._note_away(error)
            return memoryview(b"")
        except IntegrityError:
            return None

    def _note_away(self, error: UnavailableError) -> None:
        with self._lock:
            self._away = self._away or error

    def contents(self, run: Run) -> Iterator[tuple[DataFile, bytes | None]]:
        """Give the right content of each file of a run from the first copy that has it; None where no copy has."""
        waiting = list(run.files)
        for number in range(len(self)):
            if not waiting:
                return
            content = self._read(number, run.start, run.size)
            tried, waiting = waiting, []
            for file in tried:
                start = (file.offset or 0) - run.start
                if content is None:  # what is read together fails together
                    piece = bytes(self.read(number, file.offset or 0, file.size))
                else:
                    piece = bytes(content[start : start + file.size])
                if hashlib.sha256(piece).hexdigest() == file.chk:
                    yield file, piece
                else:
                    waiting.append(file)
        for file in waiting:
            yield file, None

    def stream(self, number: int, file: DataFile) -> Iterator[memoryview]:
        """Read a file from one copy in steps, each good until the next; ends early where the copy does."""
        yield from self._stretch(number, file.offset or 0, file.size)

    def digest(self, number: int, at: int, size: int) -> str:
        """Hash a stretch of one copy, in steps, as far as it can be read."""
        digest = hashlib.sha256()
        for piece in self._stretch(number, at, size):
            digest.update(piece)
        return digest.hexdigest()

    def _stretch(self, number: int, at: int, size: int) -> Iterator[memoryview]:
        step = self._readers[number].read_step if number < len(self) else 0
        done = 0
        while step and done < size:
            piece = self.read(number, at + done, min(step, size - done))
            if not piece:
                return
            yield piece
            done += len(piece)

    def indexes(self, archive_id: str) -> Iterator[bytes]:
        """Give what can be read of the indexes beside the copies, also beside lost ones."""
        name = index_name(archive_id)
        for store in self._stores:
            with suppress(IntegrityError, RefusedError):
                try:
                    if (store.size_of(name) or _LARGEST_INDEX) < _LARGEST_INDEX:
                        yield store.read_small(name)
                except UnavailableError as error:
                    self._note_away(error)

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
        """Make sure that what was not found is lost: no copy was out of reach, if only for one read.

        Raises:
            UnavailableError: A copy could not be opened or read, or went offline.
        """
        if self._away:
            raise self._away
        for store, name in self._opened:
            check_online(store, name)

    def __enter__(self) -> Self:
        """Start."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the copies."""
        self._closing.__exit__(kind, error, trace)
