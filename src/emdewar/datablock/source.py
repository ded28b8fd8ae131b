"""The folder a dataset is read from: regular files as they were declared, reached without following a link."""

import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from emdewar.datablock.members import Member
from emdewar.datablock.moments import NANOSECONDS_PER_MS, time_ms
from emdewar.datablock.pax import Entry
from emdewar.datablock.tree import LinkFreeTree
from emdewar.errors import CHANGED_FILES, MISSING_FILES, RefusedError
from emdewar.records import DataFile
from emdewar.stores.system_errors import outside, unavailable

# O_NONBLOCK: opening a named pipe must not wait for its writer.
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class SourceFolder(LinkFreeTree):
    """The dataset's folder, opened to look at files and to read them."""

    def __init__(self, root: Path) -> None:
        """Open the folder.

        Raises:
            UnavailableError: It cannot be opened, as when a share is not mounted.
        """
        self.root = root
        with outside(f"read the dataset's folder {root}"):
            super().__init__(os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))

    def stat(self, path: str) -> os.stat_result:
        """Look at what bears a path now; a link is not followed."""
        folder_fd, name = self.enter(path)
        return os.stat(name, dir_fd=folder_fd, follow_symlinks=False)

    def open(self, path: str) -> int:
        """Open a file for reading."""
        folder_fd, name = self.enter(path)
        return os.open(name, _FILE, dir_fd=folder_fd)


def check_source(root: Path, files: Iterable[DataFile]) -> None:
    """Check that all files are there as declared, before the first one is read.

    Raises:
        RefusedError: Files are missing (reason `missingFilesError`), or are no regular files of the declared size and
            time (reason `changedFiles`); the error lists them all.
        UnavailableError: The folder cannot be read.
    """
    _check(root, ((file.path, _entry(file)) for file in files))


def check_planned(root: Path, members: Iterable[Member]) -> None:
    """Check the files of a datablock's plan in the same way."""
    _check(root, ((member.file.path, member.entry) for member in members if member.file))


def _check(root: Path, planned: Iterable[tuple[str, Entry]]) -> None:
    found: dict[str, list[str]] = {MISSING_FILES: [], CHANGED_FILES: []}
    with SourceFolder(root) as source:
        for path, entry in planned:
            if fault := _fault(source, path, entry):
                found[fault].append(path)
    if found[MISSING_FILES]:
        raise missing_error(root, found[MISSING_FILES])
    if found[CHANGED_FILES]:
        raise changed_error(root, found[CHANGED_FILES])


def _entry(file: DataFile) -> Entry:
    return Entry(file.path, file.size, time_ms(file.time))


def is_as_declared(now: os.stat_result, file: DataFile) -> bool:
    """Tell whether this is a regular file of the declared size and, to the millisecond, time."""
    return is_as_planned(now, _entry(file))


def is_as_planned(now: os.stat_result, entry: Entry) -> bool:
    """Tell whether this is a regular file of the planned size and, to the millisecond, time."""
    return (
        now.st_size == entry.size
        and now.st_mtime_ns // NANOSECONDS_PER_MS == entry.time_ms
        and stat.S_ISREG(now.st_mode)
    )


def missing_error(root: Path, paths: Sequence[str]) -> RefusedError:
    """Say that declared files are not there."""
    what = f"{len(paths)} declared file(s) are not below {root}, first {paths[0]!r}"
    return RefusedError(f"{what}; bring them back, or correct the list", reason=MISSING_FILES, paths=paths)


def changed_error(root: Path, paths: Sequence[str]) -> RefusedError:
    """Say that files are no longer what was declared."""
    what = f"{len(paths)} file(s) below {root} differ in size, time or kind from what was declared, first {paths[0]!r}"
    return RefusedError(f"{what}; wait until nobody writes there and ingest again", reason=CHANGED_FILES, paths=paths)


def _fault(source: SourceFolder, path: str, entry: Entry) -> str:
    try:
        return "" if is_as_planned(source.stat(path), entry) else CHANGED_FILES
    except FileNotFoundError:
        return MISSING_FILES
    except NotADirectoryError:
        return CHANGED_FILES
    except OSError as error:
        raise unavailable(f"read {source.root / path}", error) from error
