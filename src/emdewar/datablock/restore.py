"""Bring files back from a datablock by range reads, each hashed while it is written and visible only when proven."""

import hashlib
import threading
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Final

from emdewar.datablock.destination import DestinationFolder, in_the_way_error
from emdewar.datablock.members import object_name
from emdewar.datablock.threads import Queue, share_out
from emdewar.errors import CHECKSUM_MISMATCH, MISSING_FILES, IntegrityError, RefusedError
from emdewar.paths import join_inside
from emdewar.records import DatablockRecord, DataFile
from emdewar.stores.direct_io import write_all
from emdewar.stores.store import ObjectReader, Store
from emdewar.stores.system_errors import outside

READ_STEP: Final = 1 << 20
"""Bytes read, hashed and written at once."""


def restore_files(  # noqa: PLR0913 - four say what, two say how
    store: Store,
    record: DatablockRecord,
    names: Collection[str] | None,
    destination: Path,
    *,
    workers: int = 4,
    on_progress: Callable[[int], None] | None = None,
) -> int:
    """Restore files of a datablock below a folder, which is made if need be.

    A file that is there with the right content is kept, so that a second run finishes what a killed one began.

    Args:
        store: A store that holds the datablock.
        record: The datablock, with its list of files and their offsets.
        names: Which files; None means all.
        destination: Folder the files' paths are relative to.
        workers: Threads.
        on_progress: Called with the number of bytes just restored or found in place, from several threads.

    Returns:
        How many files were written; those kept are not counted.

    Raises:
        RefusedError: A name is not in the datablock, a path leads through a link, or a file with other content is in
            the way.
        IntegrityError: What was read differs from the record; nothing of it is visible.
        UnavailableError: The store or the destination cannot be reached, or there is no space.
    """
    wanted = _wanted(record, names, destination)
    _check_destination(destination, wanted)
    with store.open(object_name(record.archive_id)) as reader:
        restoring = _Restoring(reader, destination, on_progress or _ignore)
        share_out(wanted, restoring.work, workers=workers)
    return restoring.written


def _wanted(record: DatablockRecord, names: Collection[str] | None, destination: Path) -> list[DataFile]:
    """Pick the files, in the order of the tar: one pass over a tape, and neighbours share a folder."""
    listed = {file.path: file for file in record.data_file_list}
    unknown = sorted(set(names or ()) - listed.keys())
    if unknown:
        msg = f"{len(unknown)} file(s) are not in datablock {record.archive_id}, first {unknown[0]!r}; check the names"
        raise RefusedError(msg, reason=MISSING_FILES, paths=unknown)
    wanted = [file for path, file in listed.items() if names is None or path in names]
    for file in wanted:
        join_inside(destination, file.path)
    return sorted(wanted, key=lambda file: _offset(record, file))


def _offset(record: DatablockRecord, file: DataFile) -> int:
    if file.offset is None:
        msg = f"the list of datablock {record.archive_id} has no offset for {file.path!r}; use the list of its record"
        raise RefusedError(msg, paths=[file.path])
    return file.offset


def _check_destination(root: Path, wanted: Sequence[DataFile]) -> None:
    """Find all that is in the way before anything is written."""
    taken: list[str] = []
    missing_bytes = 0
    with outside(f"look at {root}"), DestinationFolder(root) as destination:
        for file in wanted:
            try:
                missing_bytes += destination.missing_bytes(file)
            except RefusedError as error:
                taken.extend(error.paths)
        if taken:
            raise in_the_way_error(root, taken)
        destination.check_space(missing_bytes)


class _Restoring:
    """Restores files of one datablock in several threads."""

    def __init__(self, reader: ObjectReader, destination: Path, on_progress: Callable[[int], None]) -> None:
        self.written = 0
        self._reader = reader
        self._destination = destination
        self._on_progress = on_progress
        self._counting = threading.Lock()

    def work(self, queue: Queue[DataFile]) -> None:
        with DestinationFolder(self._destination) as destination:
            for file in queue:
                with outside(f"restore {self._destination / file.path}"):
                    self._restore(file, destination, queue.check)

    def _restore(self, file: DataFile, destination: DestinationFolder, check: Callable[[], None]) -> None:
        if destination.holds(file):
            self._on_progress(file.size)
            return
        with destination.create(file) as part:
            self._extract(file, part.fd, check)
            destination.publish(part, file)
        with self._counting:
            self.written += 1

    def _extract(self, file: DataFile, fd: int, check: Callable[[], None]) -> None:
        digest = hashlib.sha256()
        done = 0
        while done < file.size:
            check()
            piece = self._reader.read_at((file.offset or 0) + done, min(READ_STEP, file.size - done))
            if not piece:
                break
            digest.update(piece)
            write_all(fd, piece, done)
            done += len(piece)
            self._on_progress(len(piece))
        if digest.hexdigest() != file.chk:
            msg = (
                f"{file.path} came back with sha256 {digest.hexdigest()}, on record is {file.chk}; "
                "this copy is damaged: restore from another one"
            )
            raise IntegrityError(msg, reason=CHECKSUM_MISMATCH, paths=[file.path])


def _ignore(_size: int) -> None:
    """Nobody wants to know."""
