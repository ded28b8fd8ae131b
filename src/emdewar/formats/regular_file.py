"""Opening what an instrument wrote: a plain file, never something that makes a reader wait for ever or fill the memory.

A named pipe is opened and waited for, a device has no end, a folder is no file: all three are refused before a byte is
read. Whatever fails while the file is open is the share's fault and may pass.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from emdewar.errors import INCOMPLETE_FILES, RefusedError, UnavailableError

MOST_BYTES = 32 << 20
"""The longest text file that is read whole; the largest that EPU is known to write has 3 MB."""


@contextmanager
def open_regular(path: Path) -> Iterator[BinaryIO]:
    """Open a file to read; a failing read inside the `with` block is told as this function tells a failing open.

    Raises:
        RefusedError: It is no regular file, or no file system could hold its name.
        UnavailableError: The file cannot be read now.
    """
    try:
        with _open(path) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise _no_file(path)
            yield file
    except IsADirectoryError as error:
        raise _no_file(path) from error
    except OSError as error:
        raise _unavailable(path, error) from error


def read_regular(path: Path, most_bytes: int = MOST_BYTES) -> bytes:
    """Read a small file whole.

    A session has ten thousand of them: asking the system directly costs a third of what a buffered file does.

    Raises:
        RefusedError: It is no regular file, or longer than files of its kind are.
        UnavailableError: The file cannot be read now.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            content = _read(path, handle, most_bytes)
        finally:
            os.close(handle)
    except ValueError as error:
        raise _no_name(path, error) from error
    except OSError as error:
        raise _unavailable(path, error) from error
    if len(content) > most_bytes:
        msg = f"{path} has more than {most_bytes} bytes, no file of its kind has; look at what it is"
        raise RefusedError(msg, reason=INCOMPLETE_FILES, paths=[path.name])
    return content


def incomplete(path: Path, why: str) -> RefusedError:
    """Make the error of all readers for a file that is not what its name says: empty, cut short, damaged, foreign.

    Args:
        path: The file.
        why: One line without the path, e.g. `it ends after 7 bytes`.
    """
    msg = f"{path}: {why}; copy it again from the microscope"
    return RefusedError(msg, reason=INCOMPLETE_FILES, paths=[path.name])


def _read(path: Path, handle: int, most_bytes: int) -> bytes:
    """Read until the end, or until it is one byte too much; the size is only where to begin, as a file may grow."""
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        raise _no_file(path)
    left = most_bytes + 1
    pieces: list[bytes] = []
    while left and (piece := os.read(handle, min(status.st_size + 1, left))):
        pieces.append(piece)
        left -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _open(path: Path) -> BinaryIO:
    try:
        return open(path, "rb", opener=_without_waiting)
    except ValueError as error:
        raise _no_name(path, error) from error


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def _no_name(path: Path, error: ValueError) -> RefusedError:
    msg = f"{str(path)!r} is a name that no file can have ({error}); name a file"
    return RefusedError(msg, reason=INCOMPLETE_FILES)


def _no_file(path: Path) -> RefusedError:
    return RefusedError(f"{path} is no regular file; name a file", reason=INCOMPLETE_FILES, paths=[path.name])


def _unavailable(path: Path, error: OSError) -> UnavailableError:
    return UnavailableError(f"cannot read {path} now: {error.strerror or error}; check the share and try again")
