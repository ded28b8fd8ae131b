"""What lies in the folder of a store: objects, and what dead writers left."""

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from emdewar.stores.names import PART_ENDING, is_object_name
from emdewar.stores.part_file import discard_dead
from emdewar.stores.store import StoredObject


def list_objects(folder_fd: int) -> Iterator[StoredObject]:
    """List the objects in the order of their names; what vanishes meanwhile is left out.

    Errors of the operating system pass through as `OSError`.
    """
    for name in sorted(filter(is_object_name, os.listdir(folder_fd))):
        try:
            found = os.stat(name, dir_fd=folder_fd, follow_symlinks=False)
        except FileNotFoundError:
            continue
        if stat.S_ISREG(found.st_mode):
            yield StoredObject(name, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))


def size_in(folder_fd: int, name: str) -> int | None:
    """Give the size of an object, or None where there is none; a link is none."""
    try:
        found = os.stat(name, dir_fd=folder_fd, follow_symlinks=False)
    except FileNotFoundError:
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def discard_leftovers(folder_fd: int, older_than: timedelta) -> list[str]:
    """Remove what dead writers left; gives the names of the objects that they were writing.

    Errors of the operating system pass through as `OSError`.
    """
    growing = sorted(name for name in os.listdir(folder_fd) if name.endswith(PART_ENDING))
    dead = [part for part in growing if discard_dead(folder_fd, part, older_than=older_than)]
    return [part.removesuffix(PART_ENDING) for part in dead]
