"""Names of objects: one plain word that every file system and object store takes."""

import re
from typing import Final

from emdewar.errors import UNSAFE_NAMES, RefusedError

PART_ENDING: Final = ".part"
"""Files with this ending are no objects yet."""

LONGEST_NAME_BYTES: Final = 255 - len(PART_ENDING)

_SAFE_NAME = re.compile(r"\w[\w.-]*")


def check_object_name(name: str) -> None:
    """Refuse a name that could leave the store's folder, hide in it, or be taken for a growing object.

    Raises:
        RefusedError: The name is not a plain one.
    """
    if not is_object_name(name):
        msg = (
            f"{name!r} cannot name an object: give at most {LONGEST_NAME_BYTES} bytes of letters, digits, '.', '_' "
            f"and '-', starting with a letter or digit and not ending in {PART_ENDING!r}"
        )
        raise RefusedError(msg, reason=UNSAFE_NAMES, paths=[name])


def is_object_name(name: str) -> bool:
    """Tell whether an object may bear a name."""
    return (
        bool(_SAFE_NAME.fullmatch(name)) and len(name.encode()) <= LONGEST_NAME_BYTES and not name.endswith(PART_ENDING)
    )
