"""The folder files are restored to: made part by part, never through a link, nothing in it overwritten."""

import errno
import hashlib
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from emdewar.datablock.moments import NANOSECONDS_PER_MS, time_ms
from emdewar.datablock.tree import OPEN_FOLDER, LinkFreeTree
from emdewar.errors import NO_SPACE, RefusedError, UnavailableError
from emdewar.records import DataFile
from emdewar.stores.part_file import PartFile
from emdewar.stores.system_errors import outside

_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class DestinationFolder(LinkFreeTree):
    """A folder that is filled; each folder left behind is on the medium with its names."""

    def __init__(self, root: Path) -> None:
        """Make the folder if need be, and open it.

        Raises:
            UnavailableError: It cannot be made or opened.
        """
        self.root = root
        with outside(f"open the folder {root}"):
            root.mkdir(parents=True, exist_ok=True)
            super().__init__(os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))

    def create(self, file: DataFile) -> PartFile:
        """Begin a file under a temporary name.

        Raises:
            UnavailableError: Somebody else is writing it.
        """
        folder_fd, name = self.enter(file.path)
        return PartFile(folder_fd, part_name(name), name)

    def publish(self, part: PartFile, file: DataFile) -> None:
        """Give a file its time and name."""
        time_ns = time_ms(file.time) * NANOSECONDS_PER_MS
        os.utime(part.fd, ns=(time_ns, time_ns))
        part.publish()

    def holds(self, file: DataFile) -> bool:
        """Tell whether the file is here already, by its content.

        Raises:
            RefusedError: Something else bears its name.
        """
        if self.missing_bytes(file):
            return False
        folder_fd, name = self.enter(file.path)
        try:
            there = os.open(name, _FILE, dir_fd=folder_fd)
        except FileNotFoundError:
            return False
        with os.fdopen(there, "rb") as content:
            if hashlib.file_digest(content, "sha256").hexdigest() == file.chk:
                return True
        raise in_the_way_error(self.root, [file.path])

    def missing_bytes(self, file: DataFile) -> int:
        """Tell how many bytes of the file are still to come: none where a file of its size is here.

        Raises:
            RefusedError: Something else bears its name.
        """
        folder_fd, name = self.enter(file.path)
        try:
            there = os.stat(name, dir_fd=folder_fd, follow_symlinks=False)
        except FileNotFoundError:
            return file.size
        if not stat.S_ISREG(there.st_mode) or there.st_size != file.size:
            raise in_the_way_error(self.root, [file.path])
        return 0

    def enter(self, path: str) -> tuple[int, str]:
        """Give the open folder of a path, made if need be, and the name that remains.

        Raises:
            RefusedError: A link or a file stands where a folder should.
        """
        try:
            return super().enter(path)
        except OSError as error:
            if error.errno in {errno.ELOOP, errno.ENOTDIR}:
                raise in_the_way_error(self.root, [path]) from error
            raise

    def check_space(self, wanted: int) -> None:
        """Check that the wanted bytes fit.

        Raises:
            UnavailableError: They do not (reason `noSpace`).
        """
        with outside(f"ask {self.root} for its free space"):
            file_system = os.fstatvfs(self._root_fd)
        free = file_system.f_bavail * file_system.f_frsize
        if free < wanted:
            msg = f"{self.root} has {free} bytes free and needs {wanted}; free space or choose another folder"
            raise UnavailableError(msg, reason=NO_SPACE)

    def _open_folder(self, above_fd: int, part: str) -> int:
        try:
            return os.open(part, OPEN_FOLDER, dir_fd=above_fd)
        except FileNotFoundError:
            _make_folder(above_fd, part)
            return os.open(part, OPEN_FOLDER, dir_fd=above_fd)

    def _leave(self) -> None:
        os.fsync(self._folder_fd)
        super()._leave()


def in_the_way_error(root: Path, paths: Sequence[str]) -> RefusedError:
    """Say that something bears the names of files to restore."""
    what = f"{len(paths)} path(s) below {root} are taken by a link or by other content, first {paths[0]!r}"
    return RefusedError(f"{what}; restore to an empty folder, or move these away", reason="inTheWay", paths=paths)


def _make_folder(above_fd: int, part: str) -> None:
    try:
        os.mkdir(part, dir_fd=above_fd)
        os.fsync(above_fd)
    except FileExistsError:
        # Another thread was faster; whether it is a folder, the next opening tells.
        return


def part_name(name: str) -> str:
    """Name the growing file: short, as the final name may use all 255 bytes, and the same for every run."""
    return f".{hashlib.sha256(name.encode()).hexdigest()[:16]}.part"
