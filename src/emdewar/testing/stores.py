"""A store in memory, for tests and demonstrations, under the same rules as one on a disk."""

import threading
from types import TracebackType
from typing import Self

from emdewar.errors import BUSY, NO_SPACE, OBJECT_EXISTS, IntegrityError, RefusedError, UnavailableError
from emdewar.stores.names import check_object_name
from emdewar.stores.store import ReadFrom


class MemoryStore:
    """Objects in memory, under the same rules as on a disk."""

    def __init__(self, name: str = "memory", capacity: int | None = None) -> None:
        """Start empty, with room for `capacity` bytes (None: no limit)."""
        self.name = name
        self.objects: dict[str, bytes] = {}
        self.growing: set[str] = set()
        self._capacity = capacity
        self._lock = threading.Lock()

    def size_of(self, name: str) -> int | None:
        """Give the size of an object, or None."""
        check_object_name(name)
        return len(self.objects[name]) if name in self.objects else None

    def free_bytes(self) -> int | None:
        """Give what is left of the capacity."""
        return None if self._capacity is None else self._capacity - sum(map(len, self.objects.values()))

    def create(self, name: str, size: int) -> "MemoryWriter":
        """Start to write an object.

        Raises:
            RefusedError: It exists.
            UnavailableError: Somebody else is writing it, or the capacity is used up.
        """
        check_object_name(name)
        with self._lock:
            if name in self.objects:
                msg = f"{name} is on store {self.name} already and is never rewritten; verify it instead"
                raise RefusedError(msg, reason=OBJECT_EXISTS)
            if name in self.growing:
                msg = f"{name} is being written by somebody else; try again when they are done"
                raise UnavailableError(msg, reason=BUSY)
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
        if name not in self.objects:
            msg = f"{name} is not on store {self.name}: it is lost or was never written; use another copy"
            raise IntegrityError(msg, reason="objectMissing")
        return MemoryReader(self.objects[name])

    def put_small(self, name: str, content: bytes) -> None:
        """Write or replace a small object."""
        check_object_name(name)
        self.objects[name] = content


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
        self._store.objects[self._name] = bytes(self._content)

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
