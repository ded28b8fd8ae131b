"""A file that grows under a temporary name: one living writer at a time; a dead writer's leftover is taken over."""

import fcntl
import os
import stat
import time
from contextlib import ExitStack, suppress
from datetime import timedelta
from types import TracebackType
from typing import Self

from emdewar.errors import BUSY, UnavailableError
from emdewar.stores.linux_calls import rename_new

# O_NONBLOCK: opening a named pipe must not wait.
_OPEN = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CREATE = _OPEN | os.O_CREAT | os.O_EXCL


class PartFile:
    """An empty, locked file `part` in a folder, to be published there as `name`; a context manager.

    Its name can be told in advance, and others may write in the folder: a file is taken over only if nobody else has
    a part in it. Of what else bears the name, the name goes and the content stays.

    The lock (`flock(2)`) dies with its process, so a killed writer leaves a file but no lock. Errors of the operating
    system pass through as `OSError`: only the caller knows what was tried.
    """

    def __init__(self, folder_fd: int, part: str, name: str) -> None:
        """Open it, and empty what a dead writer left.

        Raises:
            UnavailableError: Somebody else is writing it.
        """
        self._part = part
        self._name = name
        self._published = False
        with ExitStack() as undo:
            self._folder_fd = os.dup(folder_fd)
            undo.callback(os.close, self._folder_fd)
            self.fd = self._open_locked()
            undo.pop_all()

    def _open_locked(self) -> int:
        while True:
            with ExitStack() as undo:
                fd, is_new = self._open()
                undo.callback(os.close, fd)
                self._lock(fd)
                # Its last writer may have published or removed it between our opening and our locking.
                if not is_same(fd, self._folder_fd, self._part):
                    continue
                if is_new or _is_ours_alone(os.fstat(fd)):
                    os.ftruncate(fd, 0)
                    undo.pop_all()
                    return fd
                os.unlink(self._part, dir_fd=self._folder_fd)

    def _open(self) -> tuple[int, bool]:
        """Give the file and whether it was made just now: such a one may seem another's where a server maps users."""
        while True:
            with suppress(FileExistsError):
                return os.open(self._part, _CREATE, 0o644, dir_fd=self._folder_fd), True
            with suppress(FileNotFoundError):
                return os.open(self._part, _OPEN, dir_fd=self._folder_fd), False

    def _lock(self, fd: int) -> None:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            msg = f"{self._name} is being written by somebody else; try again when they are done"
            raise UnavailableError(msg, reason=BUSY) from error

    def publish(self, *, replace: bool = False) -> None:
        """Make the content durable, then visible under its name; the folder is the caller's to sync.

        Args:
            replace: Whether something may bear the name already; else that is a `FileExistsError`.
        """
        os.fsync(self.fd)
        if replace:
            os.replace(self._part, self._name, src_dir_fd=self._folder_fd, dst_dir_fd=self._folder_fd)
        else:
            rename_new(self._folder_fd, self._part, self._name)
        self._published = True

    def publish_durably(self, *, replace: bool = False) -> None:
        """Publish it and make its name durable too."""
        self.publish(replace=replace)
        os.fsync(self._folder_fd)

    def __enter__(self) -> Self:
        """Start."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove it unless it was published, and let go of the lock."""
        try:
            if not self._published:
                with suppress(FileNotFoundError):
                    os.unlink(self._part, dir_fd=self._folder_fd)
        finally:
            os.close(self._folder_fd)
            os.close(self.fd)


def discard_dead(folder_fd: int, part: str, *, older_than: timedelta) -> bool:
    """Remove a part file whose writer is dead and that has not changed for so long; tells whether it is gone now.

    Errors of the operating system pass through as `OSError`.
    """
    try:
        if not stat.S_ISREG(os.stat(part, dir_fd=folder_fd, follow_symlinks=False).st_mode):
            return False
        fd = os.open(part, _OPEN, dir_fd=folder_fd)
    except FileNotFoundError:
        return False
    with ExitStack() as undo:
        undo.callback(os.close, fd)
        if time.time() - os.fstat(fd).st_mtime < older_than.total_seconds():
            return False
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        if not is_same(fd, folder_fd, part):
            return False
        os.unlink(part, dir_fd=folder_fd)
        return True


def _is_ours_alone(found: os.stat_result) -> bool:
    """Tell whether a file is a regular one of this user that has no other name."""
    return stat.S_ISREG(found.st_mode) and found.st_nlink == 1 and found.st_uid == os.geteuid()


def is_same(fd: int, folder_fd: int, name: str) -> bool:
    """Tell whether a name in a folder still leads to an open file."""
    try:
        there = os.stat(name, dir_fd=folder_fd, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(there, os.fstat(fd))
