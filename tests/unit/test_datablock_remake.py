"""A copy is made anew bit for bit from what the other copies still have, or not at all."""

import contextlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emdewar.datablock import pax
from emdewar.datablock.layout import plan_block
from emdewar.datablock.members import object_name
from emdewar.datablock.remake import Remade, remake_copy
from emdewar.datablock.slices import slice_files
from emdewar.datablock.verify import verify_copy
from emdewar.datablock.write import write_datablock
from emdewar.errors import CHECKSUM_MISMATCH, NO_SPACE, OBJECT_EXISTS, IntegrityError, RefusedError, UnavailableError
from emdewar.stores.posix import PosixStore
from emdewar.stores.store import Store
from emdewar.testing.datasets import LEAD, PID, plan_all, write_dataset
from emdewar.testing.faults import Faults, FaultyStore, KilledError
from emdewar.testing.packed import Packed
from emdewar.testing.stores import MemoryStore
from emdewar.testing.stumbling import StumblingStore, away_during

CONTENTS = {
    "grid/a.xml": b"<x/>",
    "grid/b.eer": bytes(range(256)) * 300,
    "grid/c.mrc": b"\3" * 3_000_000,
    "grid/d.mrc": b"\4" * 1_500_000,
    "long/" + "n" * 200: b"behind a long header",
    "z.log": b"",
}
INDEX = "20.500.1234_session-1_0001.idx.json"
SECOND = "20.500.1234_session-1_0001.2.tar"


class KilledBeforeIndex(MemoryStore):
    """A store whose writer ends between the datablock and its index."""

    def put_small(self, name: str, content: bytes) -> None:  # noqa: ARG002 - it does not come so far
        raise KilledError


def damaged(packed: Packed, *members: str, name: str = "damaged", at: int = 0) -> tuple[Store, str]:
    return packed.copy(packed.damaged(members, at=at), name)


def remake(packed: Packed, sources: Sequence[tuple[Store, str]], target: Store) -> Remade:
    return remake_copy(sources, target, packed.record, packed.files, location=SECOND)


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Packed:
    return Packed(tmp_path_factory.mktemp("source"), CONTENTS)


@pytest.fixture
def target() -> MemoryStore:
    return MemoryStore("target")


def test_the_replacements_of_a_copy_are_numbered() -> None:
    assert [object_name("a_0001", generation) for generation in (1, 2, 11)] == [
        "a_0001.tar",
        "a_0001.2.tar",
        "a_0001.11.tar",
    ]


def test_a_copy_is_made_bit_for_bit_from_a_good_one(packed: Packed, target: MemoryStore) -> None:
    remade = remake(packed, [(packed.store, packed.name)], target)

    assert target.contents[SECOND] == packed.tar
    assert (remade.store, remade.location, remade.was_there) == ("target", SECOND, False)
    assert (remade.size, remade.crc64nvme) == (len(packed.tar), packed.record.crc64nvme)
    assert verify_copy(target, packed.record, packed.files, location=SECOND).record.location == SECOND


def test_the_index_is_made_again_too(packed: Packed, target: MemoryStore) -> None:
    remake(packed, [(packed.store, packed.name)], target)

    name = f"{packed.layout.archive_id}.idx.json"
    assert target.contents[name] == packed.store.contents[name]


def test_a_good_source_is_read_once(packed: Packed) -> None:
    done: list[int] = []

    remake_copy(
        [(packed.store, packed.name)],
        MemoryStore("target"),
        packed.record,
        packed.files,
        location=SECOND,
        on_progress=done.append,
    )

    assert sum(done) == len(packed.tar)


def test_a_record_without_its_file_list_suffices(packed: Packed, target: MemoryStore) -> None:
    bare = packed.record.model_copy(update={"data_file_list": []})

    remake_copy([(packed.store, packed.name)], target, bare, packed.files[::-1], location=SECOND)

    assert target.contents[SECOND] == packed.tar


DAMAGE = {
    "small files": (["data/grid/a.xml"], ["data/grid/b.eer"]),
    "large files": (["data/grid/c.mrc"], ["data/grid/d.mrc"]),
    "small and large": (["data/grid/a.xml", "data/grid/d.mrc"], ["data/grid/c.mrc"]),
    "heads": (["bag-info.txt"], ["data/oscem.json", "data/ro-crate-metadata.json"]),
    "manifests in both": (["manifest-sha256.txt", "tagmanifest-sha256.txt", "bagit.txt"], ["manifest-sha256.txt"]),
}


@pytest.mark.parametrize(("one", "other"), DAMAGE.values(), ids=DAMAGE.keys())
def test_two_damaged_copies_make_a_good_one(
    packed: Packed, target: MemoryStore, one: list[str], other: list[str]
) -> None:
    remake(packed, [damaged(packed, *one, name="one"), damaged(packed, *other, name="other")], target)

    assert target.contents[SECOND] == packed.tar


@pytest.mark.parametrize("at", [-1, -300, -512, -900, -1024, -1400])
def test_damaged_headers_of_files_are_made_again_from_one_copy(packed: Packed, target: MemoryStore, at: int) -> None:
    source = damaged(packed, "data/grid/a.xml", "data/grid/c.mrc", "data/z.log", at=at)

    remake(packed, [source], target)

    assert target.contents[SECOND] == packed.tar


@pytest.mark.parametrize("at", [-1, -300, -512, -900, -1024, -1400])
def test_damaged_headers_in_the_head_come_from_the_other_copy(packed: Packed, target: MemoryStore, at: int) -> None:
    one = damaged(packed, "bag-info.txt", "data/oscem.json", name="one", at=at)
    other = damaged(packed, "manifest-sha256.txt", "data/ro-crate-metadata.json", name="other", at=at)

    remake(packed, [one, other], target)

    assert target.contents[SECOND] == packed.tar


def test_a_truncated_and_a_beheaded_copy_make_a_good_one(packed: Packed, target: MemoryStore) -> None:
    middle = packed.layout.files[2].content_at + 5
    halves = [packed.copy(packed.tar[:middle]), packed.copy(bytes(middle - 4) + packed.tar[middle - 4 :])]

    with pytest.raises(IntegrityError, match="1 of its files"):
        remake(packed, halves, target)
    remake(packed, [*halves, damaged(packed, "data/grid/b.eer")], target)

    assert target.contents[SECOND] == packed.tar


def test_files_that_no_copy_has_are_all_listed(packed: Packed, target: MemoryStore) -> None:
    one = damaged(packed, "data/grid/a.xml", "data/grid/c.mrc", "data/grid/d.mrc", name="one")
    other = damaged(packed, "data/grid/a.xml", "data/grid/d.mrc", "data/grid/b.eer", name="other")

    with pytest.raises(IntegrityError, match="no copy") as found:
        remake(packed, [one, other], target)

    assert (found.value.reason, found.value.paths) == (CHECKSUM_MISMATCH, ("grid/a.xml", "grid/d.mrc"))
    assert target.contents == {}


def test_a_head_that_no_copy_has_is_an_error_and_nothing_is_written(packed: Packed, target: MemoryStore) -> None:
    with pytest.raises(IntegrityError, match="files may still be restored"):
        remake(packed, [damaged(packed, "data/oscem.json")], target)

    assert target.contents == {}


def test_another_bag_info_than_the_archived_one_is_found_before_the_copy_is_visible(
    packed: Packed, target: MemoryStore, tmp_path: Path
) -> None:
    other = MemoryStore()
    files = write_dataset(tmp_path, CONTENTS)
    (block,) = slice_files(files, target_bytes=1 << 40)
    write_datablock(plan_block(PID.replace("/", "+"), block, files, LEAD), tmp_path, [other])

    with pytest.raises(IntegrityError, match="CRC-64/NVME"):
        remake(packed, [(other, packed.name)], target)

    assert target.contents == {}


def test_a_missing_copy_is_passed_over(packed: Packed, target: MemoryStore) -> None:
    remake(packed, [(MemoryStore("empty"), packed.name), (packed.store, packed.name)], target)

    assert target.contents[SECOND] == packed.tar


def test_a_store_that_is_away_is_passed_over_while_others_have_all(packed: Packed, target: MemoryStore) -> None:
    away = FaultyStore(packed.store, Faults(is_denied=True))

    remake(packed, [(away, packed.name), (packed.store, packed.name)], target)

    assert target.contents[SECOND] == packed.tar


def test_nothing_is_called_lost_while_a_store_is_away(packed: Packed, target: MemoryStore) -> None:
    away = FaultyStore(packed.store, Faults(is_denied=True))

    with pytest.raises(UnavailableError):
        remake(packed, [(away, packed.name), damaged(packed, "data/grid/c.mrc")], target)

    assert target.contents == {}


def test_a_right_copy_of_a_killed_run_is_kept(packed: Packed, target: MemoryStore) -> None:
    target.contents[SECOND] = packed.tar

    remade = remake(packed, [], target)

    assert remade.was_there


def test_a_right_copy_whose_run_was_killed_before_its_index_gets_it(packed: Packed) -> None:
    target = KilledBeforeIndex("target")
    with pytest.raises(KilledError):
        remake(packed, [(packed.store, packed.name)], target)
    again = MemoryStore("target")
    again.contents |= target.contents

    remade = remake(packed, [(packed.store, packed.name)], again)

    assert remade.was_there
    assert again.contents == {SECOND: packed.tar, INDEX: packed.index}


def test_an_index_that_is_there_is_left_alone(packed: Packed, target: MemoryStore) -> None:
    target.contents |= {SECOND: packed.tar, INDEX: b"of an earlier copy"}

    remake(packed, [], target)

    assert target.contents[INDEX] == b"of an earlier copy"


@pytest.mark.parametrize("at", [0, 3, 22, 60, 130, 160, -1, -512, -700, -1400])
def test_bag_info_is_made_again_where_no_copy_has_it(packed: Packed, target: MemoryStore, at: int) -> None:
    remake(packed, [damaged(packed, "bag-info.txt", at=at)], target)

    assert target.contents[SECOND] == packed.tar


def test_bag_info_is_made_again_without_a_byte_of_it(packed: Packed, target: MemoryStore) -> None:
    info = packed.layout.tags[1]
    source = packed.copy(packed.tar[: info.header_at] + bytes(info.end - info.header_at) + packed.tar[info.end :])

    remake(packed, [source], target)

    assert target.contents[SECOND] == packed.tar


@pytest.mark.parametrize("at", [-1, -300, -512, -900, -1024, -1400])
@pytest.mark.parametrize("member", ["manifest-sha256.txt", "tagmanifest-sha256.txt", "bagit.txt"])
def test_one_copy_suffices_though_a_header_of_the_bags_own_files_is_damaged(
    packed: Packed, target: MemoryStore, member: str, at: int
) -> None:
    remake(packed, [damaged(packed, member, at=at)], target)

    assert target.contents[SECOND] == packed.tar


@pytest.mark.parametrize("at", [-1, -300, -388, -512, -900, -1024, -1400])
@pytest.mark.parametrize("member", ["data/oscem.json", "data/ro-crate-metadata.json", "bag-info.txt"])
def test_the_index_helps_where_a_leading_header_is_damaged(
    packed: Packed, target: MemoryStore, member: str, at: int
) -> None:
    store, name = packed.copy(packed.damaged({member}, at=at))
    store.put_small(INDEX, packed.index)

    remake(packed, [(store, name)], target)

    assert target.contents[SECOND] == packed.tar


@pytest.mark.parametrize("index", [b"", b"{", b"[]", b'{"members": [1]}', b'{"members": [["x", 0, -5, ""], []]}'])
def test_an_index_that_is_damaged_too_helps_nobody(packed: Packed, target: MemoryStore, index: bytes) -> None:
    store, name = packed.copy(packed.damaged({"data/oscem.json"}, at=-388))
    store.put_small(INDEX, index)

    with pytest.raises(IntegrityError):
        remake(packed, [(store, name)], target)


def test_a_store_that_stumbles_has_lost_nothing(packed: Packed, target: MemoryStore) -> None:
    for first in range(1, 30, 3):
        store = StumblingStore({packed.name: packed.tar}, away_during(first, first + 200))

        with pytest.raises(UnavailableError, match="slow down"):
            remake(packed, [(store, packed.name)], target)

    assert target.contents == {}


@pytest.mark.parametrize("member", ["bag-info.txt", "manifest-sha256.txt", "data/oscem.json"])
def test_a_header_that_claims_a_gigabyte_is_not_believed(packed: Packed, target: MemoryStore, member: str) -> None:
    tar = bytearray(packed.tar)
    place = next(m for m in packed.layout.members if packed.layout.bag_name(m) == member)
    header = pax.header(pax.Entry(place.entry.name, (1 << 30) - 512, place.entry.time_ms), place.header_at, "0" * 64)
    tar[place.header_at : place.header_at + len(header)] = header
    store = StumblingStore({packed.name: bytes(tar) + bytes(8 << 20)}, lambda _number, _offset, size: size)

    with contextlib.suppress(IntegrityError):
        remake(packed, [(store, packed.name)], target)

    assert store.largest_read <= 1 << 20


def test_another_object_of_that_name_is_refused(packed: Packed, target: MemoryStore) -> None:
    target.contents[SECOND] = packed.tar[:-1]

    with pytest.raises(RefusedError, match="use the next name") as refused:
        remake(packed, [(packed.store, packed.name)], target)

    assert refused.value.reason == OBJECT_EXISTS
    assert target.contents[SECOND] == packed.tar[:-1]


def test_a_full_target_keeps_nothing(packed: Packed) -> None:
    target = MemoryStore("target")

    with pytest.raises(UnavailableError) as refused:
        remake(packed, [(packed.store, packed.name)], FaultyStore(target, Faults(full_after=100_000)))

    assert refused.value.reason == NO_SPACE
    assert target.contents == {}


def test_a_copy_is_made_from_disk_to_disk(packed: Packed, tmp_path: Path) -> None:
    stores = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        stores.append(PosixStore(name, tmp_path / name))
    (tmp_path / "one" / packed.name).write_bytes(packed.tar)

    remake(packed, [(stores[0], packed.name)], stores[1])

    assert (tmp_path / "two" / SECOND).read_bytes() == packed.tar


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Packed:
    contents = {name: content[:3000] for name, content in CONTENTS.items()}
    return Packed(tmp_path_factory.mktemp("small"), contents)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_damage_in_one_copy_is_mended_by_any_other_damage_elsewhere(small: Packed, data: st.DataObject) -> None:
    ranges = data.draw(st.lists(st.tuples(st.integers(0, len(small.tar) - 1), st.integers(1, 5000)), max_size=4))
    files_at = small.layout.files[0].header_at
    one, other = bytearray(small.tar), bytearray(small.tar)
    for start, size in ranges:
        tar, end = (one, files_at) if start < files_at else (other, len(small.tar))
        for at in range(start, min(start + size, end)):
            tar[at] ^= 0x5A
    target = MemoryStore("target")

    remake(small, [small.copy(bytes(one), "one"), small.copy(bytes(other), "other")], target)

    assert target.contents[SECOND] == small.tar


SCRIPT = """
import resource, sys
from pathlib import Path
from emdewar.datablock.remake import remake_copy
from emdewar.records import DatablockRecord
from emdewar.stores.posix import PosixStore

folder = Path(sys.argv[1])
record = DatablockRecord.model_validate_json((folder / "record.json").read_text())
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
one, two = (PosixStore(name, folder / name) for name in ("one", "two"))
remake_copy([(one, record.archive_id + ".tar")], two, record, record.data_file_list, location="again.tar")
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.slow
def test_a_large_copy_is_made_in_little_memory(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    files = write_dataset(tmp_path / "source", {f"{number}.mrc": bytes(60_000_000) for number in range(5)})
    written = write_datablock(plan_all(files), tmp_path / "source", [PosixStore("one", tmp_path / "one")])
    (tmp_path / "record.json").write_text(written.record.model_dump_json())

    done = subprocess.run([sys.executable, "-c", SCRIPT, tmp_path], capture_output=True, text=True, check=True)

    assert int(done.stdout) < 150
