"""All files of a project's folder, without following a link."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from emdewar.errors import UnavailableError
from emdewar.lineage.keeping import LINK_KIND
from emdewar.lineage.model import LineageFile, is_project_path

_OF_NO_INTEREST: Final = frozenset({".relion_lock", "cs.lock", ".Nodes", ".Trash", "Trash"})
"""Locks, empty files by which RELION finds others, and what a person has thrown away."""


def project_files(folder: Path) -> Iterator[LineageFile]:
    """List regular files and links below a folder; the order is the same each time.

    Raises:
        UnavailableError: A folder cannot be read now.
    """
    to_visit = [("", folder)]
    while to_visit:
        prefix, current = to_visit.pop()
        for entry in _entries(current):
            path = prefix + entry.name
            if entry.name in _OF_NO_INTEREST or not is_project_path(path):
                continue
            if entry.is_dir(follow_symlinks=False):
                to_visit.append((f"{path}/", Path(entry.path)))
            elif file := _file(path, entry):
                yield file


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UnavailableError(f"cannot read {folder}: {error.strerror}") from error


def _file(path: str, entry: os.DirEntry[str]) -> LineageFile | None:
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(status.st_mode):
        return LineageFile(path=path, kind=LINK_KIND, is_there=True)
    if stat.S_ISREG(status.st_mode):
        return LineageFile(path=path, is_there=True, size=status.st_size)
    return None
