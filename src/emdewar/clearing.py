"""Remove files that may go: one by one, only those that were declared and are still what was declared."""

import errno
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from emdewar.datablock.source import SourceFolder, is_as_declared
from emdewar.records import DataFile
from emdewar.stores.system_errors import outside

FIRST_KEPT: Final = 20


@dataclass
class Cleared:
    """What became of a folder.

    Attributes:
        files: Files that went, or would go.
        size: Their bytes.
        kept: Paths that stay, and why; the first of them.
        kept_count: How many stay.
    """

    files: int = 0
    size: int = 0
    kept: dict[str, str] = field(default_factory=dict)
    kept_count: int = 0

    def keep(self, path: str, why: str) -> None:
        """Note that something stays."""
        self.kept_count += 1
        if len(self.kept) < FIRST_KEPT:
            self.kept[path] = why


def clear_declared(root: Path, files: Iterable[DataFile], *, really: bool) -> Cleared:
    """Remove the declared files below a folder, and the folders that are empty then; a second call finishes a first.

    A file of another size or time than declared stays, and so does all that was not declared.

    Args:
        root: Folder the files' paths are relative to.
        files: The declared files.
        really: Remove them; otherwise only look.

    Raises:
        UnavailableError: The folder cannot be read or written.
    """
    cleared = Cleared()
    if not root.is_dir():
        return cleared
    declared: set[str] = set()
    with outside(f"clear {root}"):
        with SourceFolder(root) as source:
            for file in files:
                declared.add(file.path)
                _clear_file(source, file, cleared, really=really)
        _look_at_rest(root, declared, cleared, really=really)
    return cleared


def _clear_file(source: SourceFolder, file: DataFile, cleared: Cleared, *, really: bool) -> None:
    try:
        if not is_as_declared(source.stat(file.path), file):
            cleared.keep(file.path, "it is not what was declared: its size, time or kind differs")
            return
        if really:
            folder_fd, name = source.enter(file.path)
            os.unlink(name, dir_fd=folder_fd)
    except FileNotFoundError:
        return  # an earlier run removed it
    except OSError as error:
        if error.errno not in {errno.ENOTDIR, errno.ELOOP}:
            raise
        cleared.keep(file.path, "a link or a file stands where its folder should")
        return
    cleared.files += 1
    cleared.size += file.size


def _look_at_rest(root: Path, declared: set[str], cleared: Cleared, *, really: bool) -> None:
    """Note what was not declared, and remove the folders that declared files were in, the deepest first."""
    ours = {root, *(root / parent for path in declared for parent in PurePosixPath(path).parents)}
    for folder, folders, names in os.walk(root, topdown=False):
        here = Path(folder)
        links = [name for name in folders if (here / name).is_symlink()]
        for name in (*names, *links):
            path = (here / name).relative_to(root).as_posix()
            if path not in declared:
                cleared.keep(path, "it was never declared")
        if here not in ours:
            if not folders and not names:
                cleared.keep(here.relative_to(root).as_posix(), "it is an empty folder that holds nothing declared")
        elif really:
            remove_if_empty(here)


def remove_if_empty(folder: Path) -> bool:
    """Remove a folder unless something is in it; tells whether it is gone."""
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        if not folder.is_dir() or any(folder.iterdir()):
            return False
        raise
    return True
