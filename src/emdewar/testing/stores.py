"""A store in memory, for tests and demonstrations, under the same rules as one on a disk."""

import threading
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from emdewar.errors import BUSY, NO_SPACE, OBJECT_EXISTS, IntegrityError, RefusedError, UnavailableError
from emdewar.stores.names import check_object_name
from emdewar.stores.store import MISSING, ON_DISK, READ_STEP, Availability, ReadFrom, StoredObject


class MemoryStore:
    """Objects in memory, under the same rules as on a disk."""

    def __init__(self, name: str = "memory", capacity: int | None = None) -> None:
        """Start empty, with room for `capacity` bytes (None: no limit)."""
        self.name = name
        self.contents: dict[str, bytes] = {}
        self.growing: set[str] = set()
        self._capacity = capacity
        self._made_at = datetime.now(UTC)
        self._lock = threading.Lock()

    def size_of(self, name: str) -> int | None:
        """Give the size of an object, or None."""
        check_object_name(name)
        return len(self.contents[name]) if name in self.contents else None

    def free_bytes(self) -> int | None:
        """Give what is left of the capacity."""
        return None if self._capacity is None else self._capacity - sum(map(len, self.contents.values()))

    def create(self, name: str, size: int) -> "MemoryWriter":
        """Start to write an object.

        Raises:
            RefusedError: It exists.
            UnavailableError: Somebody else is writing it, or the capacity is used up.
        """
        check_object_name(name)
        with self._lock:
            if name in self.contents:
                msg = f"{name} is on store {self.name} already and is never rewritten; verify it instead"
                raise RefusedError(msg, reason=OBJECT_EXISTS)
            self._check_not_growing(name)
            free = self.free_bytes()
            if free is not None and free < size:
                msg = f"store {self.name} has {free} bytes free and needs {size}; free space and try again"
                raise UnavailableError(msg, reason=NO_SPACE)
            self.growing.add(name)
        return MemoryWriter(self, name, size)

    def open(self, name: str) -> "MemoryReader":
        """Open an object.

        Raises:
            IntegrityError: There is none.
        """
        check_object_name(name)
        if name not in self.contents:
            raise self._missing(name)
        return MemoryReader(self.contents[name])

    def put_small(self, name: str, content: bytes) -> None:
        """Write or replace a small object."""
        check_object_name(name)
        self.contents[name] = content

    def read_small(self, name: str) -> bytes:
        """Read a small object.

        Raises:
            IntegrityError: There is none.
        """
        with self.open(name) as reader:
            return bytes(reader.read_at(0, reader.size))

    def remove(self, name: str) -> None:
        """Remove an object.

        Raises:
            IntegrityError: There is none.
            UnavailableError: Somebody is writing it.
        """
        check_object_name(name)
        with self._lock:
            self._check_not_growing(name)
            if self.contents.pop(name, None) is None:
                raise self._missing(name)

    def objects(self) -> Iterator[StoredObject]:
        """List the objects; their times are when this store was made."""
        for name, content in sorted(self.contents.items()):
            yield StoredObject(name, len(content), self._made_at)

    def discard_unfinished(self, *, older_than: timedelta) -> list[str]:  # noqa: ARG002 - nothing to be older
        """Nothing to do: memory dies with its writers."""
        return []

    def availability(self, names: Collection[str]) -> dict[str, Availability]:
        """Say which objects are there."""
        return {name: MISSING if self.size_of(name) is None else ON_DISK for name in names}

    def recall(self, names: Sequence[str], *, keep_for: timedelta) -> None:
        """Nothing to do: everything is online."""

    def release(self, names: Collection[str]) -> None:
        """Nothing to do: nothing was recalled."""

    def _missing(self, name: str) -> IntegrityError:
        msg = f"{name} is not on store {self.name}: it is lost or was never written; use another copy"
        return IntegrityError(msg, reason="objectMissing")

    def _check_not_growing(self, name: str) -> None:
        if name in self.growing:
            msg = f"{name} is being written by somebody else; try again when they are done"
            raise UnavailableError(msg, reason=BUSY)


class MemoryWriter:
    """An object of a `MemoryStore` that grows."""

    def __init__(self, store: MemoryStore, name: str, size: int) -> None:
        """Start with `size` unwritten bytes."""
        self._store = store
        self._name = name
        self._content = bytearray(size)
        self._missing = size
        self._lock = threading.Lock()

    def write_at(self, offset: int, data: bytes | memoryview) -> None:
        """Put bytes at a position."""
        with self._lock:
            self._content[offset : offset + len(data)] = data
            self._missing -= len(data)

    def commit(self) -> None:
        """Make the object visible.

        Raises:
            IntegrityError: Not all bytes were written.
        """
        if self._missing:
            msg = f"{self._name} lacks {self._missing} of its bytes, so it stays invisible; write it again"
            raise IntegrityError(msg)
        self._store.contents[self._name] = bytes(self._content)

    def __enter__(self) -> Self:
        """Start."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Discard what was not committed."""
        self._store.growing.discard(self._name)


class MemoryReader:
    """An object of a `MemoryStore`, or any bytes, opened for reading."""

    def __init__(self, content: bytes, read_from: ReadFrom = "memory") -> None:
        """Read from these bytes."""
        self.size = len(content)
        self.read_step = READ_STEP
        self.read_from: ReadFrom = read_from
        self._content = memoryview(content)

    def read_at(self, offset: int, size: int) -> memoryview:
        """Read at a position."""
        return self._content[offset : offset + size]

    def __enter__(self) -> Self:
        """Start."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to close."""
