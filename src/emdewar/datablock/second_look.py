"""Look twice before something counts as damage: a medium, a network or a tape system may only stumble for a moment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import TracebackType
from typing import Final, Self

from emdewar.errors import OFFLINE, IntegrityError, UnavailableError
from emdewar.stores.store import Locality, ObjectReader, ReadFrom, Store
from emdewar.stores.system_errors import READ_ERROR

_PAGE: Final = 4096
_PROBES: Final = 8
"""Pages over the whole object of which one must be readable, else its store is away rather than one place bad."""


class SecondLook:
    """An object opened for reading, which tells one bad place from a store that is away.

    A short read before the object's end is read on from there. What the medium cannot read is tried again, after
    another page of the object was read; if it fails again, that place is damaged.
    """

    def __init__(self, reader: ObjectReader, check: Callable[[], None] | None = None) -> None:
        """Wrap a reader, which stays the caller's to close.

        Args:
            reader: The object.
            check: Raises `UnavailableError` while the object is not online.
        """
        self.size = reader.size
        self.read_from: ReadFrom = reader.read_from
        self.read_step = reader.read_step
        self._reader = reader
        self._check = check

    def read_at(self, offset: int, size: int) -> memoryview:
        """Read up to `size` bytes at `offset`; good until the same thread reads again.

        Raises:
            IntegrityError: The medium cannot read this place, but others (reason `readError`).
            UnavailableError: The store cannot be read now.
        """
        try:
            return self._read(offset, size)
        except UnavailableError as error:
            if error.reason != READ_ERROR or not self._reads_elsewhere():
                raise
        try:
            return self._read(offset, size)
        except UnavailableError as error:
            if error.reason != READ_ERROR:
                raise
            if self._check:
                self._check()
            msg = f"the medium cannot read the {size} bytes from byte {offset}: {error}"
            raise IntegrityError(msg, reason=READ_ERROR) from error

    def _read(self, offset: int, size: int) -> memoryview:
        wanted = min(size, self.size - offset)
        if wanted <= 0:
            return memoryview(b"")
        content = self._reader.read_at(offset, wanted)
        if len(content) == wanted:
            return content
        gathered = bytearray(content)
        while len(gathered) < wanted:
            more = self._reader.read_at(offset + len(gathered), wanted - len(gathered))
            if not more:
                break
            gathered += more
        return memoryview(gathered)

    def _reads_elsewhere(self) -> bool:
        """Tell whether any page out of some all over the object can be read now."""
        pages = max(1, -(-self.size // _PAGE))
        return any(self._reads(pages * number // _PROBES * _PAGE) for number in range(_PROBES)) or self._reads(
            (pages - 1) * _PAGE
        )

    def _reads(self, at: int) -> bool:
        try:
            return bool(self._read(at, _PAGE))
        except UnavailableError:
            return False

    def __enter__(self) -> Self:
        """Start."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the reader open."""


def second_look(reader: ObjectReader) -> SecondLook:
    """Wrap a reader unless it is wrapped already."""
    return reader if isinstance(reader, SecondLook) else SecondLook(reader)


@contextmanager
def opened(store: Store, name: str) -> Iterator[SecondLook]:
    """Open a copy; damage that is found in it counts only if the copy is still online afterwards.

    Raises:
        IntegrityError: There is no object of that name.
        UnavailableError: It is not online, or the store cannot be reached.
    """
    with store.open(name) as reader:
        try:
            yield SecondLook(reader, partial(check_online, store, name))
        except IntegrityError:
            check_online(store, name)
            raise


def check_online(store: Store, name: str) -> None:
    """Make sure that an object which read wrong was there to be read: one that leaves for the tape reads as anything.

    Raises:
        UnavailableError: It is not online any more, or the store cannot tell.
    """
    if store.availability([name])[name].locality in {Locality.OFFLINE, Locality.RECALLING}:
        msg = f"{name} on store {store.name} went offline while it was read; recall it, and read it again"
        raise UnavailableError(msg, reason=OFFLINE)
