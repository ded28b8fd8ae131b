"""What is left of a datablock is told file by file, and nothing is called lost before it was read."""

from pathlib import Path

import pytest

from emdewar.datablock.recovery import Recovery, recoverable
from emdewar.errors import IntegrityError, UnavailableError
from emdewar.stores.store import Locality, Store
from emdewar.testing.faults import Faults, FaultyStore
from emdewar.testing.packed import Packed
from emdewar.testing.stores import MemoryStore
from emdewar.testing.stumbling import StumblingStore, away_during, bad_at

CONTENTS = {
    "a.xml": b"<x/>",
    "b.mrc": b"\3" * 2_000_000,
    "c.xml": b"<y/>",
    "d.mrc": b"\4" * 1_500_000,
}


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
    store = StumblingStore({packed.name: packed.tar}, bad_at(packed.layout.files[1].content_at + 1_200_000))

    assert recoverable([(store, packed.name)], packed.record, packed.files).lost == ["b.mrc"]


def test_of_small_neighbours_a_bad_sector_costs_one(tmp_path: Path) -> None:
    packed = Packed(tmp_path, {f"{name}.xml": name.encode() * 2000 for name in "abcd"})
    store = StumblingStore({packed.name: packed.tar}, bad_at(packed.layout.files[2].content_at))

    assert recoverable([(store, packed.name)], packed.record, packed.files).lost == ["c.xml"]


@pytest.mark.parametrize("first", [1, 2, 4])
def test_nothing_is_lost_while_a_store_stumbles(packed: Packed, first: int) -> None:
    store = StumblingStore({packed.name: packed.tar}, away_during(first, first + 2))

    with pytest.raises(UnavailableError, match="slow down"):
        recoverable([(store, packed.name)], packed.record, packed.files, workers=1)


def test_what_a_store_did_not_give_another_may_have(packed: Packed) -> None:
    store = StumblingStore({packed.name: packed.tar}, away_during(1, 4))

    found = recoverable([(store, packed.name), (packed.store, packed.name)], packed.record, packed.files)

    assert found.lost == []


def test_nothing_is_lost_that_reads_wrong_while_it_goes_to_tape(packed: Packed) -> None:
    store = StumblingStore({packed.name: bytes(len(packed.tar))}, lambda _number, _offset, size: size)
    store.locality = Locality.OFFLINE

    with pytest.raises(UnavailableError, match="went offline"):
        recoverable([(store, packed.name)], packed.record, packed.files)


def test_places_that_no_head_tells_are_not_unknown_while_a_store_stumbles(packed: Packed) -> None:
    bare = packed.record.model_copy(update={"data_file_list": []})
    store = StumblingStore({packed.name: packed.tar}, away_during(1, 1000))

    with pytest.raises(UnavailableError, match="slow down"):
        recoverable([(store, packed.name)], bare, packed.files)
