"""Only a copy that was read back and equals the catalog's record, byte for byte, is ever called verified."""

import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from awscrt.checksums import crc64nvme

from emdewar.datablock import bag, pax
from emdewar.datablock.layout import plan_block
from emdewar.datablock.members import BlockLayout
from emdewar.datablock.slices import slice_files
from emdewar.datablock.verify import VerifiedCopy, verify_copy
from emdewar.datablock.write import write_datablock
from emdewar.errors import CHECKSUM_MISMATCH, OFFLINE, IntegrityError, RefusedError, UnavailableError
from emdewar.records import DatablockRecord, DataFile
from emdewar.stores.posix import PosixStore
from emdewar.stores.store import Locality
from emdewar.stores.system_errors import READ_ERROR
from emdewar.testing.datasets import LEAD, PID, declare, plan_all, write_dataset
from emdewar.testing.faults import Faults, FaultyStore
from emdewar.testing.packed import Packed
from emdewar.testing.stores import MemoryStore
from emdewar.testing.stumbling import StumblingStore, bad_at, read_error

CONTENTS = {
    "grid/a.xml": b"<x/>",
    "grid/b.eer": bytes(range(256)) * 300,
    "grid/c.mrc": b"\3" * 1_200_000,
    "long/" + "n" * 200: b"behind a long header",
    "z.log": b"",
}


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Packed:
    return Packed(tmp_path_factory.mktemp("source"), CONTENTS)


def test_a_good_copy_is_verified_with_what_was_measured(packed: Packed) -> None:
    copy = verify_copy(packed.store, packed.record, packed.files).record

    assert (copy.store, copy.location, copy.size) == ("memory", packed.name, len(packed.tar))
    assert (copy.crc64nvme, copy.manifest_sha256) == (packed.record.crc64nvme, packed.record.manifest_sha256)
    assert (copy.number_of_files, copy.read_from) == (len(CONTENTS), "memory")


def test_verifying_needs_no_file_list_in_the_record(packed: Packed) -> None:
    bare = packed.record.model_copy(update={"data_file_list": []})

    copy = verify_copy(packed.store, bare, packed.files[::-1])

    assert copy.record.number_of_files == len(CONTENTS)


def test_progress_counts_every_byte_once(packed: Packed) -> None:
    done: list[int] = []

    verify_copy(packed.store, packed.record, packed.files, on_progress=done.append)

    assert sum(done) == len(packed.tar)


def bits_to_flip(layout: BlockLayout) -> Iterator[tuple[str, int]]:
    """Choose bits in every kind of byte: headers, records, contents, padding, manifests, the end."""
    for member in layout.members:
        name = layout.bag_name(member)[:20]
        for offset in (0, 124, 148, 156, 257, 512, 530, member.content_at - member.header_at - 300):
            yield f"{name} header+{offset}", 8 * (member.header_at + offset) + offset % 8
        yield f"{name} header's last byte", 8 * member.content_at - 1
        if member.entry.size:
            yield f"{name} first bit", 8 * member.content_at
            yield f"{name} last bit", 8 * (member.content_at + member.entry.size) - 1
        if member.end > member.content_at + member.entry.size:
            yield f"{name} padding", 8 * member.end - 5
    yield "end, first bit", 8 * layout.files[-1].end
    yield "end, last bit", 8 * layout.size - 1


def test_a_flipped_bit_is_never_reported_as_success(packed: Packed) -> None:
    missed = []

    for where, bit in bits_to_flip(packed.layout):
        try:
            verify_copy(FaultyStore(packed.store, Faults(flipped_bit=bit)), packed.record, packed.files)
        except IntegrityError:
            continue
        missed.append(where)

    assert missed == []
    assert len(list(bits_to_flip(packed.layout))) > 100


def test_every_damaged_file_is_named(packed: Packed) -> None:
    tar = bytearray(packed.tar)
    for member in packed.layout.files[1:3]:
        tar[member.content_at + 5] ^= 16

    with pytest.raises(IntegrityError) as found:
        verify_copy(packed.copy(bytes(tar))[0], packed.record, packed.files)

    assert (found.value.reason, found.value.paths) == (CHECKSUM_MISMATCH, ("grid/b.eer", "grid/c.mrc"))


def test_a_write_that_was_silently_dropped_is_found(packed: Packed, tmp_path: Path) -> None:
    write_dataset(tmp_path, CONTENTS)
    store = FaultyStore(MemoryStore(), Faults(drops_writes=True))
    record = write_datablock(packed.layout, tmp_path, [store]).record

    with pytest.raises(IntegrityError, match="lost or was never written"):
        verify_copy(store, record, packed.files)


@pytest.mark.parametrize("left", [0, 511, 4096, 700_000, -1])
def test_a_truncated_copy_is_found(packed: Packed, left: int) -> None:
    store = FaultyStore(packed.store, Faults(truncated_to=left % len(packed.tar)))

    with pytest.raises(IntegrityError, match="bytes instead of"):
        verify_copy(store, packed.record, packed.files)


def test_a_copy_that_lost_a_page_in_the_middle_is_found(packed: Packed) -> None:
    tar = bytearray(packed.tar)
    tar[4096 * 60 : 4096 * 61] = bytes(4096)

    with pytest.raises(IntegrityError):
        verify_copy(packed.copy(bytes(tar))[0], packed.record, packed.files)


def other_block(contents: dict[str, bytes], folder: Path) -> tuple[MemoryStore, DatablockRecord]:
    """Pack other contents, whole and valid in themselves, under the name of the datablock."""
    files = write_dataset(folder, contents)
    (block,) = slice_files(files, target_bytes=1 << 40)
    store = MemoryStore()
    return store, write_datablock(plan_block(PID, block, files, LEAD), folder, [store]).record


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"grid/b.eer": CONTENTS["grid/b.eer"][::-1]}, id="other content of the same size"),
        pytest.param({"unknown.txt": b""}, id="one file more"),
        pytest.param({"z.log": None}, id="one file less"),
        pytest.param({"z.log": None, "y.log": b""}, id="one file renamed"),
    ],
)
def test_a_valid_bag_of_other_files_is_found_even_if_its_own_record_fits(
    packed: Packed, tmp_path: Path, change: dict[str, bytes | None]
) -> None:
    contents = {name: content for name, content in {**CONTENTS, **change}.items() if content is not None}
    store, its_record = other_block(contents, tmp_path)

    for record in (packed.record, its_record):
        with pytest.raises(IntegrityError):
            verify_copy(store, record, packed.files)


def test_other_leading_metadata_is_found(packed: Packed, tmp_path: Path) -> None:
    write_dataset(tmp_path, CONTENTS)
    other = {**LEAD, "oscem.json": b"[]\n"}
    store = MemoryStore()
    write_datablock(plan_all(packed.files, other), tmp_path, [store])

    with pytest.raises(IntegrityError, match="manifest"):
        verify_copy(store, packed.record, packed.files)


def test_a_tar_of_the_same_files_by_another_program_is_not_our_datablock(packed: Packed, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "other.tar", "w") as tar:
        tar.add(write_and_get(tmp_path), arcname=packed.record.archive_id)
    content = (tmp_path / "other.tar").read_bytes()
    record = packed.record.model_copy(update={"packed_size": len(content)})

    with pytest.raises(IntegrityError, match="header at byte 0"):
        verify_copy(packed.copy(content)[0], record, packed.files)


def write_and_get(folder: Path) -> Path:
    write_dataset(folder / "data", CONTENTS)
    return folder / "data"


def test_a_record_with_another_number_of_files_than_the_catalog_is_found(packed: Packed) -> None:
    with pytest.raises(IntegrityError, match="compare both lists"):
        verify_copy(packed.store, packed.record, packed.files[:-1])


def test_a_catalog_that_declares_another_checksum_is_believed_and_not_the_block(packed: Packed) -> None:
    declared: list[DataFile] = [packed.files[0].model_copy(update={"chk": "0" * 64}), *packed.files[1:]]

    with pytest.raises(IntegrityError) as found:
        verify_copy(packed.store, packed.record, declared)

    assert found.value.paths == ("grid/a.xml",)


def test_a_forged_tag_manifest_is_found_even_if_header_and_record_fit_it(packed: Packed) -> None:
    member = packed.layout.tags[3]
    content = b"0" * member.entry.size
    tar = bytearray(packed.tar)
    tar[member.header_at : member.content_at] = pax.header(member.entry, member.header_at, bag.sha256_of(content))
    tar[member.content_at : member.content_at + len(content)] = content
    record = packed.record.model_copy(update={"crc64nvme": f"{crc64nvme(bytes(tar)):016x}"})

    with pytest.raises(IntegrityError, match="do not fit its contents"):
        verify_copy(packed.copy(bytes(tar))[0], record, packed.files)


@pytest.mark.parametrize("field", ["crc64nvme", "manifest_sha256"])
def test_a_record_that_binds_other_bytes_is_found(packed: Packed, field: str) -> None:
    digest = str(getattr(packed.record, field))
    record = packed.record.model_copy(update={field: "0" * len(digest)})

    with pytest.raises(IntegrityError):
        verify_copy(packed.store, record, packed.files)


def test_an_offset_on_record_that_would_restore_other_bytes_is_found(packed: Packed) -> None:
    first, *others = packed.record.data_file_list
    moved = first.model_copy(update={"offset": (first.offset or 0) + 512})
    record = packed.record.model_copy(update={"data_file_list": [moved, *others]})

    with pytest.raises(IntegrityError, match="lie elsewhere"):
        verify_copy(packed.store, record, packed.files)


def test_a_copy_on_a_disk_is_read_past_the_page_cache(packed: Packed, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    write_dataset(tmp_path / "source", CONTENTS)
    store = PosixStore("disk", tmp_path / "disk")
    record = write_datablock(packed.layout, tmp_path / "source", [store]).record

    copy = verify_copy(store, record, packed.files)

    assert copy.record.read_from in {"device", "cache-dropped"}


def test_nobody_else_can_make_a_verified_copy(packed: Packed) -> None:
    record = verify_copy(packed.store, packed.record, packed.files).record

    with pytest.raises(RefusedError, match="verify_copy only"):
        VerifiedCopy(record)


def test_one_file_of_any_size_is_a_datablock_that_verifies(tmp_path: Path) -> None:
    for size in (0, 1, 65536, (8 << 20) - 1, 8 << 20, (8 << 20) + 1):
        files = write_dataset(tmp_path, {"one.mrc": bytes(size)})
        store = MemoryStore()

        record = write_datablock(plan_all(files, {}), tmp_path, [store]).record

        assert verify_copy(store, record, [declare("one.mrc", bytes(size))]).record.size == record.packed_size


def test_a_copy_under_another_name_is_verified(packed: Packed) -> None:
    store, name = packed.copy(packed.tar)
    store.contents["again.2.tar"] = store.contents.pop(name)

    copy = verify_copy(store, packed.record, packed.files, location="again.2.tar").record

    assert copy.location == "again.2.tar"


def test_reading_keeps_to_a_rate(packed: Packed) -> None:
    size = len(packed.tar)
    start_s = time.monotonic()

    verify_copy(packed.store, packed.record, packed.files, bytes_per_s=4 * size)

    assert time.monotonic() - start_s >= 0.25


def on_bad_medium(packed: Packed, *places: int) -> StumblingStore:
    return StumblingStore({packed.name: packed.tar}, bad_at(*places))


def test_a_place_that_the_medium_cannot_read_is_damage_of_its_file(packed: Packed) -> None:
    store = on_bad_medium(packed, packed.layout.files[2].content_at + 600_000)

    with pytest.raises(IntegrityError, match="cannot be read") as found:
        verify_copy(store, packed.record, packed.files)

    assert (found.value.reason, found.value.paths) == (READ_ERROR, ("grid/c.mrc",))


def test_of_files_that_are_read_together_only_the_unreadable_ones_are_named(packed: Packed) -> None:
    places = [packed.layout.files[number].content_at for number in (0, 3)]

    with pytest.raises(IntegrityError) as found:
        verify_copy(on_bad_medium(packed, *places), packed.record, packed.files)

    assert found.value.paths == ("grid/a.xml", "long/" + "n" * 200)


def test_a_copy_with_a_bad_place_and_other_bytes_elsewhere_differs(packed: Packed) -> None:
    tar = packed.damaged({"data/grid/b.eer"})
    store = StumblingStore({packed.name: tar}, bad_at(packed.layout.files[0].content_at))

    with pytest.raises(IntegrityError) as found:
        verify_copy(store, packed.record, packed.files)

    assert (found.value.reason, found.value.paths) == (CHECKSUM_MISMATCH, ("grid/a.xml", "grid/b.eer"))


def test_a_bad_place_in_the_head_is_damage(packed: Packed) -> None:
    with pytest.raises(IntegrityError):
        verify_copy(on_bad_medium(packed, 5), packed.record, packed.files)


def test_what_reads_at_the_second_try_is_good(packed: Packed) -> None:
    failed: set[int] = set()

    def fail_once(_number: int, offset: int, size: int) -> int:
        if offset > 0 and offset not in failed:
            failed.add(offset)
            raise read_error()
        return size

    store = StumblingStore({packed.name: packed.tar}, fail_once)

    assert verify_copy(store, packed.record, packed.files, workers=1).record.crc64nvme == packed.record.crc64nvme


def test_a_medium_of_which_nothing_can_be_read_is_unavailable(packed: Packed) -> None:
    store = on_bad_medium(packed, *range(0, len(packed.tar), 512))

    with pytest.raises(UnavailableError) as found:
        verify_copy(store, packed.record, packed.files)

    assert found.value.reason == READ_ERROR


def test_a_medium_that_dies_meanwhile_is_unavailable(packed: Packed) -> None:
    reads: list[int] = []

    def count(number: int, _offset: int, size: int) -> int:
        reads.append(number)
        return size

    def dies(number: int, _offset: int, size: int) -> int:
        if number >= len(reads):
            raise read_error()
        return size

    verify_copy(StumblingStore({packed.name: packed.tar}, count), packed.record, packed.files, workers=1)

    with pytest.raises(UnavailableError):
        verify_copy(StumblingStore({packed.name: packed.tar}, dies), packed.record, packed.files, workers=1)


@pytest.mark.parametrize("locality", [Locality.OFFLINE, Locality.RECALLING])
def test_a_copy_that_reads_wrong_because_it_goes_to_tape_is_unavailable(packed: Packed, locality: Locality) -> None:
    tar = packed.damaged({"data/grid/b.eer"})
    store = StumblingStore({packed.name: tar}, lambda _number, _offset, size: size)
    store.locality = locality

    with pytest.raises(UnavailableError) as found:
        verify_copy(store, packed.record, packed.files)

    assert found.value.reason == OFFLINE


def test_a_short_read_in_the_middle_is_read_on(packed: Packed) -> None:
    store = StumblingStore({packed.name: packed.tar}, lambda number, _offset, size: size if number % 3 else size - 7)

    assert verify_copy(store, packed.record, packed.files).record.size == len(packed.tar)


@pytest.mark.parametrize("size", [10**30, 2**63 - 1, 2**63 - 5000, 2**40])
def test_a_header_with_a_size_beyond_all_disks_is_damage(packed: Packed, tmp_path: Path, size: int) -> None:
    first = packed.layout.tags[0].entry
    header = pax.header(pax.Entry(first.name, size, first.time_ms), 0, "0" * 64)
    (tmp_path / packed.name).write_bytes(header + packed.tar[len(header) :])

    with pytest.raises(IntegrityError, match="header at byte 0"):
        verify_copy(PosixStore("disk", tmp_path), packed.record, packed.files)
