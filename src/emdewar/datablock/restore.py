"""Bring files back from a datablock by range reads, each hashed while it is written and visible only when proven."""

import hashlib
import threading
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Final

from emdewar.datablock.destination import Destination, FileWriter, in_the_way_error
from emdewar.datablock.members import object_name
from emdewar.datablock.runs import Run, gather_runs
from emdewar.datablock.second_look import opened
from emdewar.datablock.threads import Queue, share_out
from emdewar.datablock.turns import Turns
from emdewar.errors import CHECKSUM_MISMATCH, MISSING_FILES, IntegrityError, RefusedError
from emdewar.paths import join_inside
from emdewar.records import DatablockRecord, DataFile
from emdewar.stores.store import ObjectReader, Store

SHARED_FROM: Final = 16 << 20
"""Files of this size or more are read, hashed and written by several threads at once."""


def restore_files(  # noqa: PLR0913 - four say what, three say how
    store: Store,
    record: DatablockRecord,
    names: Collection[str] | None,
    destination: Destination,
    *,
    location: str | None = None,
    workers: int = 4,
    on_progress: Callable[[int], None] | None = None,
) -> int:
    """Restore files of a datablock.

    A file that is there with the right content is kept, so that a second run finishes what a killed one began.

    Args:
        store: A store that holds the datablock.
        record: The datablock, with its list of files and their offsets.
        names: Which files; None means all.
        destination: Where to.
        location: Name of the object; None for that of the first copy on a store.
        workers: Threads.
        on_progress: Called with the number of bytes just restored or found in place, from several threads.

    Returns:
        How many files were written; those kept are not counted.

    Raises:
        RefusedError: A name is not in the datablock, a path leads through a link, or a file with other content is in
            the way.
        IntegrityError: Files differ from the record, or lie where the medium cannot be read; the error lists them, and
            all others are restored.
        UnavailableError: The store or the destination cannot be reached, or there is no space.
    """
    wanted = _wanted(record, names)
    check_destination(destination, wanted)
    damage: list[IntegrityError] = []
    with opened(store, location or object_name(record.archive_id)) as reader:
        written = Restoring(reader, destination, on_progress, damage.append).run(wanted, workers=workers)
        if damage:
            raise _joined(damage)
    return written


def _joined(damage: Sequence[IntegrityError]) -> IntegrityError:
    """Make one error of those of the single files."""
    reasons = {error.reason for error in damage}
    first = min(damage, key=lambda error: error.paths)
    msg = f"{len(damage)} files came back wrong, the others are restored; the first: {first}"
    return IntegrityError(
        str(first) if len(damage) == 1 else msg,
        reason=first.reason if len(reasons) == 1 else CHECKSUM_MISMATCH,
        paths=sorted(path for error in damage for path in error.paths),
    )


def _wanted(record: DatablockRecord, names: Collection[str] | None) -> list[DataFile]:
    """Pick the files, in the order of the tar: one pass over a tape, and neighbours share a folder."""
    listed = {file.path: file for file in record.data_file_list}
    unknown = sorted(set(names or ()) - listed.keys())
    if unknown:
        msg = f"{len(unknown)} file(s) are not in datablock {record.archive_id}, first {unknown[0]!r}; check the names"
        raise RefusedError(msg, reason=MISSING_FILES, paths=unknown)
    wanted = [file for path, file in listed.items() if names is None or path in names]
    return sorted(wanted, key=lambda file: _offset(record, file))


def _offset(record: DatablockRecord, file: DataFile) -> int:
    if file.offset is None:
        msg = f"the list of datablock {record.archive_id} has no offset for {file.path!r}; use the list of its record"
        raise RefusedError(msg, paths=[file.path])
    return file.offset


def check_destination(destination: Destination, wanted: Sequence[DataFile]) -> None:
    """Find all that is in the way before anything is written.

    Raises:
        RefusedError: Something bears the path of a file, or a path leads out of the destination.
        UnavailableError: There is no room, or the destination cannot be reached.
    """
    taken: list[str] = []
    missing_bytes = 0
    for file in wanted:
        join_inside(Path(destination.place), file.path)
    for file in wanted:
        try:
            missing_bytes += destination.missing_bytes(file)
        except RefusedError as error:
            taken.extend(error.paths)
    if taken:
        raise in_the_way_error(destination.place, taken)
    destination.check_room(missing_bytes)


class Restoring:
    """Restores files of one datablock in several threads."""

    def __init__(
        self,
        reader: ObjectReader,
        destination: Destination,
        on_progress: Callable[[int], None] | None = None,
        on_damage: Callable[[IntegrityError], None] | None = None,
    ) -> None:
        """Prepare.

        Args:
            reader: The tar.
            destination: Where to.
            on_progress: Called with the number of bytes just restored or found in place, from several threads.
            on_damage: Takes the error of a file that came back wrong, from several threads, and the others go on;
                without it, the first such error ends all.
        """
        self._reader = reader
        self._destination = destination
        self._on_progress = on_progress or _ignore
        self._on_damage = on_damage
        self._lanes = 1
        self._written = 0
        self._counting = threading.Lock()

    def run(self, wanted: Sequence[DataFile], *, workers: int) -> int:
        """Restore files that are given in the order of the tar; gives how many were written.

        Raises:
            IntegrityError: What was read differs from a file's digest.
            RefusedError: Something came in the way.
            UnavailableError: The store or the destination cannot be reached, or there is no space.
        """
        large = sum(file.size >= SHARED_FROM for file in wanted)
        self._lanes = max(1, workers // large) if large else 1
        share_out(gather_runs(wanted, self._reader.read_step), self._work, workers=workers)
        self._destination.settle()
        return self._written

    def _work(self, queue: Queue[Run]) -> None:
        for run in queue:
            missing = [file for file in run.files if not self._is_there(file)]
            if len(run.files) == 1 and missing:
                self._stream(missing[0], queue.check)
            elif missing:
                self._cut(run, missing, queue.check)

    def _is_there(self, file: DataFile) -> bool:
        if not self._destination.holds(file):
            return False
        self._on_progress(file.size)
        return True

    def _stream(self, file: DataFile, check: Callable[[], None]) -> None:
        """Restore one file in steps; threads share a large one where there are fewer such files than threads."""
        with self._destination.create(file) as writer:
            stream = _Stream(self._reader, file, writer, self._on_progress)
            try:
                if file.size >= SHARED_FROM and self._lanes > 1:
                    stream.share(self._lanes, check)
                else:
                    for number in range(stream.pieces):
                        check()
                        stream.move(number)
            except IntegrityError as error:
                self._tell(IntegrityError(f"{file.path}: {error}", reason=error.reason, paths=[file.path]))
                return
            if not self._is_right(file, stream.digest.hexdigest()):
                return
            writer.publish()
        self._count()

    def _cut(self, run: Run, missing: Sequence[DataFile], check: Callable[[], None]) -> None:
        """Restore neighbours from one read; if it fails, each by itself."""
        try:
            content = self._reader.read_at(run.start, run.size)
        except IntegrityError:
            for file in missing:
                self._stream(file, check)
            return
        for file in missing:
            check()
            start = (file.offset or 0) - run.start
            piece = content[start : start + file.size]
            if not self._is_right(file, hashlib.sha256(piece).hexdigest()):
                continue
            with self._destination.create(file) as writer:
                writer.write(piece)
                writer.publish()
            self._on_progress(file.size)
            self._count()

    def _is_right(self, file: DataFile, sha256: str) -> bool:
        """Compare what came back with the record."""
        if sha256 == file.chk:
            return True
        msg = (
            f"{file.path} came back with sha256 {sha256}, on record is {file.chk}; "
            "this copy is damaged: restore from another one"
        )
        self._tell(IntegrityError(msg, reason=CHECKSUM_MISMATCH, paths=[file.path]))
        return False

    def _tell(self, error: IntegrityError) -> None:
        if not self._on_damage:
            raise error
        self._on_damage(error)

    def _count(self) -> None:
        with self._counting:
            self._written += 1


class _Stream:
    """One file on its way, piece by piece."""

    def __init__(
        self, reader: ObjectReader, file: DataFile, writer: FileWriter, on_progress: Callable[[int], None]
    ) -> None:
        self.digest = hashlib.sha256()
        self.pieces = -(-file.size // reader.read_step)
        self._reader = reader
        self._file = file
        self._writer = writer
        self._on_progress = on_progress
        self._hashing = Turns()
        self._writing = Turns()

    def share(self, lanes: int, check: Callable[[], None]) -> None:
        """Move all pieces in several threads."""

        def work(queue: Queue[int]) -> None:
            for number in queue:
                check()
                self.move(number)

        share_out(range(self.pieces), work, workers=lanes, on_stop=self._stop)

    def move(self, number: int) -> None:
        """Read, hash and write one piece; short where the tar is, which its digest then tells."""
        at = number * self._reader.read_step
        size = min(self._reader.read_step, self._file.size - at)
        piece = self._reader.read_at((self._file.offset or 0) + at, size)
        with self._hashing.turn(number):
            self.digest.update(piece)
        with self._writing.turn(number):
            self._writer.write(piece)
        self._on_progress(len(piece))

    def _stop(self) -> None:
        self._hashing.stop()
        self._writing.stop()


def _ignore(_size: int) -> None:
    """Nobody wants to know."""
