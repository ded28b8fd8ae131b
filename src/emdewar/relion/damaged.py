"""The error of all readers of RELION's files for one that is cut short, damaged or something else."""

from pathlib import Path

from emdewar.errors import INCOMPLETE_FILES, RefusedError


def damaged(path: Path, why: str) -> RefusedError:
    """Make the error.

    Args:
        path: The file.
        why: One line without the path.
    """
    msg = f"{path}: {why}; copy it again from where it was processed"
    return RefusedError(msg, reason=INCOMPLETE_FILES, paths=[path.name])
