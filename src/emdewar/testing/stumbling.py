"""A store whose reads go wrong now and then, as those of real media, networks and tape systems do."""

import threading
from collections.abc import Callable, Collection
from typing import TypeAlias

from emdewar.errors import UnavailableError
from emdewar.stores.store import Availability, Locality
from emdewar.stores.system_errors import READ_ERROR
from emdewar.testing.stores import MemoryReader, MemoryStore

OnRead: TypeAlias = Callable[[int, int, int], int]
"""Told the number of a read (from 1), its position and size; gives how many bytes come, or raises."""


class StumblingStore(MemoryStore):
    """A store in memory whose reads are up to a test.

    Attributes:
        locality: Where it says that its objects are.
        largest_read: The most bytes that were asked for at once.
    """

    def __init__(self, contents: dict[str, bytes], on_read: OnRead, name: str = "stumbling") -> None:
        """Hold some objects."""
        super().__init__(name)
        self.contents |= contents
        self.locality = Locality.ONLINE
        self.largest_read = 0
        self._on_read = on_read
        self._reads = 0
        self._counting = threading.Lock()

    def open(self, name: str) -> "StumblingReader":
        """Open an object."""
        with super().open(name):
            return StumblingReader(self.contents[name], self.admit)

    def availability(self, names: Collection[str]) -> dict[str, Availability]:
        """Say what the test wants to be said."""
        return {name: Availability(self.locality, is_durable=True) for name in names}

    def admit(self, offset: int, size: int) -> int:
        """Count a read and tell how much of it comes."""
        with self._counting:
            self._reads += 1
            number = self._reads
            self.largest_read = max(self.largest_read, size)
        return self._on_read(number, offset, size)


class StumblingReader(MemoryReader):
    """Reads from such a store."""

    def __init__(self, content: bytes, admit: Callable[[int, int], int]) -> None:
        """Read from these bytes."""
        super().__init__(content)
        self._admit = admit

    def read_at(self, offset: int, size: int) -> memoryview:
        """Read as much as is admitted."""
        return super().read_at(offset, self._admit(offset, size))


def bad_at(*places: int) -> OnRead:
    """Make reads fail that touch one of these bytes, as on a disk with bad sectors."""

    def on_read(_number: int, offset: int, size: int) -> int:
        if any(offset <= place < offset + size for place in places):
            raise read_error()
        return size

    return on_read


def away_during(first: int, last: int) -> OnRead:
    """Make some reads fail, by number, as when a service is busy."""

    def on_read(number: int, _offset: int, size: int) -> int:
        if first <= number <= last:
            raise UnavailableError("slow down; try again later")
        return size

    return on_read


def read_error() -> UnavailableError:
    """Give the error of a medium that cannot read a place."""
    return UnavailableError("input/output error", reason=READ_ERROR)
