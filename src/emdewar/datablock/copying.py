"""Copy one file of the dataset to its place in the tar: read once, hash, and compare with its declaration."""

import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from emdewar.datablock import pax
from emdewar.datablock.members import Member
from emdewar.datablock.parts import PartAssembly
from emdewar.datablock.source import SourceFolder, changed_error, is_as_declared, missing_error
from emdewar.errors import CHECKSUM_MISMATCH, IntegrityError
from emdewar.records import DataFile
from emdewar.stores.system_errors import outside

READ_STEP: Final = 512 * 1024
"""Bytes read, hashed and checksummed at once: they stay in the processor's second-level cache."""


def copy_file(
    member: Member, file: DataFile, source: SourceFolder, assembly: PartAssembly, check: Callable[[], None]
) -> str:
    """Copy a file with its header and padding into the tar; gives the sha256 that was measured.

    Args:
        member: Its place.
        file: Its declaration.
        source: The dataset's folder.
        assembly: The tar.
        check: Called between steps; raises when the work shall end.

    Raises:
        RefusedError: The file is missing, or was changed before or while it was read.
        IntegrityError: Its content differs from the declared sha256 though size and time are the same.
        UnavailableError: It cannot be read, or a store cannot be written.
    """
    with outside(f"read {source.root}/{file.path}"), _opened(source, file) as fd:
        before = os.fstat(fd)
        if not is_as_declared(before, file):
            raise changed_error(source.root, [file.path])
        copy = _copy_small if file.size <= READ_STEP else _copy_large
        sha256 = copy(fd, member, assembly, check)
        if sha256 is None or _was_touched(before, os.fstat(fd)):
            raise changed_error(source.root, [file.path])
    if sha256 != file.chk:
        msg = (
            f"{source.root / file.path} has sha256 {sha256} but {file.chk} was declared, with the same size and time: "
            "its bytes have rotted since; bring the file back from where it was acquired"
        )
        raise IntegrityError(msg, reason=CHECKSUM_MISMATCH, paths=[file.path])
    return sha256


@contextmanager
def _opened(source: SourceFolder, file: DataFile) -> Iterator[int]:
    try:
        fd = source.open(file.path)
    except FileNotFoundError as error:
        raise missing_error(source.root, [file.path]) from error
    except OSError as error:
        if error.errno not in {errno.ELOOP, errno.ENOTDIR}:
            raise
        raise changed_error(source.root, [file.path]) from error
    try:
        yield fd
    finally:
        os.close(fd)


def _was_touched(before: os.stat_result, after: os.stat_result) -> bool:
    return (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)


def _copy_small(fd: int, member: Member, assembly: PartAssembly, check: Callable[[], None]) -> str | None:
    """Put header, content and padding in one piece; gives None where the file is shorter or longer than declared."""
    check()
    size = member.entry.size
    content = os.pread(fd, size + 1, 0)
    if len(content) != size:
        return None
    sha256 = hashlib.sha256(content).hexdigest()
    put_member(member, content, sha256, assembly)
    return sha256


def _copy_large(fd: int, member: Member, assembly: PartAssembly, check: Callable[[], None]) -> str | None:
    """Read straight into the parts; the header, which carries the digest, comes last."""
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_SEQUENTIAL)
    size = member.entry.size
    digest = hashlib.sha256()
    done = 0
    while done < size:
        check()
        place = assembly.place(member.content_at + done, min(size - done, READ_STEP))
        if not _read_into(fd, place, done):
            return None
        digest.update(place)
        assembly.filled(member.content_at + done, place)
        done += len(place)
    assembly.put(member.content_at + size, bytes(member.end - member.content_at - size))
    assembly.put(member.header_at, pax.header(member.entry, member.header_at, digest.hexdigest()))
    return digest.hexdigest()


def put_member(member: Member, content: bytes, sha256: str, assembly: PartAssembly) -> None:
    """Put a member whose content is in memory."""
    padding = bytes(member.end - member.content_at - len(content))
    assembly.put(member.header_at, pax.header(member.entry, member.header_at, sha256) + content + padding)


def _read_into(fd: int, place: memoryview, offset: int) -> bool:
    """Fill a place; false where the file ends before."""
    done = 0
    while done < len(place):
        count = os.preadv(fd, [place[done:]], offset + done)
        if not count:
            return False
        done += count
    return True
