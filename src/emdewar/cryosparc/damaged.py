"""The error of all readers here: a file that is not what its name says."""

from pathlib import Path

from emdewar.errors import INCOMPLETE_FILES, RefusedError


def damaged(path: Path, why: str) -> RefusedError:
    """Make the error for a file that is cut short, foreign or unsafe to read.

    Args:
        path: The file.
        why: One line without the path, e.g. `it is not JSON`.
    """
    msg = f"{path}: {why}; copy or export the project again"
    return RefusedError(msg, reason=INCOMPLETE_FILES, paths=[path.name])
