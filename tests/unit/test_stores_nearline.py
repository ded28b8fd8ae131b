"""A nearline store reads nothing that would have to come from tape first."""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from emdewar.errors import OFFLINE, UnavailableError
from emdewar.stores.nearline import NearlineStore
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


def test_a_stub_is_not_read_although_the_tape_system_calls_it_online(tape: TalkingTape, tmp_path: Path) -> None:
    make_stub(full(tmp_path))

    with pytest.raises(UnavailableError) as failed:
        NearlineStore("tape", tmp_path, tape).open("a.tar")

    assert failed.value.reason == OFFLINE


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
