"""What every store can do: hold named, immutable objects that are written by position and read back from the medium.

A driver makes an object visible only when it is whole and durable. Reading for verification goes past the page cache:
a copy that was only ever seen in memory proves nothing about the disk.
"""

from types import TracebackType
from typing import Literal, Protocol, Self

ReadFrom = Literal["device", "cache-dropped", "memory"]
"""How a read reached the bytes: past the page cache, with the cache dropped first, or from a fake in memory."""


class ObjectWriter(Protocol):
    """An object that is being written; a context manager.

    Leaving the context without `commit` leaves no visible object: what was written is discarded.
    """

    def write_at(self, offset: int, data: bytes | memoryview) -> None:
        """Put bytes at a position; safe to call from several threads for different positions.

        Raises:
            UnavailableError: The store is full (reason `noSpace`) or cannot be reached.
        """

    def commit(self) -> None:
        """Make the object durable, then visible under its name.

        Raises:
            UnavailableError: The store could not make it durable.
            IntegrityError: Not all of the announced bytes were written.
        """

    def __enter__(self) -> Self:
        """Start."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Discard what was not committed."""


class ObjectReader(Protocol):
    """An object opened for reading by position; a context manager, safe for several threads."""

    size: int
    read_from: ReadFrom

    def read_at(self, offset: int, size: int) -> memoryview:
        """Read up to `size` bytes at `offset`; shorter only at the object's end.

        The bytes are good until the same thread reads again: a driver fills one buffer per thread over and over, as
        fresh memory for each read costs more than the reading.

        Raises:
            UnavailableError: The store cannot be read now.
        """

    def __enter__(self) -> Self:
        """Start."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""


class Store(Protocol):
    """A place for datablocks."""

    name: str

    def size_of(self, name: str) -> int | None:
        """Give the size of an object in bytes, or None where there is none."""

    def free_bytes(self) -> int | None:
        """Give the free space in bytes, or None where the store cannot know."""

    def create(self, name: str, size: int) -> ObjectWriter:
        """Start to write an object of a known size; only one writer per name at a time.

        Raises:
            RefusedError: An object of that name is there already; objects are written once.
            UnavailableError: Somebody else is writing it, or there is no space for `size` bytes (reason `noSpace`).
        """

    def open(self, name: str) -> ObjectReader:
        """Open an object to read it back from the medium.

        Raises:
            IntegrityError: There is no object of that name.
            UnavailableError: The store cannot be reached.
        """

    def put_small(self, name: str, content: bytes) -> None:
        """Write or replace a small companion object (an index) durably, in one step."""
