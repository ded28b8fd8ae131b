"""One object of a `NearlineStore`, read from the disk in front of the tape."""

import os
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from emdewar.errors import OFFLINE, UnavailableError
from emdewar.stores.posix_object import PosixReader
from emdewar.stores.store import READ_STEP, ReadFrom
from emdewar.stores.system_errors import READ_ERROR

STAT_BLOCK: Final = 512
"""Unit of `st_blocks`, whatever the file system's own is."""


def looks_like_stub(found: os.stat_result) -> bool:
    """Tell whether most of a file is not on this disk; some systems leave its first bytes there."""
    return found.st_blocks * STAT_BLOCK * 2 < found.st_size


class NearlineReader:
    """An object opened for reading; see `emdewar.stores.store.ObjectReader`."""

    def __init__(
        self,
        file: PosixReader,
        subject: str,
        *,
        read_from: ReadFrom,
        watches: bool,
        check_online: Callable[[], None],
    ) -> None:
        """Take over an open file.

        Args:
            file: The file.
            subject: Names it in messages.
            read_from: Where its content came from.
            watches: Whether to look before each read that it has not become a stub.
            check_online: Asks the tape system, and raises where the file is not on disk.
        """
        self._file = file
        self._subject = subject
        self._watches = watches
        self._check_online = check_online
        self.size = file.size
        self.read_step = READ_STEP
        self.read_from: ReadFrom = read_from

    def read_at(self, offset: int, size: int) -> memoryview:
        """Read up to `size` bytes at `offset`; good until the same thread reads again.

        Raises:
            UnavailableError: It went back to tape meanwhile (reason `offline`), or cannot be read now; reason
                `readError` only where the tape system says that it is on disk.
            IntegrityError: The tape system has lost it meanwhile.
        """
        if self._watches and looks_like_stub(self._file.stat()):
            msg = f"{self._subject} went back to tape while it was read; recall it and read it again"
            raise UnavailableError(msg, reason=OFFLINE)
        try:
            return self._file.read_at(offset, size)
        except UnavailableError as error:
            # The same word of the kernel's stands for a tape that did not come.
            if error.reason == READ_ERROR:
                self._check_online()
            raise

    def __enter__(self) -> Self:
        """Start."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self._file.__exit__(kind, error, trace)
