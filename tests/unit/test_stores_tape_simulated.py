"""The simulated tape library behaves as one would."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from emdewar.errors import UnavailableError
from emdewar.stores.nearline import NearlineStore
from emdewar.stores.tape_pace import TapePace
from emdewar.stores.tape_simulated import SimulatedTape

SIZE = 200_000
KEEP = timedelta(days=1)
PACE = TapePace(mount=timedelta(minutes=1), wind=timedelta(seconds=1), bytes_per_s=SIZE)


class Library:
    """A store on a simulated tape, and its clock."""

    def __init__(self, folder: Path, pace: TapePace = PACE) -> None:
        self.disk, self.tape, self.pace = folder / "disk", folder / "tape", pace
        self.disk.mkdir(exist_ok=True)
        self.started_at = self.now = datetime.now(UTC)
        self.system = SimulatedTape(self.disk, self.tape, pace, clock=lambda: self.now)
        self.store = NearlineStore("tape", self.disk, self.system)

    def write(self, *names: str) -> None:
        for name in names:
            with self.store.create(name, SIZE) as writer:
                writer.write_at(0, os.urandom(SIZE))
                writer.commit()

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)
        self.system.states([])

    def online(self) -> list[str]:
        found = self.store.availability([listed.name for listed in self.store.objects()])
        return [name for name, state in found.items() if state.locality == "online"]

    def expected_s(self, name: str) -> float:
        expected = self.store.availability([name])[name].expected_at
        assert expected is not None
        return round((expected - self.now).total_seconds(), 3)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A library with three files, written in the order c, a, b, and all of them on tape only."""
    library = Library(tmp_path)
    for name in ("c.tar", "a.tar", "b.tar"):
        library.write(name)
        library.wait(seconds=11)
    library.wait(hours=1)
    assert library.online() == []
    return library


def test_a_file_goes_to_tape_after_a_while_and_leaves_the_disk_later(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write("a.tar")

    at_once = library.store.availability(["a.tar"])["a.tar"]
    library.wait(seconds=11)
    soon = library.store.availability(["a.tar"])["a.tar"]
    library.wait(minutes=6)
    late = library.store.availability(["a.tar"])["a.tar"]

    assert [(found.locality, found.is_durable) for found in (at_once, soon, late)] == [
        ("online", False),
        ("online", True),
        ("offline", True),
    ]


def test_a_file_that_left_the_disk_takes_no_space_there(library: Library) -> None:
    found = (library.disk / "a.tar").stat()

    assert (found.st_size, found.st_blocks) == (SIZE, 0)


def test_small_files_stay_on_disk(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.store.put_small("a.idx.json", b"index")

    library.wait(hours=1)
    library.wait(hours=1)

    assert library.store.availability(["a.idx.json"])["a.idx.json"].is_durable
    assert library.store.read_small("a.idx.json") == b"index"


def test_a_companion_that_is_replaced_goes_to_tape_again(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.store.put_small("a.idx.json", b"old")
    library.wait(seconds=11)
    library.store.put_small("a.idx.json", b"new")
    os.utime(library.disk / "a.idx.json", (library.now.timestamp(),) * 2)

    before = library.store.availability(["a.idx.json"])["a.idx.json"].is_durable
    library.wait(seconds=11)

    assert (before, (library.tape / "a.idx.json").read_bytes()) == (False, b"new")


def test_when_the_disk_is_full_the_oldest_files_leave_first(tmp_path: Path) -> None:
    library = Library(tmp_path, TapePace(disk_bytes=2 * SIZE + 50_000))
    for name in ("c.tar", "a.tar", "b.tar"):
        library.write(name)
        library.wait(seconds=11)

    library.wait(seconds=1)

    assert library.online() == ["a.tar", "b.tar"]


def test_what_is_not_on_tape_yet_never_leaves_the_disk(tmp_path: Path) -> None:
    library = Library(tmp_path, TapePace(migrate_after=timedelta(days=9), evict_after=timedelta(0), disk_bytes=1))
    library.write("a.tar")

    library.wait(hours=1)

    assert library.online() == ["a.tar"]


def test_one_batch_mounts_once_and_reads_in_the_order_of_the_tape(library: Library) -> None:
    library.store.recall(["a.tar", "b.tar", "c.tar"], keep_for=KEEP)

    # 60 s for the mount; then one to wind and one to read each file, written in the order c, a, b.
    assert [library.expected_s(name) for name in ("c.tar", "a.tar", "b.tar")] == [62, 64, 66]


def test_files_asked_for_one_by_one_wait_for_the_drive_and_wind_back_and_forth(library: Library) -> None:
    for name in ("b.tar", "c.tar", "a.tar"):
        library.store.recall([name], keep_for=KEEP)

    assert [library.expected_s(name) for name in ("b.tar", "c.tar", "a.tar")] == [64, 67, 69]


def test_a_recalled_file_stays_as_long_as_asked_and_then_goes(library: Library) -> None:
    library.store.recall(["a.tar"], keep_for=KEEP)
    library.wait(minutes=5)
    came = library.online()
    library.wait(hours=23)
    kept = library.online()
    library.wait(hours=2)

    assert (came, kept, library.online()) == (["a.tar"], ["a.tar"], [])


def test_a_released_file_goes_before_its_time(library: Library) -> None:
    library.store.recall(["a.tar", "b.tar"], keep_for=KEEP)
    library.wait(minutes=5)

    library.store.release(["a.tar"])
    library.wait(minutes=6)

    assert library.online() == ["b.tar"]


def test_a_released_recall_never_comes(library: Library) -> None:
    library.store.recall(["a.tar", "b.tar"], keep_for=KEEP)

    library.store.release(["a.tar"])
    library.wait(minutes=5)

    assert library.online() == ["b.tar"]


def test_an_open_file_is_read_to_its_end_although_it_leaves_the_disk(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write("a.tar")
    content = (library.disk / "a.tar").read_bytes()

    with library.store.open("a.tar") as reader:
        library.wait(hours=1)
        library.wait(hours=1)
        read = bytes(reader.read_at(0, SIZE))

    assert (read, library.online()) == (content, [])


def test_another_process_goes_on_with_everything(library: Library, tmp_path: Path) -> None:
    library.store.recall(["a.tar"], keep_for=KEEP)

    later = Library(tmp_path)
    later.now = library.now
    pending = later.store.availability(["a.tar", "b.tar"])
    later.wait(minutes=5)

    assert [found.locality for found in pending.values()] == ["recalling", "offline"]
    assert later.online() == ["a.tar"]


def test_a_tape_that_is_not_mounted_has_lost_nothing(library: Library) -> None:
    library.tape.rename(library.tape.with_name("elsewhere"))

    with pytest.raises(UnavailableError, match="mounted"):
        library.store.availability(["a.tar"])


def test_a_file_that_is_gone_from_tape_and_still_on_disk_goes_to_tape_again(library: Library) -> None:
    library.store.recall(["a.tar"], keep_for=KEEP)
    library.wait(minutes=5)
    (library.tape / "a.tar").unlink()

    found = library.store.availability(["a.tar"])["a.tar"]

    assert (found.locality, found.is_durable) == ("online", True)
    assert (library.tape / "a.tar").is_file()


def test_a_recall_of_what_is_gone_from_tape_ends(library: Library) -> None:
    library.store.recall(["a.tar"], keep_for=KEEP)
    (library.tape / "a.tar").unlink()

    library.wait(minutes=5)

    assert library.store.availability(["a.tar"])["a.tar"].locality == "missing"


WORK_FOR_EVER = """
import sys
from datetime import timedelta
from pathlib import Path
from emdewar.stores.tape_pace import TapePace
from emdewar.stores.tape_simulated import SimulatedTape

pace = TapePace(migrate_after=timedelta(0), evict_after=timedelta(0), mount=timedelta(0), wind=timedelta(0))
tape = SimulatedTape(Path(sys.argv[1]), Path(sys.argv[2]), pace)
names = sys.argv[3].split()
print("at work", flush=True)
while True:
    tape.states(names)
    tape.stage(names, keep_for=timedelta(0))
"""


def test_whenever_its_processes_are_killed_no_byte_is_lost(tmp_path: Path) -> None:
    pace = TapePace(migrate_after=timedelta(0), evict_after=timedelta(days=1), mount=timedelta(0), wind=timedelta(0))
    library = Library(tmp_path, pace)
    names = [f"{number}.tar" for number in range(4)]
    library.write(*names)
    written = {name: (library.disk / name).read_bytes() for name in names}
    command = [sys.executable, "-c", WORK_FOR_EVER, str(library.disk), str(library.tape), " ".join(names)]

    workers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(3)]
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.readline()
    with pytest.raises(subprocess.TimeoutExpired):
        workers[0].wait(0.2)
    for worker in workers:
        worker.send_signal(signal.SIGKILL)
        worker.communicate()

    library.now = datetime.now(UTC) + timedelta(hours=1)
    library.store.recall(names, keep_for=KEEP)
    library.wait(hours=1)
    assert library.online() == names
    for name in names:
        with library.store.open(name) as reader:
            assert bytes(reader.read_at(0, SIZE)) == written[name]


def test_many_threads_may_ask_at_once(library: Library) -> None:
    names = ["a.tar", "b.tar", "c.tar"]

    def ask(_: int) -> None:
        library.store.recall(names, keep_for=KEEP)
        library.store.availability(names)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(16)))

    assert [library.expected_s(name) for name in ("c.tar", "a.tar", "b.tar")] == [62, 64, 66]
