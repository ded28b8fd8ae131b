"""A store that is a folder: a disk, NFS or a parallel file system."""

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from emdewar.errors import NO_SPACE, OBJECT_EXISTS, IntegrityError, RefusedError, UnavailableError
from emdewar.stores.linux_calls import allocate
from emdewar.stores.names import PART_ENDING, check_object_name
from emdewar.stores.part_file import PartFile
from emdewar.stores.posix_object import PosixReader, PosixWriter
from emdewar.stores.system_errors import outside


class PosixStore:
    """Objects as files in one folder.

    An object grows as `<name>.part` under a lock that dies with its writer, and gets its name when it is whole and on
    the medium. A killed writer leaves at most the `.part` file, which the next writer takes over.
    """

    def __init__(self, name: str, root: Path, *, direct: bool = True) -> None:
        """Name the store and its folder, which must exist when it is used.

        Args:
            name: Name of the store on record.
            root: The folder.
            direct: Whether to pass by the page cache where the file system can; switch it off where that is slow.
        """
        self.name = name
        self._root = root
        self._direct = direct

    def size_of(self, name: str) -> int | None:
        """Give the size of an object in bytes, or None where there is none.

        Raises:
            UnavailableError: The folder cannot be read: a store that is not mounted has not lost anything.
            RefusedError: The name is not a plain file name.
        """
        with self._folder("look for", name) as folder_fd:
            return _size_in(folder_fd, name)

    def free_bytes(self) -> int | None:
        """Give the free space in bytes.

        Raises:
            UnavailableError: The folder cannot be read.
        """
        with outside(f"ask store {self.name} at {self._root} for its free space"):
            return _free_bytes(os.statvfs(self._root))

    def create(self, name: str, size: int) -> PosixWriter:
        """Start to write an object; its space is reserved at once.

        Raises:
            RefusedError: An object of that name is there, or the name is not a plain file name.
            UnavailableError: Somebody else is writing it, the folder cannot be written, or there is no space.
        """
        with self._folder("write", name) as folder_fd, ExitStack() as undo:
            part = undo.enter_context(PartFile(folder_fd, name + PART_ENDING, name))
            if _size_in(folder_fd, name) is not None:
                msg = f"{name} is on store {self.name} already and is never rewritten; verify it instead"
                raise RefusedError(msg, reason=OBJECT_EXISTS)
            self._reserve(part, size)
            undo.pop_all()
            return PosixWriter(part, f"{name} on store {self.name}", size, direct=self._direct)

    def open(self, name: str) -> PosixReader:
        """Open an object to read it back from the medium.

        Raises:
            IntegrityError: There is no object of that name.
            UnavailableError: The folder or the file cannot be read.
            RefusedError: The name is not a plain file name.
        """
        with self._folder("read", name) as folder_fd, ExitStack() as undo:
            try:
                fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder_fd)
            except FileNotFoundError as error:
                msg = f"{name} is not on store {self.name}: it is lost or was never written; use another copy"
                raise IntegrityError(msg, reason="objectMissing") from error
            undo.callback(os.close, fd)
            reader = PosixReader(fd, f"{name} on store {self.name}", direct=self._direct)
            undo.pop_all()
            return reader

    def put_small(self, name: str, content: bytes) -> None:
        """Write or replace a small companion object durably, in one step.

        Raises:
            RefusedError: The name is not a plain file name.
            UnavailableError: Somebody else is writing it, the folder cannot be written, or there is no space.
        """
        with self._folder("write", name) as folder_fd, PartFile(folder_fd, name + PART_ENDING, name) as part:
            with os.fdopen(os.dup(part.fd), "wb") as file:
                file.write(content)
            part.publish_durably(replace=True)

    @contextmanager
    def _folder(self, action: str, name: str) -> Iterator[int]:
        """Hold the folder open; what the operating system refuses meanwhile makes the store unavailable."""
        check_object_name(name)
        with outside(f"{action} {name} on store {self.name} at {self._root}"):
            fd = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                yield fd
            finally:
                os.close(fd)

    def _reserve(self, part: PartFile, size: int) -> None:
        free = _free_bytes(os.fstatvfs(part.fd))
        if free < size:
            msg = f"store {self.name} at {self._root} has {free} bytes free and needs {size}; free space and try again"
            raise UnavailableError(msg, reason=NO_SPACE)
        if size:
            allocate(part.fd, size)


def _size_in(folder_fd: int, name: str) -> int | None:
    try:
        found = os.stat(name, dir_fd=folder_fd, follow_symlinks=False)
    except FileNotFoundError:
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def _free_bytes(file_system: os.statvfs_result) -> int:
    return file_system.f_bavail * file_system.f_frsize
