"""Pieces go to several stores at once; the slowest sets the pace, and one that fails costs the others nothing."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import TracebackType
from typing import Self

import pytest

from emdewar.datablock.fan import MOST_AHEAD, Fan, NoStoreLeftError
from emdewar.datablock.threads import StoppedError
from emdewar.errors import RefusedError, UnavailableError
from emdewar.testing.faults import Faults, FaultyStore, KilledError
from emdewar.testing.stores import MemoryStore, MemoryWriter

SIZE = 400
PIECES = [(at, bytes([at % 251]) * 10) for at in range(0, SIZE, 10)]
WHOLE = b"".join(content for _, content in PIECES)


class GatedStore(MemoryStore):
    """A store that stands still until its gate is opened."""

    def __init__(self, name: str = "gated") -> None:
        super().__init__(name)
        self.gate = threading.Event()

    def create(self, name: str, size: int) -> MemoryWriter:
        return GatedWriter(self, name, size, self.gate)


class GatedWriter(MemoryWriter):
    def __init__(self, store: MemoryStore, name: str, size: int, gate: threading.Event) -> None:
        super().__init__(store, name, size)
        self._gate = gate

    def write_at(self, offset: int, data: bytes | memoryview) -> None:
        self._gate.wait()
        super().write_at(offset, data)


class Feeder:
    """Feeds a fan from a thread of its own, as the threads that fill the pieces do."""

    def __init__(self, fan: Fan) -> None:
        self.handed_on = threading.Semaphore(0)
        self.given_back: list[int] = []
        self.error: BaseException | None = None
        self._fan = fan
        self._thread = threading.Thread(target=self._feed)
        self._thread.start()

    def _feed(self) -> None:
        try:
            for at, content in PIECES:
                self._fan.hand_on(at, memoryview(content), partial(self.given_back.append, at))
                self.handed_on.release()
        except (StoppedError, NoStoreLeftError, KilledError) as error:
            self.error = error

    def join(self) -> None:
        self._thread.join()


@contextmanager
def feeding(fan: Fan) -> Iterator[Feeder]:
    with fan:
        feeder = Feeder(fan)
        yield feeder
        feeder.join()


def taken_before_the_feeder_waits(feeder: Feeder) -> int:
    count = 0
    while feeder.handed_on.acquire(timeout=0.3):
        count += 1
    return count


def test_every_store_gets_every_piece_and_the_memory_is_given_back_once() -> None:
    stores = [MemoryStore("one"), MemoryStore("other")]

    with feeding(fan := Fan(stores, "x", SIZE)) as feeder:
        feeder.join()
        fan.finish()

    assert [store.contents for store in stores] == [{"x": WHOLE}] * 2
    assert sorted(feeder.given_back) == [at for at, _ in PIECES]


def test_a_slow_store_holds_the_others_back_instead_of_filling_memory() -> None:
    slow, fast = GatedStore(), MemoryStore("fast")

    with feeding(fan := Fan([slow, fast], "x", SIZE)) as feeder:
        taken = taken_before_the_feeder_waits(feeder)
        slow.gate.set()
        feeder.join()
        fan.finish()

    assert taken == MOST_AHEAD
    assert slow.contents == fast.contents == {"x": WHOLE}


def test_a_store_that_fails_gives_its_share_of_the_memory_back() -> None:
    bad, good = FaultyStore(MemoryStore("bad"), Faults(full_after=50)), MemoryStore("good")

    with feeding(fan := Fan([bad, good], "x", SIZE)) as feeder:
        feeder.join()
        fan.finish()

    assert good.contents == {"x": WHOLE}
    assert sorted(feeder.given_back) == [at for at, _ in PIECES]
    assert list(fan.failed) == ["bad"]
    assert fan.stores == [good]


def test_who_waits_for_a_store_that_hangs_is_woken_when_the_work_is_stopped() -> None:
    hanging = GatedStore()

    with feeding(fan := Fan([hanging], "x", SIZE)) as feeder:
        taken_before_the_feeder_waits(feeder)
        fan.stop()
        feeder.join()
        hanging.gate.set()

    assert isinstance(feeder.error, StoppedError)
    assert not hanging.contents


def test_without_any_store_left_who_fills_the_pieces_is_told() -> None:
    stores = [FaultyStore(MemoryStore(name), Faults(full_after=50)) for name in "ab"]

    with feeding(fan := Fan(stores, "x", SIZE)) as feeder:
        feeder.join()

    assert isinstance(feeder.error, NoStoreLeftError)
    assert {name: type(error) for name, error in fan.failed.items()} == {"a": UnavailableError, "b": UnavailableError}


def test_a_store_that_refuses_to_start_is_left_behind() -> None:
    taken, good = MemoryStore("taken"), MemoryStore("good")
    taken.contents["x"] = b"here already"

    with feeding(fan := Fan([taken, good], "x", SIZE)) as feeder:
        feeder.join()
        fan.finish()

    assert isinstance(fan.failed["taken"], RefusedError)
    assert good.contents == {"x": WHOLE}


class OddStore(MemoryStore):
    """A store whose driver chokes on an odd answer, which is no error of ours."""

    def __init__(self, step: str) -> None:
        super().__init__("odd")
        self.step = step

    def create(self, name: str, size: int) -> MemoryWriter:
        self.choke("create")
        return OddWriter(self, name, size)

    def choke(self, step: str) -> None:
        if step == self.step:
            msg = "Invalid isoformat string:\n'yesterday'"
            raise ValueError(msg)


class OddWriter(MemoryWriter):
    def __init__(self, store: OddStore, name: str, size: int) -> None:
        super().__init__(store, name, size)
        self._odd = store

    def __enter__(self) -> Self:
        self._odd.choke("enter")
        return super().__enter__()

    def write_at(self, offset: int, data: bytes | memoryview) -> None:
        self._odd.choke("write")
        super().write_at(offset, data)

    def commit(self) -> None:
        self._odd.choke("commit")
        super().commit()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._odd.choke("exit")


@pytest.mark.parametrize("step", ["create", "enter", "write", "commit", "exit"])
def test_whatever_a_store_raises_costs_the_others_nothing(step: str) -> None:
    odd, good = OddStore(step), MemoryStore("good")

    with feeding(fan := Fan([odd, good], "x", SIZE)) as feeder:
        feeder.join()
        fan.finish()

    assert good.contents == {"x": WHOLE}
    assert sorted(feeder.given_back) == [at for at, _ in PIECES]
    assert list(fan.failed) == ([] if step == "exit" else ["odd"])


def test_what_a_store_raised_is_told_with_its_name_and_kept_as_the_cause() -> None:
    with feeding(fan := Fan([OddStore("write")], "x", SIZE)) as feeder:
        feeder.join()

    failure = fan.failed["odd"]
    assert isinstance(failure, UnavailableError)
    assert "store odd failed with ValueError: Invalid isoformat string: 'yesterday'" in str(failure)
    assert isinstance(failure.__cause__, ValueError)


def test_what_is_no_failure_of_a_store_ends_everything() -> None:
    dying, other = FaultyStore(MemoryStore("dying"), Faults(killed_after=50)), MemoryStore("other")

    def write() -> None:
        with feeding(fan := Fan([dying, other], "x", SIZE)) as feeder:
            feeder.join()
            fan.finish()

    with pytest.raises(KilledError):
        write()

    assert not other.contents
    assert not other.growing
