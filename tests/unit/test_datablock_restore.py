"""Files come back byte for byte, or not at all, and never anywhere else."""

import hashlib
import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import pytest

from emdewar.datablock.destination import DestinationFolder
from emdewar.datablock.folder_file import part_name
from emdewar.datablock.members import Placer, tar_size
from emdewar.datablock.restore import SHARED_FROM, Restoring, restore_files
from emdewar.datablock.write import write_datablock
from emdewar.errors import CHECKSUM_MISMATCH, MISSING_FILES, NO_SPACE, IntegrityError, RefusedError, UnavailableError
from emdewar.records import DatablockRecord, DataFile
from emdewar.stores.part_file import PartFile
from emdewar.stores.posix import PosixStore
from emdewar.stores.store import Locality, Store
from emdewar.stores.system_errors import READ_ERROR
from emdewar.testing.datasets import ACQUIRED_AT, declare, plan_all, write_dataset
from emdewar.testing.destinations import MemoryDestination, MemoryFile
from emdewar.testing.faults import Faults, FaultyStore
from emdewar.testing.stores import MemoryReader, MemoryStore
from emdewar.testing.stumbling import StumblingStore, bad_at

CONTENTS = {
    "atlas.mrc": b"\7" * 2_500_000,
    "grid/movie.eer": bytes(range(256)) * 300,
    "grid/sub/empty.log": b"",
    "grid/" + "n" * 250: b"the longest of names",
}


class CountingReader(MemoryReader):
    """A reader that counts the bytes read."""

    def __init__(self, content: bytes, count: Callable[[int], None]) -> None:
        super().__init__(content)
        self._count = count

    def read_at(self, offset: int, size: int) -> memoryview:
        self._count(size)
        return super().read_at(offset, size)


class Archive(MemoryStore):
    """A store that lists the sizes of all reads."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[int] = []

    def open(self, name: str) -> CountingReader:
        return CountingReader(self.contents[name], self.reads.append)


@pytest.fixture
def archive() -> Archive:
    return Archive()


@pytest.fixture
def record(archive: Archive, tmp_path: Path) -> DatablockRecord:
    return write_datablock(
        plan_all(write_dataset(tmp_path / "source", CONTENTS)), tmp_path / "source", [archive]
    ).record


@pytest.fixture
def back(tmp_path: Path) -> Path:
    return tmp_path / "back"


def restore(
    store: Store,
    record: DatablockRecord,
    names: Collection[str] | None,
    back: Path,
    on_progress: Callable[[int], None] | None = None,
) -> int:
    with DestinationFolder(back) as destination:
        return restore_files(store, record, names, destination, on_progress=on_progress)


def contents_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_all_files_come_back_with_content_and_time(archive: Archive, record: DatablockRecord, back: Path) -> None:
    written = restore(archive, record, None, back)

    assert written == len(CONTENTS)
    assert contents_of(back) == CONTENTS
    assert {path.stat().st_mtime for path in back.rglob("*") if path.is_file()} == {ACQUIRED_AT.timestamp()}


def test_one_file_comes_back_without_reading_the_others(archive: Archive, record: DatablockRecord, back: Path) -> None:
    restore(archive, record, {"grid/movie.eer"}, back)

    assert contents_of(back) == {"grid/movie.eer": CONTENTS["grid/movie.eer"]}
    assert sum(archive.reads) == len(CONTENTS["grid/movie.eer"])


class ZeroReader(CountingReader):
    """A tar of any size that holds nothing but zeros."""

    def __init__(self, size: int, count: Callable[[int], None]) -> None:
        super().__init__(bytes(1 << 20), count)
        self.size = size

    def read_at(self, offset: int, size: int) -> memoryview:
        self._count(size)
        return self._content[: min(size, self.size - offset)]


class HugeArchive(Archive):
    """A store of such tars."""

    sizes: Mapping[str, int] = {"big_0001.tar": 20 << 30}

    def open(self, name: str) -> ZeroReader:
        return ZeroReader(self.sizes[name], self.reads.append)


def test_one_file_of_100_mb_costs_at_most_101_mb_of_a_datablock_of_20_gb() -> None:
    size, zeros = 100_000_000, hashlib.sha256(bytes(100_000_000)).hexdigest()
    placer = Placer("big_0001")
    declared = DataFile(path="", size=size, time=ACQUIRED_AT, chk=zeros)
    members = [placer.place_file(declared.model_copy(update={"path": f"movie_{n:03d}.eer"})) for n in range(200)]
    files = [m.file.model_copy(update={"offset": m.content_at}) for m in members if m.file]
    record = DatablockRecord(
        archive_id="big_0001",
        number=1,
        of=1,
        size=200 * size,
        packed_size=tar_size(placer.at),
        first_file=0,
        number_of_files=200,
        crc64nvme="0" * 16,
        manifest_sha256="0" * 64,
        data_file_list=files,
    )
    archive, back = HugeArchive(), MemoryDestination()

    restore_files(archive, record, {"movie_117.eer"}, back)

    assert {path: len(content) for path, content in back.files.items()} == {"movie_117.eer": size}
    assert sum(archive.reads) <= 101_000_000


def test_small_neighbours_are_read_together(archive: Archive, tmp_path: Path, back: Path) -> None:
    contents = {f"{number:03d}.xml": b"<x/>" * number for number in range(60)}
    files = write_dataset(tmp_path / "source", contents)
    record = write_datablock(plan_all(files), tmp_path / "source", [archive]).record

    restore(archive, record, None, back)

    assert len(archive.reads) == 1
    assert contents_of(back) == contents


def test_of_small_files_far_apart_only_they_are_read(archive: Archive, tmp_path: Path, back: Path) -> None:
    contents = {"a.xml": b"<x/>", "b.mrc": bytes(100_000), "c.xml": b"<y/>"}
    files = write_dataset(tmp_path / "source", contents)
    record = write_datablock(plan_all(files), tmp_path / "source", [archive]).record

    restore(archive, record, {"a.xml", "c.xml"}, back)

    assert archive.reads == [4, 4]


def test_a_copy_under_another_name_is_restored(archive: Archive, record: DatablockRecord, back: Path) -> None:
    archive.contents["again.tar"] = archive.contents.pop(f"{record.archive_id}.tar")

    with DestinationFolder(back) as destination:
        restore_files(archive, record, None, destination, location="again.tar")

    assert contents_of(back) == CONTENTS


def test_a_file_that_appears_meanwhile_is_not_overwritten(
    archive: Archive, record: DatablockRecord, back: Path
) -> None:
    def put_it_there(_size: int) -> None:
        (back / "atlas.mrc").write_bytes(b"mine")

    with pytest.raises(RefusedError, match="appeared while") as refused:
        restore(archive, record, {"atlas.mrc"}, back, on_progress=put_it_there)

    assert refused.value.paths == ("atlas.mrc",)
    assert contents_of(back) == {"atlas.mrc": b"mine"}


@pytest.mark.parametrize("path", ["../escape", "a/../../escape"])
def test_a_destination_folder_is_never_left(back: Path, path: str) -> None:
    with DestinationFolder(back) as destination, pytest.raises(RefusedError):
        destination.create(declare(path, b""))

    assert list(back.parent.iterdir()) == [back]


def test_damaged_files_can_be_left_out(archive: Archive, record: DatablockRecord, back: Path) -> None:
    damaged: list[str] = []
    offset = next(file.offset or 0 for file in record.data_file_list if file.path == "grid/movie.eer")
    reader = FaultyStore(archive, Faults(flipped_bit=8 * offset)).open(f"{record.archive_id}.tar")

    with DestinationFolder(back) as destination:
        restoring = Restoring(reader, destination, on_damage=lambda error: damaged.extend(error.paths))
        restoring.run(record.data_file_list, workers=2)

    assert damaged == ["grid/movie.eer"]
    assert contents_of(back) == {path: content for path, content in CONTENTS.items() if path != "grid/movie.eer"}


def test_a_second_run_keeps_what_is_there(archive: Archive, record: DatablockRecord, back: Path) -> None:
    restore(archive, record, {"atlas.mrc"}, back)
    kept = (back / "atlas.mrc").stat().st_ino

    written = restore(archive, record, None, back)

    assert written == len(CONTENTS) - 1
    assert (back / "atlas.mrc").stat().st_ino == kept
    assert contents_of(back) == CONTENTS


def test_progress_counts_every_wanted_byte_kept_or_written(
    archive: Archive, record: DatablockRecord, back: Path
) -> None:
    done: list[int] = []
    restore(archive, record, {"atlas.mrc"}, back)

    restore(archive, record, None, back, on_progress=done.append)

    assert sum(done) == record.size


@pytest.mark.parametrize("content", [b"other", CONTENTS["grid/movie.eer"][::-1]])
def test_a_file_of_other_content_is_never_overwritten(
    archive: Archive, record: DatablockRecord, back: Path, content: bytes
) -> None:
    write_dataset(back, {"grid/movie.eer": content})

    with pytest.raises(RefusedError, match="restore to an empty folder") as refused:
        restore(archive, record, None, back)

    assert refused.value.paths == ("grid/movie.eer",)
    assert (back / "grid/movie.eer").read_bytes() == content


def test_everything_in_the_way_is_listed_before_anything_is_written(
    archive: Archive, record: DatablockRecord, back: Path
) -> None:
    write_dataset(back, {"atlas.mrc": b"x", "grid/movie.eer": b"y"})

    with pytest.raises(RefusedError) as refused:
        restore(archive, record, None, back)

    assert refused.value.paths == ("atlas.mrc", "grid/movie.eer")
    assert archive.reads == []


def link_the_folder(back: Path, outside: Path) -> None:
    (back / "grid").symlink_to(outside)


def link_the_file(back: Path, outside: Path) -> None:
    (back / "grid").mkdir()
    (back / "grid/movie.eer").symlink_to(outside / "victim")


def put_a_file_for_the_folder(back: Path, _outside: Path) -> None:
    (back / "grid").write_bytes(b"")


@pytest.mark.parametrize("trap", [link_the_folder, link_the_file, put_a_file_for_the_folder])
def test_no_link_leads_out_of_the_destination(
    archive: Archive, record: DatablockRecord, back: Path, tmp_path: Path, trap: Callable[[Path, Path], None]
) -> None:
    outside = tmp_path / "outside"
    write_dataset(outside, {"victim": CONTENTS["grid/movie.eer"]})
    back.mkdir()
    trap(back, outside)

    with pytest.raises(RefusedError):
        restore(archive, record, {"grid/movie.eer"}, back)

    assert contents_of(outside) == {"victim": CONTENTS["grid/movie.eer"]}


@pytest.mark.parametrize("path", ["../escape", "/etc/escape", "a/../../escape"])
def test_a_record_with_a_path_that_leaves_the_folder_is_refused(
    archive: Archive, record: DatablockRecord, back: Path, path: str
) -> None:
    hostile = record.data_file_list[0].model_copy(update={"path": path})
    record = record.model_copy(update={"data_file_list": [hostile]})

    with pytest.raises(RefusedError):
        restore(archive, record, None, back)

    assert not (back.parent / "escape").exists()


def test_names_that_the_datablock_does_not_hold_are_refused(
    archive: Archive, record: DatablockRecord, back: Path
) -> None:
    with pytest.raises(RefusedError) as refused:
        restore(archive, record, {"atlas.mrc", "grid/other.eer"}, back)

    assert (refused.value.reason, refused.value.paths) == (MISSING_FILES, ("grid/other.eer",))


@pytest.mark.parametrize("fault", ["flipped_bit", "truncated_to"])
def test_damaged_bytes_never_become_visible(archive: Archive, record: DatablockRecord, back: Path, fault: str) -> None:
    offset = next(file.offset or 0 for file in record.data_file_list if file.path == "grid/movie.eer") + 100
    faults = Faults(flipped_bit=8 * offset) if fault == "flipped_bit" else Faults(truncated_to=offset)

    with pytest.raises(IntegrityError) as found:
        restore(FaultyStore(archive, faults), record, {"grid/movie.eer"}, back)

    assert (found.value.reason, found.value.paths) == (CHECKSUM_MISMATCH, ("grid/movie.eer",))
    assert contents_of(back) == {}


def test_the_leftover_of_a_killed_run_is_taken_over(archive: Archive, record: DatablockRecord, back: Path) -> None:
    write_dataset(back, {f"grid/{part_name('movie.eer')}": b"half of an older run" * 9000})

    restore(archive, record, None, back)

    assert contents_of(back) == CONTENTS


def test_two_restores_of_one_file_do_not_mix(archive: Archive, record: DatablockRecord, back: Path) -> None:
    back.mkdir()
    folder_fd = os.open(back, os.O_RDONLY)

    with (
        PartFile(folder_fd, part_name("atlas.mrc"), "atlas.mrc"),
        pytest.raises(UnavailableError, match="somebody else"),
    ):
        restore(archive, record, {"atlas.mrc"}, back)
    os.close(folder_fd)

    assert restore(archive, record, {"atlas.mrc"}, back) == 1


def test_a_destination_without_room_is_unavailable_at_once(
    archive: Archive, record: DatablockRecord, back: Path
) -> None:
    huge = record.data_file_list[0].model_copy(update={"size": 1 << 60})
    record = record.model_copy(update={"data_file_list": [huge]})

    with pytest.raises(UnavailableError) as refused:
        restore(archive, record, None, back)

    assert refused.value.reason == NO_SPACE
    assert archive.reads == []


def test_a_list_without_offsets_is_refused(archive: Archive, record: DatablockRecord, back: Path) -> None:
    record = record.model_copy(update={"data_file_list": [declare("atlas.mrc", CONTENTS["atlas.mrc"])]})

    with pytest.raises(RefusedError, match="no offset"):
        restore(archive, record, None, back)


def test_files_come_back_from_a_disk_read_directly(tmp_path: Path, back: Path) -> None:
    (tmp_path / "disk").mkdir()
    store = PosixStore("disk", tmp_path / "disk")
    record = write_datablock(
        plan_all(write_dataset(tmp_path / "source", CONTENTS)), tmp_path / "source", [store]
    ).record

    restore(store, record, None, back)

    assert contents_of(back) == CONTENTS


LARGE = b"".join(number.to_bytes(4) for number in range(SHARED_FROM // 4 + 999))


class FullDestination(MemoryDestination):
    """A destination that is full after some megabytes."""

    def create(self, file: DataFile) -> "FullFile":
        return FullFile(self.files, file.path)


class FullFile(MemoryFile):
    """A file of it."""

    def write(self, data: bytes | memoryview) -> None:
        super().write(data)
        if len(self._content) > SHARED_FROM // 2:
            msg = "cannot write: full"
            raise UnavailableError(msg, reason=NO_SPACE)


@pytest.fixture
def large(archive: Archive, tmp_path: Path) -> DatablockRecord:
    files = write_dataset(tmp_path / "large", {"large.eer": LARGE})
    return write_datablock(plan_all(files), tmp_path / "large", [archive]).record


def test_a_file_that_threads_share_comes_back_in_order(archive: Archive, large: DatablockRecord) -> None:
    back = MemoryDestination()

    restore_files(archive, large, None, back)

    assert back.files == {"large.eer": LARGE}


@pytest.mark.parametrize("fault", [Faults(flipped_bit=8 * SHARED_FROM), Faults(truncated_to=SHARED_FROM - 5)])
def test_a_damaged_file_that_threads_share_never_becomes_visible(
    archive: Archive, large: DatablockRecord, fault: Faults
) -> None:
    back = MemoryDestination()

    with pytest.raises(IntegrityError):
        restore_files(FaultyStore(archive, fault), large, None, back)

    assert back.files == {}


def test_no_thread_waits_for_one_that_failed(archive: Archive, large: DatablockRecord) -> None:
    with pytest.raises(UnavailableError) as refused:
        restore_files(archive, large, None, FullDestination())

    assert refused.value.reason == NO_SPACE


def test_of_a_bad_medium_all_other_files_come_back_and_the_bad_ones_are_named(
    archive: Archive, record: DatablockRecord, back: Path
) -> None:
    name = f"{record.archive_id}.tar"
    small = next(file for file in record.data_file_list if file.path == "grid/movie.eer")
    store = StumblingStore({name: archive.contents[name]}, bad_at(small.offset or 0))

    with pytest.raises(IntegrityError) as found:
        restore(store, record, None, back)

    assert (found.value.reason, found.value.paths) == (READ_ERROR, ("grid/movie.eer",))
    assert contents_of(back) == {path: content for path, content in CONTENTS.items() if path != "grid/movie.eer"}


def test_all_damaged_files_are_named_at_once(archive: Archive, record: DatablockRecord, back: Path) -> None:
    name = f"{record.archive_id}.tar"
    bad = [file for file in record.data_file_list if file.size][:3]
    store = StumblingStore({name: archive.contents[name]}, bad_at(bad[0].offset or 0))
    tar = bytearray(archive.contents[name])
    for file in bad[1:]:
        tar[file.offset or 0] ^= 1
    store.contents[name] = bytes(tar)

    with pytest.raises(IntegrityError, match="3 files came back wrong") as found:
        restore(store, record, None, back)

    assert (found.value.reason, found.value.paths) == (CHECKSUM_MISMATCH, tuple(sorted(file.path for file in bad)))
    assert len(contents_of(back)) == len(CONTENTS) - 3


def test_a_copy_that_goes_to_tape_meanwhile_is_unavailable(
    archive: Archive, record: DatablockRecord, back: Path
) -> None:
    name = f"{record.archive_id}.tar"
    store = StumblingStore({name: bytes(len(archive.contents[name]))}, lambda _number, _offset, size: size)
    store.locality = Locality.OFFLINE

    with pytest.raises(UnavailableError, match="went offline"):
        restore(store, record, None, back)


def test_of_a_bad_medium_a_large_file_that_threads_share_is_named(archive: Archive, large: DatablockRecord) -> None:
    name, back = f"{large.archive_id}.tar", MemoryDestination()
    file = large.data_file_list[0]
    store = StumblingStore({name: archive.contents[name]}, bad_at((file.offset or 0) + 5_000_000))

    with pytest.raises(IntegrityError) as found:
        restore_files(store, large, None, back)

    assert (found.value.reason, found.value.paths) == (READ_ERROR, (file.path,))
    assert back.files.keys() == {other.path for other in large.data_file_list[1:]}
