"""A store that fails on demand, in the ways real ones do."""

import threading
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from types import TracebackType
from typing import Self

from emdewar.errors import NO_SPACE, OFFLINE, IntegrityError, UnavailableError
from emdewar.stores.store import (
    MISSING,
    Availability,
    Locality,
    ObjectReader,
    ObjectWriter,
    ReadFrom,
    Store,
    StoredObject,
)
from emdewar.stores.system_errors import READ_ERROR


class KilledError(BaseException):
    """The process ended here; a `BaseException`, so that nothing takes it for an error it can handle."""


@dataclass(frozen=True)
class Faults:
    """What goes wrong; by default nothing does.

    Attributes:
        full_after: Bytes after which the disk of an object is full.
        killed_after: Bytes after which the writing process ends.
        drops_writes: Whether an object that was committed without complaint is never there.
        unreadable_byte: Position of a byte that the medium cannot give.
        flipped_bit: Position of a bit that reads back wrong, counted over the object.
        truncated_to: Bytes that are left of an object when it is read.
        is_lost: Whether every object is gone.
        is_offline: Whether every object is on tape only, and no recall ever ends.
        is_not_durable: Whether the tape system never gets an object onto tape.
        is_denied: Whether everything is refused for want of permission.
        delay_s: How long each read and write takes, in seconds.
    """

    full_after: int | None = None
    killed_after: int | None = None
    drops_writes: bool = False
    unreadable_byte: int | None = None
    flipped_bit: int | None = None
    truncated_to: int | None = None
    is_lost: bool = False
    is_offline: bool = False
    is_not_durable: bool = False
    is_denied: bool = False
    delay_s: float = 0.0


class FaultyStore:
    """Another store, with faults."""

    def __init__(self, inner: Store, faults: Faults) -> None:
        """Wrap a store."""
        self.name = inner.name
        self._inner = inner
        self._faults = faults

    def size_of(self, name: str) -> int | None:
        """Ask the inner store."""
        self._admit("look for", name)
        size = None if self._faults.is_lost else self._inner.size_of(name)
        cut = self._faults.truncated_to
        return size if size is None or cut is None else min(size, cut)

    def free_bytes(self) -> int | None:
        """Ask the inner store."""
        return self._inner.free_bytes()

    def create(self, name: str, size: int) -> "FaultyWriter":
        """Start to write an object.

        Raises:
            UnavailableError: Permission is denied; or as the inner store says.
        """
        self._admit("write", name)
        return FaultyWriter(self._inner.create(name, size), self._faults)

    def open(self, name: str) -> "FaultyReader":
        """Open an object.

        Raises:
            UnavailableError: Permission is denied, or it is offline; or as the inner store says.
            IntegrityError: It is lost.
        """
        self._admit("read", name)
        if self._faults.is_lost:
            raise IntegrityError(f"{name} is not on store {self.name}: it is lost", reason="objectMissing")
        if self._faults.is_offline and self._inner.size_of(name) is not None:
            raise UnavailableError(f"{name} is on tape only; recall it first", reason=OFFLINE)
        return FaultyReader(self._inner.open(name), self._faults)

    def put_small(self, name: str, content: bytes) -> None:
        """Write a small object.

        Raises:
            UnavailableError: Permission is denied; or as the inner store says.
        """
        self._admit("write", name)
        self._inner.put_small(name, content)

    def read_small(self, name: str) -> bytes:
        """Read a small object, with the faults of the medium."""
        with self.open(name) as reader:
            return bytes(reader.read_at(0, reader.size))

    def remove(self, name: str) -> None:
        """Remove an object.

        Raises:
            UnavailableError: Permission is denied; or as the inner store says.
        """
        self._admit("remove", name)
        self._inner.remove(name)

    def objects(self) -> Iterator[StoredObject]:
        """List the objects, with the sizes that they seem to have.

        Raises:
            UnavailableError: Permission is denied; or as the inner store says.
        """
        self._admit("list", "the objects")
        cut = self._faults.truncated_to
        for found in () if self._faults.is_lost else self._inner.objects():
            yield found if cut is None else replace(found, size=min(found.size, cut))

    def discard_unfinished(self, *, older_than: timedelta) -> list[str]:
        """Ask the inner store.

        Raises:
            UnavailableError: Permission is denied; or as the inner store says.
        """
        self._admit("discard", "what dead writers left")
        return self._inner.discard_unfinished(older_than=older_than)

    def availability(self, names: Collection[str]) -> dict[str, Availability]:
        """Ask the inner store, and make it worse.

        Raises:
            UnavailableError: Permission is denied; or as the inner store says.
        """
        self._admit("look for", "objects")
        return {name: self._worse(found) for name, found in self._inner.availability(names).items()}

    def recall(self, names: Sequence[str], *, keep_for: timedelta) -> None:
        """Ask the inner store.

        Raises:
            UnavailableError: Permission is denied; or as the inner store says.
        """
        self._admit("recall", "objects")
        self._inner.recall(names, keep_for=keep_for)

    def release(self, names: Collection[str]) -> None:
        """Tell the inner store.

        Raises:
            UnavailableError: Permission is denied; or as the inner store says.
        """
        self._admit("release", "objects")
        self._inner.release(names)

    def _worse(self, found: Availability) -> Availability:
        if self._faults.is_lost or found.locality is Locality.MISSING:
            return MISSING
        locality = Locality.OFFLINE if self._faults.is_offline else found.locality
        return replace(found, locality=locality, is_durable=found.is_durable and not self._faults.is_not_durable)

    def _admit(self, action: str, name: str) -> None:
        if self._faults.is_denied:
            msg = f"cannot {action} {name} on store {self.name}: permission denied; ask for access, then try again"
            raise UnavailableError(msg)


class FaultyWriter:
    """An object that grows on a faulty store."""

    def __init__(self, inner: ObjectWriter, faults: Faults) -> None:
        """Wrap a writer."""
        self._inner = inner
        self._faults = faults
        self._written = 0
        self._lock = threading.Lock()

    def write_at(self, offset: int, data: bytes | memoryview) -> None:
        """Put bytes at a position.

        Raises:
            UnavailableError: The disk is full now.
            KilledError: The process ends now.
        """
        time.sleep(self._faults.delay_s)
        with self._lock:
            self._written += len(data)
            written = self._written
        if self._faults.full_after is not None and written > self._faults.full_after:
            msg = f"cannot write byte {offset}: no space left on device; free space there and try again"
            raise UnavailableError(msg, reason=NO_SPACE)
        if self._faults.killed_after is not None and written > self._faults.killed_after:
            raise KilledError
        self._inner.write_at(offset, data)

    def commit(self) -> None:
        """Make the object visible, or only say so."""
        if not self._faults.drops_writes:
            self._inner.commit()

    def __enter__(self) -> Self:
        """Start."""
        self._inner.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Discard what was not committed."""
        self._inner.__exit__(kind, error, trace)


class FaultyReader:
    """An object read from a faulty store."""

    def __init__(self, inner: ObjectReader, faults: Faults) -> None:
        """Wrap a reader."""
        self._inner = inner
        self._faults = faults
        cut = faults.truncated_to
        self.size = inner.size if cut is None else min(inner.size, cut)
        self.read_from: ReadFrom = inner.read_from
        self.read_step = inner.read_step

    def read_at(self, offset: int, size: int) -> memoryview:
        """Read at a position, with the faults of the medium.

        Raises:
            UnavailableError: The medium cannot give these bytes; or as the inner store says.
        """
        time.sleep(self._faults.delay_s)
        bad = self._faults.unreadable_byte
        if bad is not None and offset <= bad < min(offset + size, self.size):
            msg = f"cannot read byte {bad}: Input/output error; look at the medium, and use another copy"
            raise UnavailableError(msg, reason=READ_ERROR)
        content = bytearray(self._inner.read_at(offset, max(0, min(size, self.size - offset))))
        if self._faults.flipped_bit is not None:
            byte, bit = divmod(self._faults.flipped_bit, 8)
            if offset <= byte < offset + len(content):
                content[byte - offset] ^= 1 << bit
        return memoryview(bytes(content))

    def __enter__(self) -> Self:
        """Start."""
        self._inner.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self._inner.__exit__(kind, error, trace)
