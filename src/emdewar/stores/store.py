"""What every store can do: hold named, immutable objects that are written by position and read back from the medium.

A driver makes an object visible only when it is whole and durable. Reading for verification goes past the page cache:
a copy that was only ever seen in memory proves nothing about the disk. Some stores need minutes to hours before an
object can be read; they say so, and never make a caller wait.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import TracebackType
from typing import Final, Literal, Protocol, Self

ReadFrom = Literal["device", "cache-dropped", "object-store", "disk-buffer", "tape", "memory"]
"""How a read reached the bytes.

Past the page cache, or with the cache dropped first; over the network from the service; from the disk in front of a
tape, or after a recall from the tape itself; or from a fake in memory.
"""


class Locality(StrEnum):
    """Where an object is now."""

    ONLINE = "online"
    RECALLING = "recalling"
    OFFLINE = "offline"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether an object can be read now, and whether it is safe.

    Attributes:
        locality: Where it is now.
        is_durable: Whether the medium of record has it: on tape, what the tape system says; on a disk or in an object
            store, true once committed.
        online_until: When a recalled copy may go again.
        expected_at: When the store expects to have it online, where it can tell.
    """

    locality: Locality
    is_durable: bool
    online_until: datetime | None = None
    expected_at: datetime | None = None


MISSING = Availability(Locality.MISSING, is_durable=False)
"""What is said of an object that is not there."""

ON_DISK = Availability(Locality.ONLINE, is_durable=True)
"""What is said of a committed object on a store that is always online."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One line of a store's list."""

    name: str
    size: int
    modified: datetime


READ_STEP: Final = 1 << 20
"""How much to read at once where the store does not ask for more."""


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
    """An object opened for reading by position; a context manager, safe for several threads.

    Attributes:
        size: Its size in bytes.
        read_from: How a read reaches the bytes.
        read_step: How much to read at once: over a network, each read is a request.
    """

    size: int
    read_from: ReadFrom
    read_step: int

    def read_at(self, offset: int, size: int) -> memoryview:
        """Read up to `size` bytes at `offset`; shorter only at the object's end.

        The bytes are good until the same thread reads again: a driver fills one buffer per thread over and over, as
        fresh memory for each read costs more than the reading.

        Raises:
            UnavailableError: The store cannot be read now; reason `readError` where the medium cannot give just these
                bytes, so that others may be read.
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

        Never waits for a tape: an object that is not online must be recalled first.

        Raises:
            IntegrityError: There is no object of that name.
            UnavailableError: The object is not online (reason `offline`), or the store cannot be reached.
        """

    def put_small(self, name: str, content: bytes) -> None:
        """Write or replace a small companion object (an index) durably, in one step."""

    def read_small(self, name: str) -> bytes:
        """Read a companion object whole.

        Raises:
            IntegrityError: There is none.
            UnavailableError: It is not online (reason `offline`), or the store cannot be reached.
        """

    def remove(self, name: str) -> None:
        """Remove an object, for damaged ones that were replaced.

        Raises:
            IntegrityError: There is no object of that name (reason `objectMissing`).
            UnavailableError: The store cannot be reached, or somebody is writing it.
        """

    def objects(self) -> Iterator[StoredObject]:
        """List the visible objects in the order of their names, companions included.

        Raises:
            UnavailableError: The store cannot be reached.
        """

    def discard_unfinished(self, *, older_than: timedelta) -> list[str]:
        """Discard what dead writers left, never what a living one writes; gives the names they were writing.

        Raises:
            UnavailableError: The store cannot be reached.
        """

    def availability(self, names: Collection[str]) -> dict[str, Availability]:
        """Say of each object asked for whether it can be read now; every name is in the answer.

        Raises:
            UnavailableError: The store cannot tell now.
        """

    def recall(self, names: Sequence[str], *, keep_for: timedelta) -> None:
        """Ask to have objects online, in one batch that the store orders; returns at once.

        Asking twice is asking once. What is missing or online already is passed over.

        Args:
            names: The objects.
            keep_for: How long a recalled copy is to stay online.

        Raises:
            UnavailableError: The store cannot be asked now.
        """

    def release(self, names: Collection[str]) -> None:
        """Say that recalled copies are no longer needed, or recalls no longer wanted.

        Raises:
            UnavailableError: The store cannot be told now.
        """
