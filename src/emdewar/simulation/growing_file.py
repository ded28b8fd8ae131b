"""Files that appear as a microscope's do: under their final name, growing until they are whole."""

import errno
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from emdewar.errors import NO_SPACE, RefusedError, UnavailableError
from emdewar.simulation.checks import check_number, refuse

APPENDS = 8
"""In how many pieces a file is written when that takes time."""


@dataclass(frozen=True)
class DropFolder:
    """Where the simulated microscope writes.

    Attributes:
        root: Folder that all names are relative to.
        on_file: Told of each file as soon as it is whole.
    """

    root: Path
    on_file: Callable[[Path], None] | None = None

    def write(self, name: str, content: bytes | str, *, seconds: float = 0.0) -> Path:
        """Write a file, at once or growing over some seconds.

        Raises:
            RefusedError: There is a file of that name already.
            UnavailableError: The folder cannot be written.
        """
        path = self.root / name
        whole = content.encode() if isinstance(content, str) else content
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _grow(path, whole, seconds)
        except FileExistsError as error:
            raise RefusedError(f"{path} exists already: choose an empty folder") from error
        except OSError as error:
            raise cannot_write(path, error) from error
        if self.on_file:
            self.on_file(path)
        return path


def check_drop(folder: Path, *, seconds_per_movie: float) -> None:
    """Refuse a place that is no folder, and a pace that no microscope has.

    Raises:
        RefusedError: The folder is a file, or a movie takes less than nothing or more than an hour.
    """
    refuse(f"{folder} is no folder: choose another place", unless=folder.is_dir() or not folder.exists())
    check_number("seconds per movie", seconds_per_movie, least=0, most=3600)


def cannot_write(path: Path, error: OSError) -> UnavailableError:
    """Say which file could not be written, and why."""
    reason = NO_SPACE if error.errno == errno.ENOSPC else None
    return UnavailableError(f"cannot write {path}: {error.strerror}; mend that and try again", reason=reason)


def _grow(path: Path, content: bytes, seconds: float) -> None:
    piece = max(1, -(-len(content) // APPENDS)) if seconds else max(1, len(content))
    with path.open("xb") as file:
        for start in range(0, len(content), piece):
            file.write(content[start : start + piece])
            file.flush()
            time.sleep(seconds / APPENDS)
