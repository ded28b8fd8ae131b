"""Reading and writing by position past the page cache (`O_DIRECT`), and a buffered way where that is refused."""

import errno
import mmap
import os
import threading
from collections.abc import Callable
from typing import TypeAlias

PAGE = 4096
"""Direct transfers start and end on multiples of this, in the file and in memory."""

Pread: TypeAlias = Callable[[int, list[memoryview], int], int]
"""How bytes are read by position, as `os.preadv` does."""


def open_direct(fd: int, access: int) -> int | None:
    """Open the file behind a descriptor once more, for direct transfers; None where that is refused.

    Args:
        fd: The file, open in any way.
        access: `os.O_RDONLY` or `os.O_WRONLY`.
    """
    try:
        return os.open(f"/proc/self/fd/{fd}", access | os.O_DIRECT | os.O_CLOEXEC)
    except OSError:
        return None


class PositionalWriter:
    """Writes a file by position: whole pages directly where possible, the rest through the page cache.

    Safe for several threads as long as their ranges do not share a page.
    """

    def __init__(self, fd: int, *, direct: bool) -> None:
        """Take a file that is open for writing; it stays the caller's to close."""
        self._fd = fd
        self._direct_fd = open_direct(fd, os.O_WRONLY) if direct else None

    def write_at(self, offset: int, data: memoryview) -> None:
        """Write all bytes at a position."""
        pages = len(data) // PAGE * PAGE if offset % PAGE == 0 else 0
        done = self._write_direct(offset, data[:pages]) if pages else 0
        write_all(self._fd, data[done:], offset + done)

    def _write_direct(self, offset: int, data: memoryview) -> int:
        """Write whole pages; gives 0 where the kernel refuses, as it does for memory that is not on a page."""
        if self._direct_fd is None:
            return 0
        try:
            write_all(self._direct_fd, data, offset)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            return 0
        return len(data)

    def close(self) -> None:
        """Close what was opened here."""
        if self._direct_fd is not None:
            os.close(self._direct_fd)


class MediumReader:
    """Reads a file by position from its device, or after the page cache has let go of it; safe for several threads."""

    def __init__(self, fd: int, *, direct: bool, pread: Pread | None = None) -> None:
        """Take a file that is open for reading, of the size it has now; it stays the caller's to close."""
        self._pread = pread or os.preadv
        self._size = os.fstat(fd).st_size
        self._direct_fd = open_direct(fd, os.O_RDONLY) if direct else None
        self.is_direct = self._direct_fd is not None
        self._fd = fd if self._direct_fd is None else self._direct_fd
        self._buffers = threading.local()
        if not self.is_direct:
            # Only clean pages can be dropped.
            os.fsync(fd)
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)

    def read_at(self, offset: int, size: int) -> memoryview:
        """Read up to `size` bytes at `offset`, fewer only at the file's end; good until the same thread reads again."""
        if not size:
            return memoryview(b"")
        skip = offset % PAGE
        pages = -(-(skip + size) // PAGE) * PAGE
        buffer = self._buffer(pages)
        got = self._fill(buffer[:pages], offset - skip, skip + size)
        return buffer[skip : min(skip + size, got)] if got > skip else buffer[:0]

    def _fill(self, buffer: memoryview, start: int, wanted: int) -> int:
        """Read on from `start` until there are `wanted` bytes or the file ends; gives how many came."""
        got = 0
        while got < wanted and start + got < self._size:
            # A direct read that was short within a page is made again from the page's begin.
            at = got // PAGE * PAGE if self.is_direct else got
            count = self._pread(self._fd, [buffer[at:]], start + at)
            if not count:
                return got
            if at + count <= got:
                raise OSError(errno.EAGAIN, "it gives less of the file than it has")
            got = at + count
        return got

    def _buffer(self, size: int) -> memoryview:
        """Give this thread's memory, which lies on a page as all mapped memory does."""
        view: memoryview | None = getattr(self._buffers, "view", None)
        if view is None or len(view) < size:
            view = memoryview(mapped_memory(size))
            self._buffers.view = view
        return view

    def close(self) -> None:
        """Close what was opened here."""
        if self._direct_fd is not None:
            os.close(self._direct_fd)


def mapped_memory(size: int) -> mmap.mmap:
    """Get page-aligned memory, in huge pages where the system has them: pinning it for direct transfers is cheaper."""
    memory = mmap.mmap(-1, size)
    memory.madvise(mmap.MADV_HUGEPAGE)
    return memory


def write_all(fd: int, data: memoryview, offset: int) -> None:
    """Write all bytes at a position, however many the system takes at once."""
    while data:
        written = os.pwrite(fd, data, offset)
        data, offset = data[written:], offset + written
