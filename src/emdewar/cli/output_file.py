"""A file that a command writes: whole or not there, and never in the place of something that is no file."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from emdewar.errors import RefusedError, UnavailableError


def check_output(output: Path, inputs: Sequence[Path | None] = (), *, never_in: Path | None = None) -> None:
    """Refuse to write over what is read, into a folder that is only read, and over a device, which would be gone.

    Args:
        output: File to write; of a link, what it names is written.
        inputs: Files that are read.
        never_in: Folder that is only read.

    Raises:
        RefusedError: It must not be written.
        UnavailableError: It cannot be looked at now.
    """
    try:
        if never_in and _leads_into(output, never_in.resolve()):
            raise RefusedError(f"{output} is in the project, which is never written; name a file elsewhere")
        if not output.exists():
            return
        if not output.is_file():
            raise RefusedError(f"{output} is no regular file; name another one")
        if any(path and path.exists() and output.samefile(path) for path in inputs):
            raise RefusedError(f"{output} would be written over itself; name another file")
    except (OSError, RuntimeError) as error:  # pathlib says of a circle of links that it is a RuntimeError
        raise _unwritable(output, error) from error


def write_whole(output: Path, write: Callable[[Path], object]) -> None:
    """Write a file under another name first; a link stays, and what it names is written.

    Args:
        output: The file.
        write: Writes it under the name that it is given.

    Raises:
        UnavailableError: It cannot be written now.
    """
    try:
        target = output.resolve()
        part = target.with_name(f".emdewar-{os.getpid()}.part")
        try:
            write(part)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except (OSError, RuntimeError) as error:
        raise _unwritable(output, error) from error


def _leads_into(output: Path, folder: Path) -> bool:
    """Tell whether a name is in a folder, or a link leads there."""
    return output.absolute().parent.resolve().is_relative_to(folder) or output.resolve().is_relative_to(folder)


def _unwritable(output: Path, error: Exception) -> UnavailableError:
    return UnavailableError(f"cannot write {output}: {error}")
