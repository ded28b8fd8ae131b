"""A nearline store reads nothing that would have to come from tape first."""

import errno
import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from emdewar.errors import OFFLINE, UnavailableError
from emdewar.stores.nearline import NearlineStore
from emdewar.stores.nearline_object import NearlineReader
from emdewar.stores.posix_object import PosixReader
from emdewar.stores.system_errors import NOT_MOUNTED, READ_ERROR
from emdewar.stores.tape import TapeState, in_tape_order

SIZE = 100_000
ON_DISK = TapeState(is_on_disk=True, is_on_tape=True)
ON_TAPE = TapeState(is_on_tape=True)


@dataclass
class TalkingTape:
    """A tape system that says what it is told to say, and notes what it is asked."""

    says: TapeState = ON_DISK
    positions: dict[str, TapeState] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    staged: list[str] = field(default_factory=list)

    def states(self, names: Collection[str]) -> dict[str, TapeState]:
        self.asked += names
        return {name: self.positions.get(name, self.says) for name in names}

    def stage(self, names: Sequence[str], *, keep_for: timedelta) -> None:
        assert keep_for
        self.staged += names

    def release(self, names: Collection[str]) -> None:
        """Forget."""

    def was_recalled(self, name: str) -> bool:
        return name in self.staged


@pytest.fixture
def tape() -> TalkingTape:
    return TalkingTape()


def full(folder: Path, name: str = "a.tar") -> Path:
    (folder / name).write_bytes(os.urandom(SIZE))
    return folder / name


def make_stub(path: Path) -> None:
    os.truncate(path, 0)
    os.truncate(path, SIZE)


def test_a_file_that_is_whole_on_disk_is_read_without_asking(tape: TalkingTape, tmp_path: Path) -> None:
    content = full(tmp_path).read_bytes()

    with NearlineStore("tape", tmp_path, tape).open("a.tar") as reader:
        read = bytes(reader.read_at(0, SIZE))

    assert (read == content, reader.read_from, tape.asked) == (True, "disk-buffer", [])


def test_where_stubs_cannot_be_seen_the_tape_system_is_asked_each_time(tape: TalkingTape, tmp_path: Path) -> None:
    full(tmp_path)
    store = NearlineStore("tape", tmp_path, tape, shows_stubs=False)

    with store.open("a.tar"):
        tape.says = ON_TAPE
    with pytest.raises(UnavailableError) as failed:
        store.open("a.tar")

    assert (failed.value.reason, tape.asked) == (OFFLINE, ["a.tar", "a.tar"])


@pytest.mark.parametrize(("says", "locality"), [(ON_DISK, "online"), (ON_TAPE, "offline")])
def test_a_file_with_few_blocks_can_be_opened_exactly_when_it_is_said_to_be_online(
    tape: TalkingTape, tmp_path: Path, says: TapeState, locality: str
) -> None:
    make_stub(full(tmp_path))
    tape.says = says
    store = NearlineStore("tape", tmp_path, tape)

    try:
        with store.open("a.tar") as reader:
            opened = bytes(reader.read_at(0, SIZE)) == bytes(SIZE)
    except UnavailableError as error:
        opened = error.reason != OFFLINE

    assert store.availability(["a.tar"])["a.tar"].locality == locality
    assert opened == (locality == "online")


def test_a_small_file_without_blocks_is_read_when_the_tape_system_calls_it_online(
    tape: TalkingTape, tmp_path: Path
) -> None:
    os.truncate(full(tmp_path, "a.idx.json"), 0)
    os.truncate(tmp_path / "a.idx.json", 50)

    assert NearlineStore("tape", tmp_path, tape).read_small("a.idx.json") == bytes(50)


def test_a_file_that_goes_back_to_tape_while_it_is_read_is_offline(tape: TalkingTape, tmp_path: Path) -> None:
    path = full(tmp_path)

    with NearlineStore("tape", tmp_path, tape).open("a.tar") as reader:
        reader.read_at(0, 10)
        make_stub(path)
        with pytest.raises(UnavailableError) as failed:
            reader.read_at(10, 10)

    assert failed.value.reason == OFFLINE


def broken_pread(_fd: int, _buffers: list[memoryview], _at: int) -> int:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


@pytest.mark.parametrize(("is_online", "reason"), [(True, READ_ERROR), (False, OFFLINE)])
def test_what_cannot_be_read_is_the_mediums_fault_only_while_the_tape_system_has_it_on_disk(
    tmp_path: Path, *, is_online: bool, reason: str
) -> None:
    def check_online() -> None:
        if not is_online:
            raise UnavailableError("it is on tape only", reason=OFFLINE)

    fd = os.open(full(tmp_path), os.O_RDONLY)
    file = PosixReader(fd, "a.tar", direct=False, pread=broken_pread)
    reader = NearlineReader(file, "a.tar", read_from="tape", watches=False, check_online=check_online)

    with reader, pytest.raises(UnavailableError) as failed:
        reader.read_at(0, 10)

    assert failed.value.reason == reason


def test_nothing_is_asked_of_tape_for_a_store_that_is_not_mounted(tape: TalkingTape, tmp_path: Path) -> None:
    full(tmp_path)
    tape.says = ON_TAPE
    store = NearlineStore("tape", tmp_path, tape, mounted_at=tmp_path)

    attempts: list[Callable[[], object]] = [
        lambda: store.recall(["a.tar"], keep_for=timedelta(1)),
        lambda: store.release(["a.tar"]),
    ]
    for attempt in attempts:
        with pytest.raises(UnavailableError) as failed:
            attempt()
        assert failed.value.reason == NOT_MOUNTED

    assert (tape.asked, tape.staged) == ([], [])


def test_a_batch_goes_to_the_tape_system_in_the_order_of_the_tape(tape: TalkingTape, tmp_path: Path) -> None:
    places = {"a.tar": ("T2", 1), "b.tar": ("T1", 20), "c.tar": ("T1", 3), "d.tar": None}
    for name, place in places.items():
        full(tmp_path, name)
        tape.positions[name] = TapeState(is_on_tape=True, position=place)

    NearlineStore("tape", tmp_path, tape).recall(["d.tar", "a.tar", "b.tar", "c.tar"], keep_for=timedelta(1))

    assert tape.staged == ["c.tar", "b.tar", "a.tar", "d.tar"]


def test_files_of_unknown_place_keep_their_order() -> None:
    names = ["b", "a", "c"]

    assert in_tape_order(names, dict.fromkeys(names, ON_TAPE)) == names
