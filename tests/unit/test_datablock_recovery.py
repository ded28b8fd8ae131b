"""What is left of a datablock is told file by file, and nothing is called lost before it was read."""

import pytest

from emdewar.datablock.recovery import Recovery, recoverable
from emdewar.errors import IntegrityError, UnavailableError
from emdewar.stores.store import Store
from emdewar.testing.faults import Faults, FaultyStore
from emdewar.testing.packed import Packed
from emdewar.testing.stores import MemoryReader, MemoryStore

CONTENTS = {
    "a.xml": b"<x/>",
    "b.mrc": b"\3" * 2_000_000,
    "c.xml": b"<y/>",
    "d.mrc": b"\4" * 1_500_000,
}


class BadSector(MemoryStore):
    """A store whose disk cannot read one byte."""

    def __init__(self, name: str, tar: bytes, bad: int) -> None:
        super().__init__("bad sector")
        self.contents[name] = tar
        self._bad = bad

    def open(self, name: str) -> "BadSectorReader":
        return BadSectorReader(self.contents[name], self._bad)


class BadSectorReader(MemoryReader):
    """Reads from such a disk."""

    def __init__(self, content: bytes, bad: int) -> None:
        super().__init__(content)
        self._bad = bad

    def read_at(self, offset: int, size: int) -> memoryview:
        if offset <= self._bad < offset + size:
            msg = "cannot read: input/output error"
            raise UnavailableError(msg)
        return super().read_at(offset, size)


def damaged(packed: Packed, *paths: str) -> tuple[Store, str]:
    return packed.copy(packed.damaged([f"data/{path}" for path in paths]))


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Packed:
    return Packed(tmp_path_factory.mktemp("source"), CONTENTS)


def test_of_a_good_copy_all_is_recoverable(packed: Packed) -> None:
    assert recoverable([(packed.store, packed.name)], packed.record, packed.files) == Recovery([*CONTENTS], [])


def test_what_one_copy_lacks_another_may_have(packed: Packed) -> None:
    sources = [damaged(packed, "a.xml", "b.mrc", "d.mrc"), damaged(packed, "c.xml", "d.mrc")]

    found = recoverable(sources, packed.record, packed.files)

    assert found == Recovery(["a.xml", "b.mrc", "c.xml"], ["d.mrc"])


def test_of_a_truncated_copy_the_files_before_the_cut_are_left(packed: Packed) -> None:
    cut = packed.copy(packed.tar[: packed.layout.files[3].content_at + 100])

    assert recoverable([cut], packed.record, packed.files) == Recovery(["a.xml", "b.mrc", "c.xml"], ["d.mrc"])


def test_files_are_found_without_a_head_where_their_offsets_are_on_record(packed: Packed) -> None:
    first = packed.layout.files[0].content_at
    beheaded = packed.copy(bytes(first) + packed.tar[first:])

    assert recoverable([beheaded], packed.record, packed.files).lost == []


def test_files_are_found_without_offsets_on_record_where_a_head_is_left(packed: Packed) -> None:
    bare = packed.record.model_copy(update={"data_file_list": []})

    assert recoverable([damaged(packed, "c.xml")], bare, packed.files).lost == ["c.xml"]


def test_without_offsets_and_head_nobody_knows(packed: Packed) -> None:
    bare = packed.record.model_copy(update={"data_file_list": []})

    with pytest.raises(IntegrityError):
        recoverable([packed.copy(bytes(len(packed.tar)))], bare, packed.files)


def test_of_no_copy_nothing_is_left(packed: Packed) -> None:
    assert recoverable([(MemoryStore(), packed.name)], packed.record, packed.files).lost == [*CONTENTS]


def test_nothing_is_lost_while_a_store_is_away(packed: Packed) -> None:
    away = FaultyStore(packed.store, Faults(is_denied=True))

    with pytest.raises(UnavailableError):
        recoverable([damaged(packed, "a.xml"), (away, packed.name)], packed.record, packed.files)


def test_a_bad_sector_costs_its_file_only(packed: Packed) -> None:
    store = BadSector(packed.name, packed.tar, packed.layout.files[1].content_at + 1_200_000)

    assert recoverable([(store, packed.name)], packed.record, packed.files).lost == ["b.mrc"]
