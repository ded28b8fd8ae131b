"""Copy files of the dataset to their places in the tar: read once, hash, and compare with the declaration."""

import errno
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Final

from emdewar.datablock import pax
from emdewar.datablock.members import PIECE, Member
from emdewar.datablock.parts import PartAssembly
from emdewar.datablock.source import SourceFolder, changed_error, is_as_planned, missing_error
from emdewar.errors import CHECKSUM_MISMATCH, DewarError, IntegrityError
from emdewar.records import DataFile
from emdewar.stores.system_errors import unavailable

READ_STEP: Final = 512 * 1024
"""Bytes read, hashed and checksummed at once: they stay in the processor's second-level cache."""

_ZEROS: Final = bytes(pax.TAR_BLOCK)
_NOT_A_FILE: Final = frozenset({errno.ELOOP, errno.ENOTDIR, errno.ESPIPE, errno.EISDIR, errno.ENXIO})


def runs(members: Iterable[Member]) -> Iterator[Sequence[Member]]:
    """Divide the files of a tar into what one thread copies at once: a large one, or small ones that are neighbours."""
    run: list[Member] = []
    for member in members:
        if run and member.end > min(run[0].header_at + READ_STEP, _next_piece(run[0].header_at)):
            yield run
            run = []
        run.append(member)
    if run:
        yield run


def _next_piece(at: int) -> int:
    return (at // PIECE + 1) * PIECE


class Copier:
    """Copies runs of files into a tar; for one thread."""

    def __init__(self, source: SourceFolder, assembly: PartAssembly, check: Callable[[], None]) -> None:
        """Prepare.

        Args:
            source: The dataset's folder.
            assembly: The tar.
            check: Called between steps; raises when the work shall end.
        """
        self._source = source
        self._assembly = assembly
        self._check = check

    def copy(self, run: Sequence[Member]) -> None:
        """Copy files with their headers and padding.

        Raises:
            RefusedError: A file is missing, or was changed before or while it was read.
            IntegrityError: Its content differs from the declared sha256 though size and time are the same.
            UnavailableError: It cannot be read, or no store can be written.
        """
        start, end = run[0].header_at, run[-1].end
        if end > _next_piece(start) or end - start > READ_STEP:
            for member in run:
                self._put_header(member)
                self._copy(member, self._stream)
            return
        self._check()
        place = self._assembly.place(start, end - start)
        for member in run:
            self._copy(member, partial(_fill, place, start))
        self._assembly.filled(start, place)

    def _copy(self, member: Member, read: Callable[[int, Member], str | None]) -> None:
        """Open a file, look whether it is the declared one before and after it is read, and compare its digest."""
        file = member.file
        if not file:
            return
        try:
            fd = self._source.open(file.path)
            try:
                before = os.fstat(fd)
                if not is_as_planned(before, member.entry):
                    raise self._changed(file)
                sha256 = read(fd, member)
                after = os.fstat(fd)
            finally:
                os.close(fd)
        except OSError as error:
            raise self._unreadable(file, error) from error
        if sha256 is None or before.st_mtime_ns != after.st_mtime_ns or before.st_size != after.st_size:
            raise self._changed(file)
        if sha256 != file.chk:
            raise self._rotten(file, sha256)

    def _put_header(self, member: Member) -> None:
        if member.file:
            self._assembly.put(member.header_at, pax.header(member.entry, member.header_at, member.file.chk))

    def _stream(self, fd: int, member: Member) -> str | None:
        """Read straight into the pieces; gives the sha256, or None where the file is shorter than declared."""
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_SEQUENTIAL)
        size = member.entry.size
        digest = hashlib.sha256()
        done = 0
        while done < size:
            self._check()
            place = self._assembly.place(member.content_at + done, min(size - done, READ_STEP))
            if not _read_into(fd, place, done):
                return None
            digest.update(place)
            self._assembly.filled(member.content_at + done, place)
            done += len(place)
        self._assembly.put(member.content_at + size, _ZEROS[: member.end - member.content_at - size])
        return digest.hexdigest()

    def _changed(self, file: DataFile) -> DewarError:
        return changed_error(self._source.root, [file.path])

    def _unreadable(self, file: DataFile, error: OSError) -> DewarError:
        if isinstance(error, FileNotFoundError):
            return missing_error(self._source.root, [file.path])
        if error.errno in _NOT_A_FILE:
            return self._changed(file)
        return unavailable(f"read {self._source.root / file.path}", error)

    def _rotten(self, file: DataFile, sha256: str) -> DewarError:
        msg = (
            f"{self._source.root / file.path} has sha256 {sha256} but {file.chk} was declared, with the same size and "
            "time: its bytes have rotted since; bring the file back from where it was acquired"
        )
        return IntegrityError(msg, reason=CHECKSUM_MISMATCH, paths=[file.path])


def _fill(place: memoryview, start: int, fd: int, member: Member) -> str | None:
    """Read a small file and put header and padding around it, into the memory of its run."""
    begin, size = member.content_at - start, member.entry.size
    content = place[begin : begin + size]
    if not _read_into(fd, content, 0):
        return None
    sha256 = hashlib.sha256(content).hexdigest()
    place[member.header_at - start : begin] = pax.header(member.entry, member.header_at, sha256)
    if padding := -size % pax.TAR_BLOCK:
        place[begin + size : begin + size + padding] = _ZEROS[:padding]
    return sha256


def _read_into(fd: int, place: memoryview, offset: int) -> bool:
    """Fill a place; false where the file ends before."""
    done = 0
    while done < len(place):
        count = os.preadv(fd, [place[done:]], offset + done)
        if not count:
            return False
        done += count
    return True
