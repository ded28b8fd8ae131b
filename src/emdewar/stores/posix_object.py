"""One object of a `PosixStore`, being written or read."""

import os
import threading
from types import TracebackType
from typing import Self

from emdewar.errors import IntegrityError, UnavailableError
from emdewar.stores.direct_io import MediumReader, PositionalWriter, Pread
from emdewar.stores.part_file import PartFile
from emdewar.stores.store import READ_STEP, ReadFrom
from emdewar.stores.system_errors import READ_ERROR, is_medium_error, outside


class PosixWriter:
    """An object that grows; see `emdewar.stores.store.ObjectWriter`."""

    def __init__(self, part: PartFile, subject: str, size: int, *, direct: bool) -> None:
        """Take over the locked part file of an object of `size` bytes; `subject` names it in messages."""
        self._part = part
        self._subject = subject
        self._missing = size
        self._counting = threading.Lock()
        self._file = PositionalWriter(part.fd, direct=direct)

    def write_at(self, offset: int, data: bytes | memoryview) -> None:
        """Put bytes at a position.

        Raises:
            UnavailableError: The file system is full or cannot be written.
        """
        with outside(f"write {self._subject}"):
            self._file.write_at(offset, memoryview(data))
        with self._counting:
            self._missing -= len(data)

    def commit(self) -> None:
        """Make the object durable, then visible.

        Raises:
            IntegrityError: Not all announced bytes were written.
            UnavailableError: The file system could not make it durable, or something bears its name now.
        """
        if self._missing:
            msg = f"{self._subject} lacks {self._missing} of its bytes, so it stays invisible; write it again"
            raise IntegrityError(msg)
        with outside(f"complete {self._subject}"):
            self._part.publish_durably()

    def __enter__(self) -> Self:
        """Start."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Discard what was not committed."""
        self._file.close()
        with outside(f"discard {self._subject}"):
            self._part.__exit__(kind, error, trace)


class PosixReader:
    """An object opened for reading; see `emdewar.stores.store.ObjectReader`."""

    def __init__(self, fd: int, subject: str, *, direct: bool, pread: Pread | None = None) -> None:
        """Take over the open file; `subject` names it in messages, and `pread` reads in the place of the system."""
        self._fd = fd
        self._subject = subject
        self._file = MediumReader(fd, direct=direct, pread=pread)
        self.size = os.fstat(fd).st_size
        self.read_step = READ_STEP
        self.read_from: ReadFrom = "device" if self._file.is_direct else "cache-dropped"

    def read_at(self, offset: int, size: int) -> memoryview:
        """Read up to `size` bytes at `offset`; good until the same thread reads again.

        Raises:
            UnavailableError: The file cannot be read now; reason `readError` where its medium cannot give these bytes.
        """
        with outside(f"read {self._subject}"):
            try:
                return self._file.read_at(offset, size)
            except OSError as error:
                if not is_medium_error(error):
                    raise
                msg = (
                    f"cannot read {self._subject} from byte {offset} to {offset + size}: {error.strerror}; "
                    "look at the medium, and use another copy"
                )
                raise UnavailableError(msg, reason=READ_ERROR) from error

    def stat(self) -> os.stat_result:
        """Give what the file system says of the file now.

        Raises:
            UnavailableError: It cannot be asked now.
        """
        with outside(f"look at {self._subject}"):
            return os.fstat(self._fd)

    def __enter__(self) -> Self:
        """Start."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Close what was opened."""
        self._file.close()
        os.close(self._fd)
