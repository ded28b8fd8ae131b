"""Sessions: the folder that a microscope's software writes, and the files in it."""

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from emdewar.errors import UNSAFE_NAMES, RefusedError, UnavailableError
from emdewar.paths import check_names, resolves_inside


class Vendor(StrEnum):
    """Which program wrote the session."""

    EPU = "EPU"
    TOMO5 = "Tomography 5"
    SERIALEM = "SerialEM"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Session:
    """A session as found on disk.

    Attributes:
        name: Name of its folder.
        folder: Where it is.
        vendor: Which program wrote it, judged by the files that this program always writes.
    """

    name: str
    folder: Path
    vendor: Vendor


@dataclass(frozen=True)
class SeenFile:
    """A regular file as `stat` saw it.

    Attributes:
        path: POSIX path relative to the session's folder.
        size: Bytes.
        mtime_ns: Modification time, in ns since the epoch.
    """

    path: str
    size: int
    mtime_ns: int


def recognise(folder: Path) -> Session:
    """Tell what kind of session a folder holds.

    Raises:
        RefusedError: There is no such folder.
    """
    if not folder.is_dir():
        msg = f"no session folder at {folder}: check the path and that the share is mounted"
        raise RefusedError(msg, reason="noSession")
    return Session(folder.name, folder, _vendor(folder))


def find_sessions(drop_folder: Path) -> list[Session]:
    """List the sessions in a microscope's drop folder, by name; names that begin with a dot are left out.

    Raises:
        UnavailableError: The drop folder cannot be read now.
    """
    try:
        with os.scandir(drop_folder) as entries:
            names = sorted(e.name for e in entries if e.is_dir(follow_symlinks=False) and not e.name.startswith("."))
    except OSError as error:
        raise UnavailableError(f"cannot list the drop folder {drop_folder}: {error.strerror}") from error
    return [recognise(drop_folder / name) for name in names]


def list_files(folder: Path) -> list[SeenFile]:
    """List all regular files below a session's folder, sorted by path.

    Raises:
        RefusedError: The session holds a link, a device, a pipe or a name that cannot be archived.
        UnavailableError: A folder cannot be read now.
    """
    files: list[SeenFile] = []
    strange: dict[str, str] = {}
    pending = [folder]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    _sort_entry(entry, folder, files, strange, pending)
        except OSError as error:
            raise UnavailableError(f"cannot list {error.filename or folder}: {error.strerror}") from error
    _refuse(strange, folder)
    check_names(file.path for file in files)
    return sorted(files, key=lambda file: file.path)


def _sort_entry(
    entry: os.DirEntry[str], root: Path, files: list[SeenFile], strange: dict[str, str], pending: list[Path]
) -> None:
    path = Path(entry.path)
    name = path.relative_to(root).as_posix()
    if entry.is_symlink():
        inside = resolves_inside(root, path)
        strange[name] = "is a link" if inside else "is a link that leaves the session"
    elif entry.is_dir(follow_symlinks=False):
        pending.append(path)
    elif entry.is_file(follow_symlinks=False):
        stat = entry.stat(follow_symlinks=False)
        files.append(SeenFile(name, stat.st_size, stat.st_mtime_ns))
    else:
        strange[name] = "is neither a file nor a folder"


def _refuse(strange: dict[str, str], folder: Path) -> None:
    if not strange:
        return
    first = min(strange)
    msg = (
        f"{len(strange)} entr{'y' if len(strange) == 1 else 'ies'} of the session {folder.name} cannot be acquired, "
        f"first {first!r}: it {strange[first]}; replace it by the file itself or remove it"
    )
    raise RefusedError(msg, reason=UNSAFE_NAMES, paths=sorted(strange))


def _vendor(folder: Path) -> Vendor:
    if (folder / "EpuSession.dm").is_file():
        return Vendor.EPU
    if (folder / "Session.dm").is_file():
        return Vendor.TOMO5
    if any(folder.glob("*.mdoc")):
        return Vendor.SERIALEM
    return Vendor.UNKNOWN
