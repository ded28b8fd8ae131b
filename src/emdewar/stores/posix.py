"""A store that is a folder: a disk, NFS or a parallel file system."""

import os
import stat
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

from emdewar.errors import NO_SPACE, OBJECT_EXISTS, IntegrityError, RefusedError, UnavailableError
from emdewar.stores.folder_list import discard_leftovers, list_objects, size_in
from emdewar.stores.linux_calls import allocate
from emdewar.stores.names import PART_ENDING, check_object_name
from emdewar.stores.part_file import PartFile
from emdewar.stores.posix_object import PosixReader, PosixWriter
from emdewar.stores.store import MISSING, ON_DISK, Availability, StoredObject
from emdewar.stores.system_errors import NOT_MOUNTED, outside

# O_NONBLOCK: opening a named pipe must not wait for its writer.
_OBJECT = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class PosixStore:
    """Objects as files in one folder.

    An object grows as `<name>.part` under a lock that dies with its writer, and gets its name when it is whole and on
    the medium. A killed writer leaves at most the `.part` file, which the next writer takes over.
    """

    def __init__(self, name: str, root: Path, *, direct: bool = True, mounted_at: Path | None = None) -> None:
        """Name the store and its folder, which must exist when it is used.

        Args:
            name: Name of the store on record.
            root: The folder.
            direct: Whether to pass by the page cache where the file system can; switch it off where that is slow.
            mounted_at: Where a file system must be mounted, the folder or one above it; without it, what lies under
                the mount point of a store that is not mounted is taken for the store.
        """
        self.name = name
        self._root = root
        self._mounted_at = mounted_at
        self._direct = direct

    def size_of(self, name: str) -> int | None:
        """Give the size of an object in bytes, or None where there is none.

        Raises:
            UnavailableError: The folder cannot be read: a store that is not mounted has not lost anything.
            RefusedError: The name is not a plain file name.
        """
        with self._folder("look for", name) as folder_fd:
            return size_in(folder_fd, name)

    def free_bytes(self) -> int | None:
        """Give the free space in bytes.

        Raises:
            UnavailableError: The folder cannot be read.
        """
        with self._root_folder("ask for its free space") as folder_fd:
            return _free_bytes(os.fstatvfs(folder_fd))

    def create(self, name: str, size: int) -> PosixWriter:
        """Start to write an object; its space is reserved at once.

        Raises:
            RefusedError: An object of that name is there, or the name is not a plain file name.
            UnavailableError: Somebody else is writing it, the folder cannot be written, or there is no space.
        """
        with self._folder("write", name) as folder_fd, ExitStack() as undo:
            part = undo.enter_context(PartFile(folder_fd, name + PART_ENDING, name))
            if size_in(folder_fd, name) is not None:
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
                fd = os.open(name, _OBJECT, dir_fd=folder_fd)
            except FileNotFoundError as error:
                raise self._missing(name) from error
            undo.callback(os.close, fd)
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise self._missing(name)
            os.set_blocking(fd, True)
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

    def read_small(self, name: str) -> bytes:
        """Read a companion object whole.

        Raises:
            IntegrityError: There is none.
            UnavailableError: The folder or the file cannot be read.
        """
        with self.open(name) as reader:
            return bytes(reader.read_at(0, reader.size))

    def remove(self, name: str) -> None:
        """Remove an object durably.

        Raises:
            IntegrityError: There is no object of that name.
            UnavailableError: Somebody is writing it, or the folder cannot be written.
        """
        with self._folder("remove", name) as folder_fd, PartFile(folder_fd, name + PART_ENDING, name):
            if size_in(folder_fd, name) is None:
                raise self._missing(name)
            os.unlink(name, dir_fd=folder_fd)
            os.fsync(folder_fd)

    def objects(self) -> Iterator[StoredObject]:
        """List the objects in the order of their names.

        Raises:
            UnavailableError: The folder cannot be read.
        """
        with self._root_folder("list") as folder_fd:
            yield from list_objects(folder_fd)

    def discard_unfinished(self, *, older_than: timedelta) -> list[str]:
        """Discard part files that nobody holds the lock of.

        Raises:
            UnavailableError: The folder cannot be read or written.
        """
        with self._root_folder("clear") as folder_fd:
            return discard_leftovers(folder_fd, older_than)

    def availability(self, names: Collection[str]) -> dict[str, Availability]:
        """Say of each object whether it is there; what is on a disk is online and durable.

        Raises:
            UnavailableError: The folder cannot be read.
        """
        return {name: MISSING if self.size_of(name) is None else ON_DISK for name in names}

    def recall(self, names: Sequence[str], *, keep_for: timedelta) -> None:
        """Nothing to do: everything is online."""

    def release(self, names: Collection[str]) -> None:
        """Nothing to do: nothing was recalled."""

    def _missing(self, name: str) -> IntegrityError:
        msg = f"{name} is not on store {self.name}: it is lost or was never written; use another copy"
        return IntegrityError(msg, reason="objectMissing")

    @contextmanager
    def _folder(self, action: str, name: str) -> Iterator[int]:
        """Hold the folder open to do something with one object in it."""
        check_object_name(name)
        with self._root_folder(f"{action} {name} on") as folder_fd:
            yield folder_fd

    @contextmanager
    def _root_folder(self, action: str) -> Iterator[int]:
        """Hold the folder open; what the operating system refuses meanwhile makes the store unavailable."""
        with outside(f"{action} store {self.name} at {self._root}"), ExitStack() as undo:
            self._check_mounted()
            fd = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            undo.callback(os.close, fd)
            # It may have gone before it was opened.
            self._check_mounted()
            yield fd

    def _check_mounted(self) -> None:
        # Through the dot, a link is followed and what is mounted on demand is mounted.
        if self._mounted_at is not None and not os.path.ismount(f"{self._mounted_at}/."):
            msg = f"nothing is mounted at {self._mounted_at}, so store {self.name} is not there; mount it and try again"
            raise UnavailableError(msg, reason=NOT_MOUNTED)

    def _reserve(self, part: PartFile, size: int) -> None:
        free = _free_bytes(os.fstatvfs(part.fd))
        if free < size:
            msg = f"store {self.name} at {self._root} has {free} bytes free and needs {size}; free space and try again"
            raise UnavailableError(msg, reason=NO_SPACE)
        if size:
            allocate(part.fd, size)


def _free_bytes(file_system: os.statvfs_result) -> int:
    return file_system.f_bavail * file_system.f_frsize
