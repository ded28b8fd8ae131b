"""What a simulated tape library does when its time has come: move to tape, bring back, replace by stubs."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from emdewar.errors import BUSY, UnavailableError
from emdewar.stores.folder_list import list_objects
from emdewar.stores.names import PART_ENDING
from emdewar.stores.nearline_object import STAT_BLOCK, looks_like_stub
from emdewar.stores.part_file import PartFile
from emdewar.stores.state_file import StateFile
from emdewar.stores.system_errors import outside
from emdewar.stores.tape_pace import TapePace
from emdewar.stores.tape_simulated_state import NEVER, LibraryState, OnTape, Staged

_PIECE_BYTES = 8 << 20


class Drive:
    """The moving parts of a `SimulatedTape`; killed at any time, it goes on where it was."""

    def __init__(self, disk: Path, tape: Path, pace: TapePace, state: StateFile[LibraryState]) -> None:
        """Name the folder in front of the tape, the folder that is the tape, the pace and the memory."""
        self._disk = disk
        self._tape = tape
        self._pace = pace
        self._state = state

    def is_on_disk(self, name: str) -> bool:
        """Tell whether a file can be read without the tape.

        Raises:
            UnavailableError: The folder cannot be read.
        """
        found = _stat(self._disk / name)
        return found is not None and not self._is_stub(found)

    def is_on_tape(self, name: str, file: OnTape) -> bool:
        """Tell whether the tape has a file as it is in the folder now.

        Raises:
            UnavailableError: A folder cannot be read.
        """
        found = _stat(self._disk / name)
        return found is not None and found.st_mtime_ns == file.mtime_ns and _stat(self._tape / name) is not None

    def work(self, now: datetime) -> None:
        """Do what is due; only one process may do so at a time.

        Raises:
            UnavailableError: A folder cannot be read or written.
        """
        with outside(f"move files between {self._disk} and the simulated tape at {self._tape}"):
            self._move_to_tape(now)
            self._evict(now)
            self._bring_back(now)

    def _move_to_tape(self, now: datetime) -> None:
        known = self._state.read().on_tape
        for name, found in self._files():
            written_at = datetime.fromtimestamp(found.st_mtime, UTC)
            is_known = name in known and known[name].mtime_ns == found.st_mtime_ns
            is_known = is_known and _stat(self._tape / name) is not None  # a tape may lose what the disk still has
            if is_known or not found.st_size or self._is_stub(found) or now - written_at < self._pace.migrate_after:
                continue
            moved = _copy(self._disk, self._tape, name)
            with self._state.change() as state:
                place = state.next_place()
                state.on_tape[name] = OnTape(place=place, size=moved.st_size, mtime_ns=moved.st_mtime_ns, moved_at=now)
                state.waiting.pop(name, None)
                state.staged.pop(name, None)

    def _bring_back(self, now: datetime) -> None:
        state = self._state.read()
        due = sorted((waiting.ready_at, name) for name, waiting in state.waiting.items() if waiting.ready_at <= now)
        for _, name in due:
            if self.is_on_tape(name, state.on_tape[name]) and not self.is_on_disk(name):
                with _unless_busy():
                    _copy(self._tape, self._disk, name, mtime_ns=state.on_tape[name].mtime_ns)
            with self._state.change() as changed:
                waiting = changed.waiting.get(name)
                if waiting is None:
                    continue
                if self.is_on_disk(name):
                    changed.staged[name] = Staged(came_at=now, keep_until=now + waiting.keep_for)
                    del changed.waiting[name]
                elif not self.is_on_tape(name, state.on_tape[name]):
                    del changed.waiting[name]

    def _evict(self, now: datetime) -> None:
        state = self._state.read()
        on_disk = {name: found for name, found in self._files() if not self._is_stub(found)}
        used = sum(found.st_blocks * STAT_BLOCK for found in on_disk.values())
        limit = used if self._pace.disk_bytes is None else self._pace.disk_bytes
        for since, name in sorted(self._evictable(state, on_disk, now)):
            if now - since >= self._pace.evict_after or used > limit:
                used -= on_disk[name].st_blocks * STAT_BLOCK
                with _unless_busy():
                    self._replace_by_stub(name, on_disk[name])

    def _evictable(
        self, state: LibraryState, on_disk: dict[str, os.stat_result], now: datetime
    ) -> Iterator[tuple[datetime, str]]:
        for name, found in on_disk.items():
            file, staged = state.on_tape.get(name), state.staged.get(name)
            if found.st_size < self._pace.smallest_stub_bytes or (staged is not None and staged.keep_until > now):
                continue
            if file and self.is_on_tape(name, file) and (self._tape / name).stat().st_size == found.st_size:
                yield max(file.moved_at, staged.came_at if staged else NEVER), name

    def _replace_by_stub(self, name: str, expected: os.stat_result) -> None:
        with _opened(self._disk) as disk_fd, PartFile(disk_fd, name + PART_ENDING, name) as part:
            found = _stat(self._disk / name)
            if found is not None and (found.st_ino, found.st_mtime_ns) == (expected.st_ino, expected.st_mtime_ns):
                os.ftruncate(part.fd, found.st_size)
                os.utime(part.fd, ns=(found.st_atime_ns, found.st_mtime_ns))
                part.publish_durably(replace=True)
        with self._state.change() as state:
            state.staged.pop(name, None)

    def _files(self) -> Iterator[tuple[str, os.stat_result]]:
        with _opened(self._disk) as disk_fd:
            names = [listed.name for listed in list_objects(disk_fd)]
        for name in names:
            found = _stat(self._disk / name)
            if found is not None:
                yield name, found

    def _is_stub(self, found: os.stat_result) -> bool:
        return found.st_size >= self._pace.smallest_stub_bytes and looks_like_stub(found)


def _copy(source: Path, target: Path, name: str, *, mtime_ns: int | None = None) -> os.stat_result:
    """Copy a file durably; gives what the source was.

    Args:
        source: Folder of the file.
        target: Folder of the copy.
        name: Name of both.
        mtime_ns: When the copy was written, as it should say; None: as the source says.
    """
    with ExitStack() as undo:
        file = undo.enter_context((source / name).open("rb"))
        target_fd = undo.enter_context(_opened(target))
        part = undo.enter_context(PartFile(target_fd, name + PART_ENDING, name))
        found = os.fstat(file.fileno())
        with os.fdopen(os.dup(part.fd), "wb") as copy:
            while piece := file.read(_PIECE_BYTES):
                copy.write(piece)
        os.utime(part.fd, ns=(found.st_atime_ns, found.st_mtime_ns if mtime_ns is None else mtime_ns))
        part.publish_durably(replace=True)
    return found


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield fd
    finally:
        os.close(fd)


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None


@contextmanager
def _unless_busy() -> Iterator[None]:
    """Leave a file that somebody is writing now for the next time."""
    try:
        yield
    except UnavailableError as error:
        if error.reason != BUSY:
            raise
