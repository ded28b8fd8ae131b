"""Lists of names that a datablock can hold."""

from collections.abc import Iterable, Sequence

from emdewar.errors import UNSAFE_NAMES, RefusedError
from emdewar.paths import check_names


def check_archivable(names: Sequence[str]) -> None:
    """Refuse a list of files that cannot be archived.

    Raises:
        RefusedError: A name is unsafe, or is a file and a folder at once; the error carries all such names.
    """
    check_names(names)
    folders = _folders(names)
    both = sorted(name for name in names if name in folders)
    if both:
        msg = f"{len(both)} name(s) are a file and a folder at once, first {both[0]!r}; rename them and try again"
        raise RefusedError(msg, reason=UNSAFE_NAMES, paths=both)


def _folders(names: Iterable[str]) -> set[str]:
    folders: set[str] = set()
    for name in names:
        folder = name.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    return folders
