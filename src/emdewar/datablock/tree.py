"""Walk below a folder part by part, so that no link is ever followed on the way."""

import errno
import os
from types import TracebackType
from typing import Final, Self

OPEN_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class LinkFreeTree:
    """The folders below one root, which itself may be a link; a context manager, for one thread at a time.

    The folder entered last stays open, as files come sorted by path. A link on the way is an `OSError`, and so is a
    way that climbs.
    """

    def __init__(self, root_fd: int) -> None:
        """Take over the open root."""
        self._root_fd = root_fd
        self._folder = ""
        self._folder_fd = root_fd

    def enter(self, path: str) -> tuple[int, str]:
        """Give the open folder of a path, and the name that remains."""
        folder, _, name = path.rpartition("/")
        if folder != self._folder:
            fd = self._walk(folder)
            self._leave()
            self._folder, self._folder_fd = folder, fd
        return self._folder_fd, name

    def _walk(self, folder: str) -> int:
        fd = os.dup(self._root_fd)
        for part in filter(None, folder.split("/")):
            above_fd = fd
            try:
                if part in {".", ".."}:
                    raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), folder)
                fd = self._open_folder(above_fd, part)
            finally:
                os.close(above_fd)
        return fd

    def _open_folder(self, above_fd: int, part: str) -> int:
        return os.open(part, OPEN_FOLDER, dir_fd=above_fd)

    def _leave(self) -> None:
        if self._folder_fd != self._root_fd:
            os.close(self._folder_fd)
        self._folder, self._folder_fd = "", self._root_fd

    def __enter__(self) -> Self:
        """Start."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the folders."""
        self._leave()
        os.close(self._root_fd)
