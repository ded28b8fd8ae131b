"""Names that a datablock can hold: those of `emdewar.paths` that the bag's other readers understand as well."""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from emdewar.errors import UNSAFE_NAMES, RefusedError
from emdewar.paths import check_names

_LINE_BREAKING: Final = frozenset({"Cc", "Zl", "Zp"})
"""Unicode categories of control characters and separators: bagit-python ends a manifest's line at some of them."""


def check_archivable(names: Sequence[str]) -> None:
    """Refuse a list of files that holds names which cannot be archived.

    Raises:
        RefusedError: At least one name is unsafe, would be misread in a manifest, or is a folder too; the error carries
            all of them.
    """
    check_names(names)
    folders = _folders(names)
    found = {name: why for name in names if (why := _fault(name, folders))}
    if found:
        first, why = next(iter(found.items()))
        msg = f"{len(found)} file name(s) cannot be archived, first {first!r}: it {why}; rename them and try again"
        raise RefusedError(msg, reason=UNSAFE_NAMES, paths=sorted(found))


def _fault(name: str, folders: set[str]) -> str:
    if name in folders:
        return "is a file and a folder at once"
    if name != name.rstrip():
        return "ends with a blank, which manifests lose"
    if not name.isprintable() and any(unicodedata.category(character) in _LINE_BREAKING for character in name):
        return "holds a control character or line separator, at which manifests are split"
    return ""


def _folders(names: Iterable[str]) -> set[str]:
    folders: set[str] = set()
    for name in names:
        folder = name.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    return folders
