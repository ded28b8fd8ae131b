"""A tape library in a folder: for the embedded default, demonstrations and tests."""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from emdewar.errors import UnavailableError
from emdewar.stores.names import check_object_name
from emdewar.stores.state_file import StateFile, lock_file
from emdewar.stores.tape import TapeState
from emdewar.stores.tape_pace import TapePace
from emdewar.stores.tape_simulated_drive import Drive
from emdewar.stores.tape_simulated_state import TAPE, LibraryState, Staged, Waiting

STATE_NAME = ".library.json"


def _now() -> datetime:
    return datetime.now(UTC)


class SimulatedTape:
    """One tape and one drive; see `emdewar.stores.tape.TapeSystem`.

    Nothing runs by itself. Whoever asks something first does what would have happened by now: it moves files to tape,
    brings back those that the drive has read, and replaces by stubs those that may leave the disk. All memory is in
    files, so processes may come and go; one at a time does the work, and the others do not wait for it.
    """

    def __init__(
        self, disk: Path, tape: Path, pace: TapePace | None = None, *, clock: Callable[[], datetime] = _now
    ) -> None:
        """Name the folders.

        Args:
            disk: The folder in front of the tape.
            tape: The folder that is the tape; made when it is needed.
            pace: How fast it is.
            clock: Gives the time.
        """
        self._tape = tape
        self._pace = pace or TapePace()
        self._clock = clock
        self._state = StateFile(tape, STATE_NAME, LibraryState)
        self._drive = Drive(disk, tape, self._pace, self._state)

    def states(self, names: Collection[str]) -> dict[str, TapeState]:
        """Say where each file is, after doing what is due.

        Raises:
            UnavailableError: A folder cannot be read or written.
        """
        self._work()
        for name in names:
            check_object_name(name)
        # In this order: what is a stub was on record before it became one.
        on_disk = {name: self._drive.is_on_disk(name) for name in names}
        state = self._state.read()
        return {name: self._found(name, state, is_on_disk=on_disk[name]) for name in names}

    def stage(self, names: Sequence[str], *, keep_for: timedelta) -> None:
        """Ask for files; the drive reads them in the order given, after all that was asked before.

        Raises:
            UnavailableError: A folder cannot be read or written.
        """
        now = self._clock()
        with self._state.change() as state:
            for name in names:
                file = state.on_tape.get(name)
                if file is None or name in state.waiting or self._drive.is_on_disk(name):
                    continue
                is_idle = state.drive_free_at <= now
                start = now + self._pace.mount if is_idle else state.drive_free_at
                winding = self._pace.wind * abs(file.place - (0 if is_idle else state.head))
                ready_at = start + winding + timedelta(seconds=file.size / self._pace.bytes_per_s)
                state.drive_free_at, state.head = ready_at, file.place
                state.waiting[name] = Waiting(ready_at=ready_at, keep_for=keep_for)

    def release(self, names: Collection[str]) -> None:
        """Stop recalls, and let what came back go when its time comes.

        Raises:
            UnavailableError: A folder cannot be read or written.
        """
        now = self._clock()
        with self._state.change() as state:
            for name in names:
                state.waiting.pop(name, None)
                if name in state.staged:
                    state.staged[name] = Staged(came_at=state.staged[name].came_at, keep_until=now)

    def was_recalled(self, name: str) -> bool:
        """Tell whether a file on disk came from tape.

        Raises:
            UnavailableError: A folder cannot be read.
        """
        return name in self._state.read().staged

    def _work(self) -> None:
        with lock_file(self._tape, ".drive.lock") as is_ours:
            if is_ours:
                self._drive.work(self._clock())

    def _found(self, name: str, state: LibraryState, *, is_on_disk: bool) -> TapeState:
        file = state.on_tape.get(name)
        if file is None:
            if not is_on_disk:
                msg = f"the simulated tape at {self._tape} knows nothing of {name}; check that it is mounted"
                raise UnavailableError(msg)
            return TapeState(is_on_disk=True)
        is_on_tape = self._drive.is_on_tape(name, file)
        waiting = None if is_on_disk else state.waiting.get(name)
        staged = state.staged.get(name) if is_on_disk else None
        return TapeState(
            is_on_disk=is_on_disk,
            is_on_tape=is_on_tape,
            is_recalling=waiting is not None,
            is_lost=not is_on_disk and not is_on_tape,
            online_until=staged.keep_until if staged else None,
            expected_at=waiting.ready_at if waiting else None,
            position=(TAPE, file.place),
        )
