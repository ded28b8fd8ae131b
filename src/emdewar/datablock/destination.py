"""Where files are restored to: what every destination can do, and the folder, which is one.

A file is visible at a destination only when it was published, whole and proven; nothing there is ever overwritten.
"""

import errno
import hashlib
import os
import stat
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

from emdewar.datablock.folder_file import FolderFile, part_name
from emdewar.datablock.tree import OPEN_FOLDER, LinkFreeTree
from emdewar.errors import NO_SPACE, RefusedError, UnavailableError
from emdewar.records import DataFile
from emdewar.stores.part_file import PartFile
from emdewar.stores.system_errors import outside

_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class FileWriter(Protocol):
    """A file that is being restored; a context manager, for one thread at a time.

    Leaving the context without `publish` leaves nothing visible.
    """

    def write(self, data: bytes | memoryview) -> None:
        """Put the next bytes; they are the caller's again once this returns.

        Raises:
            UnavailableError: The destination is full (reason `noSpace`) or cannot be reached.
        """

    def publish(self) -> None:
        """Make the content durable, then visible under the file's path, with its time where that can be kept.

        Called once, when all bytes were written and have the right sha256.

        Raises:
            RefusedError: Something bears the path by now.
            UnavailableError: The destination could not make it durable.
        """

    def __enter__(self) -> Self:
        """Start."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Discard what was not published."""


class Destination(Protocol):
    """A place files are restored to, under their paths; safe for several threads.

    Attributes:
        place: How messages call it, e.g. the folder.
    """

    place: str

    def missing_bytes(self, file: DataFile) -> int:
        """Tell how many bytes of the file are still to come: none where a file of its size is there.

        Raises:
            RefusedError: Something else bears its path, or the path leads out of the destination.
            UnavailableError: The destination cannot be reached.
        """

    def check_room(self, size: int) -> None:
        """Check that as many bytes fit, where that can be known.

        Raises:
            UnavailableError: They do not (reason `noSpace`).
        """

    def holds(self, file: DataFile) -> bool:
        """Tell whether the file is there already, by its content.

        Raises:
            RefusedError: Something else bears its path.
            UnavailableError: The destination cannot be read.
        """

    def create(self, file: DataFile) -> FileWriter:
        """Begin a file, invisibly.

        Raises:
            RefusedError: Its path leads through something that is no folder.
            UnavailableError: Somebody else is writing it, or the destination cannot be written.
        """

    def settle(self) -> None:
        """Make the paths of all published files durable; called once no file is being written any more.

        Raises:
            UnavailableError: The destination could not.
        """


class DestinationFolder:
    """A folder that is filled: made part by part, never through a link; a context manager."""

    def __init__(self, root: Path, *, direct: bool = True) -> None:
        """Make the folder if need be, and open it.

        Args:
            root: The folder.
            direct: Whether to pass by the page cache where the file system can; switch it off where that is slow.

        Raises:
            UnavailableError: It cannot be made or opened.
        """
        self.root = root
        self.place = str(root)
        self._direct = direct
        self._lock = threading.Lock()
        self._idle: list[_Tree] = []
        self._unsettled: set[str] = set()
        with outside(f"open the folder {root}"):
            root.mkdir(parents=True, exist_ok=True)
            self._root_fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def missing_bytes(self, file: DataFile) -> int:
        """Tell how many bytes of the file are still to come: none where a file of its size is here.

        Raises:
            RefusedError: Something else bears its name, or the path leads out of the folder.
            UnavailableError: The folder cannot be read.
        """
        with self._entered("look for", file) as (folder_fd, name):
            try:
                there = os.stat(name, dir_fd=folder_fd, follow_symlinks=False)
            except FileNotFoundError:
                return file.size
        if not stat.S_ISREG(there.st_mode) or there.st_size != file.size:
            raise in_the_way_error(self.place, [file.path])
        return 0

    def check_room(self, size: int) -> None:
        """Check that as many bytes fit.

        Raises:
            UnavailableError: They do not (reason `noSpace`).
        """
        with outside(f"ask {self.root} for its free space"):
            file_system = os.fstatvfs(self._root_fd)
        free = file_system.f_bavail * file_system.f_frsize
        if free < size:
            msg = f"{self.root} has {free} bytes free and needs {size}; free space or choose another folder"
            raise UnavailableError(msg, reason=NO_SPACE)

    def holds(self, file: DataFile) -> bool:
        """Tell whether the file is here already, by its content.

        Raises:
            RefusedError: Something else bears its name.
            UnavailableError: The folder cannot be read.
        """
        if self.missing_bytes(file):
            return False
        with self._entered("read", file) as (folder_fd, name):
            try:
                there = os.open(name, _FILE, dir_fd=folder_fd)
            except FileNotFoundError:
                return False
            with os.fdopen(there, "rb") as content:
                if hashlib.file_digest(content, "sha256").hexdigest() == file.chk:
                    return True
        raise in_the_way_error(self.place, [file.path])

    def create(self, file: DataFile) -> FolderFile:
        """Begin a file under a temporary name.

        Raises:
            RefusedError: A link or a file stands where a folder should, or the path leads out of the folder.
            UnavailableError: Somebody else is writing it, or the folder cannot be written.
        """
        with self._entered("write", file) as (folder_fd, name):
            part = PartFile(folder_fd, part_name(name), name)
        return FolderFile(part, file, f"restore {self.place}/{file.path}", self._published, direct=self._direct)

    def settle(self) -> None:
        """Put the names of all published files on the medium.

        Raises:
            UnavailableError: That failed.
        """
        with self._lock:
            folders, self._unsettled = sorted(self._unsettled), set()
        with outside(f"complete {self.root}"), self._tree() as tree:
            for folder in folders:
                os.fsync(tree.enter(f"{folder}/")[0])

    def _published(self, file: DataFile) -> None:
        folder = file.path.rpartition("/")[0]
        with self._lock:
            self._unsettled.add(folder)

    @contextmanager
    def _entered(self, action: str, file: DataFile) -> Iterator[tuple[int, str]]:
        """Give the open folder of a file's path, made if need be, and the name that remains."""
        with outside(f"{action} {self.place}/{file.path}"), self._tree() as tree:
            try:
                entered = tree.enter(file.path)
            except OSError as error:
                if error.errno in {errno.ELOOP, errno.ENOTDIR}:
                    raise in_the_way_error(self.place, [file.path]) from error
                raise
            yield entered

    @contextmanager
    def _tree(self) -> Iterator["_Tree"]:
        """Lend a tree, the one last used if it is free: it most likely stands in the right folder already."""
        with self._lock:
            tree = self._idle.pop() if self._idle else None
        tree = tree or _Tree(os.dup(self._root_fd))
        try:
            yield tree
        finally:
            with self._lock:
                self._idle.append(tree)

    def __enter__(self) -> Self:
        """Start."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the folder."""
        for tree in self._idle:
            tree.__exit__(kind, error, trace)
        self._idle.clear()
        os.close(self._root_fd)


class _Tree(LinkFreeTree):
    """Makes the folders it enters."""

    def _open_folder(self, above_fd: int, part: str) -> int:
        try:
            return super()._open_folder(above_fd, part)
        except FileNotFoundError:
            # Another thread may be faster; whether it is a folder, the next opening tells.
            with suppress(FileExistsError):
                os.mkdir(part, dir_fd=above_fd)
                os.fsync(above_fd)
            return os.open(part, OPEN_FOLDER, dir_fd=above_fd)


def in_the_way_error(place: str, paths: Sequence[str]) -> RefusedError:
    """Say that something bears the paths of files to restore."""
    what = f"{len(paths)} path(s) below {place} are taken by a link or by other content, first {paths[0]!r}"
    return RefusedError(f"{what}; restore to an empty folder, or move these away", reason="inTheWay", paths=paths)
