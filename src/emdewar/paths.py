"""Names of files inside a dataset: which ones may be archived, and how to join them without leaving the folder.

A name is a POSIX path relative to the dataset's root. The rules follow from what must read a datablock in thirty years:
BagIt manifests (RFC 8493 escapes `%`, CR and LF, and no implementation agrees how), tar on file systems that fold case
or normalise Unicode, and a restore that must never write outside its folder.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from emdewar.errors import UNSAFE_NAMES, RefusedError

FORBIDDEN_CHARACTERS = {"%": "'%'", "\r": "a carriage return", "\n": "a line feed", "\0": "a NUL byte"}
"""Characters no archived name may hold, and how to call them in a message."""

_LINE_BREAKING = frozenset({"Cc", "Zl", "Zp"})
"""Unicode categories of control characters and separators: bagit-python ends a manifest's line at some of them."""


def unsafe_names(names: Iterable[str]) -> dict[str, str]:
    """Find the names that cannot be archived, each with the reason.

    Args:
        names: POSIX paths relative to the dataset's root.

    Returns:
        Reason by name; empty when all is well. Names that collide by case or Unicode form are all listed.
    """
    found: dict[str, str] = {}
    folded: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        if why := _fault(name):
            found[name] = why
        folded[_folded(name)].append(name)
    for group in folded.values():
        if len(group) > 1:
            found.update(dict.fromkeys(group, "collides with another name by case or Unicode form"))
    return found


def check_names(names: Iterable[str]) -> None:
    """Refuse a list of files that holds names which cannot be archived.

    Raises:
        RefusedError: At least one name is unsafe; the error carries all of them.
    """
    found = unsafe_names(names)
    if found:
        first, why = next(iter(found.items()))
        msg = f"{len(found)} file name(s) cannot be archived, first {first!r}: {why}; rename them and try again"
        raise RefusedError(msg, reason=UNSAFE_NAMES, paths=sorted(found))


def join_inside(root: Path, name: str) -> Path:
    """Join a name below a folder, without ever leaving it.

    Links are not followed here: whoever opens the path uses `O_NOFOLLOW`, or asks `resolves_inside`.

    Raises:
        RefusedError: The name is absolute, climbs with `..`, or holds an empty part.
    """
    if why := _fault(name):
        msg = f"refusing the path {name!r} below {root}: it {why}"
        raise RefusedError(msg, reason=UNSAFE_NAMES, paths=[name])
    return root.joinpath(*PurePosixPath(name).parts)


def resolves_inside(root: Path, path: Path) -> bool:
    """Tell whether a path, with all links followed, still lies below a folder."""
    return path.resolve().is_relative_to(root.resolve())


def safe_stem(pid: str) -> str:
    """Turn a persistent identifier into a file name: `20.500/abc` becomes `20.500_abc`."""
    return "".join(c if c.isalnum() or c in "._-" else "_" for c in pid)


def _folded(name: str) -> str:
    return name.lower() if name.isascii() else unicodedata.normalize("NFC", name).casefold()


def _fault(name: str) -> str:
    if not name or name.startswith("/"):
        return "is empty or absolute"
    if any(part in {"", ".", ".."} for part in name.split("/")):
        return "has an empty part, '.' or '..'"
    return _unreadable(name)


def _unreadable(name: str) -> str:
    # Nearly all names are like this, and 100,000 of them are looked at.
    if name.isascii() and name.isprintable() and "%" not in name and not name.endswith(" "):
        return ""
    for character, called in FORBIDDEN_CHARACTERS.items():
        if character in name:
            return f"holds {called}"
    if any("\ud800" <= character <= "\udfff" for character in name):
        return "is not valid UTF-8"
    if name != name.rstrip():
        return "ends with a blank, which manifests lose"
    if not name.isprintable() and any(unicodedata.category(character) in _LINE_BREAKING for character in name):
        return "holds a control character or line separator, at which manifests are split"
    return ""
