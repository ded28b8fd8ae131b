"""Bring files from the microscope to the landing zone: hashed while read, read back, compared, and never half there."""

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from emdewar.acquisition.session import SeenFile
from emdewar.datablock.source import SourceFolder, is_as_declared
from emdewar.errors import (
    CHANGED_FILES,
    CHECKSUM_MISMATCH,
    MISSING_FILES,
    NO_SPACE,
    IntegrityError,
    RefusedError,
    UnavailableError,
)
from emdewar.paths import join_inside
from emdewar.records import DataFile

STEP_BYTES = 4 << 20
"""How much is read, hashed and written at a time."""

_FULL = {errno.ENOSPC, errno.EDQUOT}


def moment_of(mtime_ns: int) -> datetime:
    """Turn a modification time into the moment on record, cut to milliseconds."""
    seconds, rest_ns = divmod(mtime_ns, 1_000_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest_ns // 1_000_000 * 1000)


def is_landed(seen: SeenFile, known: DataFile | None, landing: Path) -> bool:
    """Tell whether a file, unchanged at its source since, is already in the landing zone."""
    if known is None or (known.size, known.time) != (seen.size, moment_of(seen.mtime_ns)):
        return False
    try:
        stat = join_inside(landing, seen.path).lstat()
    except FileNotFoundError:
        return False
    return is_as_declared(stat, known)


def make_landing(zone: Path, landing: Path) -> None:
    """Make a dataset's folder in the landing zone; the zone itself must be there, or its disk is not mounted.

    Raises:
        UnavailableError: There is no landing zone, or it cannot be written.
    """
    if not zone.is_dir():
        raise UnavailableError(f"there is no landing zone at {zone}: check that its disk is mounted")
    try:
        landing.mkdir(exist_ok=True)
    except OSError as error:
        raise UnavailableError(f"cannot write to the landing zone {zone}: {error.strerror}") from error


def check_space(folder: Path, needed_bytes: int) -> None:
    """Refuse to start what cannot fit.

    Raises:
        UnavailableError: Less than `needed_bytes` is free in `folder`.
    """
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        msg = f"{folder} has {free:,} bytes free and {needed_bytes:,} are needed: make room, then run this again"
        raise UnavailableError(msg, reason=NO_SPACE)


def bring_over(
    files: Iterable[SeenFile],
    source: Path,
    landing: Path,
    *,
    workers: int = 4,
    on_progress: Callable[[int], None] = lambda _: None,
) -> list[DataFile]:
    """Copy files with their checksums; each is whole and durable under its name, or not there.

    Args:
        files: What to copy, as last seen.
        source: The session's folder; only read.
        landing: The folder to copy into.
        workers: Files copied at a time.
        on_progress: Called with the bytes of each file that is done.

    Raises:
        RefusedError: A file changed or vanished while it was copied; acquire the session again.
        IntegrityError: What was read back differs from what was read.
        UnavailableError: The landing zone is full, or one of the two places cannot be reached.
    """

    def one(file: SeenFile) -> DataFile:
        landed = _bring_one(file, source, landing)
        on_progress(landed.size)
        return landed

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(one, files))


def _bring_one(file: SeenFile, source: Path, landing: Path) -> DataFile:
    origin, target = join_inside(source, file.path), join_inside(landing, file.path)
    part = landing.with_name("parts") / hashlib.sha256(file.path.encode()).hexdigest()
    with _explained(file.path):
        part.parent.mkdir(parents=True, exist_ok=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        digest = _copy(source, part, file)
        if _digest_from_medium(part) != digest:
            msg = f"{target} differs from {origin} when read back: check the landing zone's disk"
            raise IntegrityError(msg, reason=CHECKSUM_MISMATCH, paths=[file.path])
        part.rename(target)
        _sync_folder(target.parent)
    return DataFile(path=file.path, size=file.size, time=moment_of(file.mtime_ns), chk=digest)


def _copy(source: Path, part: Path, file: SeenFile) -> str:
    digest = hashlib.sha256()
    with SourceFolder(source) as folder:
        descriptor = folder.open(file.path)
    with open(descriptor, "rb", buffering=0) as reader, part.open("wb", buffering=0) as writer:  # noqa: PTH123 - a descriptor
        while step := reader.read(STEP_BYTES):
            digest.update(step)
            _write_all(writer.fileno(), step)
        stat = os.fstat(reader.fileno())
        if (stat.st_size, stat.st_mtime_ns) != (file.size, file.mtime_ns) or writer.tell() != file.size:
            msg = f"{source / file.path} changed while it was copied: wait for the microscope, then run this again"
            raise RefusedError(msg, reason=CHANGED_FILES, paths=[file.path])
        os.utime(writer.fileno(), ns=(file.mtime_ns, file.mtime_ns))
        os.fsync(writer.fileno())
    return digest.hexdigest()


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _digest_from_medium(path: Path) -> str:
    """Hash a file as the disk has it; dropping its pages first makes the kernel read it again."""
    with path.open("rb", buffering=0) as reader:
        os.posix_fadvise(reader.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return hashlib.file_digest(reader, "sha256").hexdigest()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _explained(path: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        msg = f"{error.filename} is not there any more: was the session removed? Put it back or acquire it again"
        raise RefusedError(msg, reason=MISSING_FILES, paths=[path]) from error
    except OSError as error:
        if error.errno in _FULL:
            msg = f"the landing zone is full at {path}: make room, then run this again; nothing was lost"
            raise UnavailableError(msg, reason=NO_SPACE, paths=[path]) from error
        if error.errno in {errno.ELOOP, errno.ENOTDIR}:
            msg = f"{path} became a link: replace it by the file itself"
            raise RefusedError(msg, reason=CHANGED_FILES, paths=[path]) from error
        raise UnavailableError(f"cannot copy {path}: {error.strerror}", paths=[path]) from error
