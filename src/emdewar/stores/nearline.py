"""A store that is a folder in front of a tape library, as a hierarchical storage system shows it."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from emdewar.errors import OFFLINE, IntegrityError, UnavailableError
from emdewar.stores.nearline_object import NearlineReader, looks_like_stub
from emdewar.stores.posix import PosixStore
from emdewar.stores.posix_object import PosixReader, PosixWriter
from emdewar.stores.store import MISSING, ON_DISK, Availability, Locality, ReadFrom, StoredObject
from emdewar.stores.tape import TapeState, TapeSystem, in_tape_order


class NearlineStore:
    """Objects as files in a folder, whose content the tape system moves to tape and back.

    Writing is writing to the disk in front of the tape. A file that is on tape only stays in the folder as a stub: it
    has its size but (almost) no blocks, and reading it would block until a tape is mounted. It is never read: `open`
    says that it is offline, and `recall` asks for many of them at once.
    """

    def __init__(
        self,
        name: str,
        root: Path,
        tape: TapeSystem,
        *,
        shows_stubs: bool = True,
        mounted_at: Path | None = None,
    ) -> None:
        """Name the store, its folder and its tape system.

        Args:
            name: Name of the store on record.
            root: The folder.
            tape: The tape system behind it.
            shows_stubs: Whether a file that is on tape only has fewer blocks than bytes; where it does not (dCache
                over NFS), the tape system is asked before each opening.
            mounted_at: Where a file system must be mounted, the folder or one above it.
        """
        self.name = name
        self._tape = tape
        self._disk = PosixStore(name, root, mounted_at=mounted_at)
        self._shows_stubs = shows_stubs

    def size_of(self, name: str) -> int | None:
        """Give the size of an object, on disk or not, or None.

        Raises:
            UnavailableError: The folder cannot be read.
        """
        return self._disk.size_of(name)

    def free_bytes(self) -> int | None:
        """Give the free space of the disk in front of the tape.

        Raises:
            UnavailableError: The folder cannot be read.
        """
        return self._disk.free_bytes()

    def create(self, name: str, size: int) -> PosixWriter:
        """Start to write an object to the disk in front of the tape.

        Raises:
            RefusedError: An object of that name is there, or the name is not a plain file name.
            UnavailableError: Somebody else is writing it, the folder cannot be written, or there is no space.
        """
        return self._disk.create(name, size)

    def put_small(self, name: str, content: bytes) -> None:
        """Write or replace a small companion object durably, in one step.

        Raises:
            UnavailableError: Somebody else is writing it, the folder cannot be written, or there is no space.
        """
        self._disk.put_small(name, content)

    def open(self, name: str) -> NearlineReader:
        """Open an object that is on disk; never waits for a tape.

        A file with fewer blocks than bytes may also be compressed, or have holes: the word of the tape system counts.

        Raises:
            IntegrityError: There is no object of that name, or the tape system has lost it.
            UnavailableError: It is on tape only (reason `offline`), or the folder or the tape system cannot be reached.
        """
        with ExitStack() as undo:
            file = undo.enter_context(self._open_online(name))
            read_from: ReadFrom = "tape" if self._tape.was_recalled(name) else "disk-buffer"
            reader = NearlineReader(
                file,
                f"{name} on store {self.name}",
                read_from=read_from,
                watches=self._shows_stubs and not looks_like_stub(file.stat()),
                check_online=lambda: self._check_online(name),
            )
            undo.pop_all()
            return reader

    def read_small(self, name: str) -> bytes:
        """Read a companion object whole.

        Raises:
            IntegrityError: There is none.
            UnavailableError: It is on tape only (reason `offline`), or cannot be read now.
        """
        with self.open(name) as reader:
            return bytes(reader.read_at(0, reader.size))

    def remove(self, name: str) -> None:
        """Remove an object from the folder; the tape system forgets it in its own time.

        Raises:
            IntegrityError: There is no object of that name.
            UnavailableError: Somebody is writing it, or the folder cannot be written.
        """
        self._disk.remove(name)

    def objects(self) -> Iterator[StoredObject]:
        """List the objects, on disk or not, in the order of their names.

        Raises:
            UnavailableError: The folder cannot be read.
        """
        return self._disk.objects()

    def discard_unfinished(self, *, older_than: timedelta) -> list[str]:
        """Discard part files that nobody holds the lock of.

        Raises:
            UnavailableError: The folder cannot be read or written.
        """
        return self._disk.discard_unfinished(older_than=older_than)

    def availability(self, names: Collection[str]) -> dict[str, Availability]:
        """Say of each object where it is; durable is what the tape system has on tape.

        Raises:
            UnavailableError: The folder or the tape system cannot be reached.
        """
        sizes = {name: self._disk.size_of(name) for name in names}
        # A file without content is never on tape.
        states = self._tape.states([name for name, size in sizes.items() if size])
        empty = {name: MISSING if size is None else ON_DISK for name, size in sizes.items() if not size}
        told = {name: _availability(state) for name, state in states.items()}
        return {name: (empty | told)[name] for name in sizes}

    def recall(self, names: Sequence[str], *, keep_for: timedelta) -> None:
        """Ask for objects that are on tape only, in one batch and in the order of the tape; returns at once.

        Raises:
            UnavailableError: The folder or the tape system cannot be reached.
        """
        asked = [name for name in dict.fromkeys(names) if self._disk.size_of(name)]
        states = self._tape.states(asked)
        offline = [name for name in asked if _availability(states[name]).locality is Locality.OFFLINE]
        if offline:
            self._tape.stage(in_tape_order(offline, states), keep_for=keep_for)

    def release(self, names: Collection[str]) -> None:
        """Let recalled copies go back to tape, and stop recalls that are not done.

        Raises:
            UnavailableError: The tape system cannot be reached.
        """
        self._tape.release([name for name in dict.fromkeys(names) if self._disk.size_of(name)])

    def _open_online(self, name: str) -> PosixReader:
        with ExitStack() as undo:
            file = undo.enter_context(self._disk.open(name))
            if self._shows_stubs and not looks_like_stub(file.stat()):
                undo.pop_all()
                return file
        self._check_online(name)
        # It may have come back since, as another file.
        return self._disk.open(name)

    def _check_online(self, name: str) -> None:
        found = self.availability([name])[name]
        if found.locality is Locality.MISSING:
            msg = f"the tape system behind store {self.name} has lost {name}; use another copy"
            raise IntegrityError(msg, reason="objectMissing")
        if found.locality is not Locality.ONLINE:
            raise self._offline(name)

    def _offline(self, name: str) -> UnavailableError:
        msg = f"{name} on store {self.name} is on tape only; recall it, and read it when it is back"
        return UnavailableError(msg, reason=OFFLINE)


def _availability(state: TapeState) -> Availability:
    if state.is_on_disk:
        return Availability(Locality.ONLINE, is_durable=state.is_on_tape, online_until=state.online_until)
    if state.is_lost:
        return MISSING
    locality = Locality.RECALLING if state.is_recalling else Locality.OFFLINE
    return Availability(locality, is_durable=state.is_on_tape, expected_at=state.expected_at)
