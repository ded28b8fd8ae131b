"""Files come back byte for byte, or not at all, and never anywhere else."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from emdewar.datablock.destination import part_name
from emdewar.datablock.restore import restore_files
from emdewar.datablock.write import write_datablock
from emdewar.errors import CHECKSUM_MISMATCH, MISSING_FILES, NO_SPACE, IntegrityError, RefusedError, UnavailableError
from emdewar.records import DatablockRecord
from emdewar.stores.part_file import PartFile
from emdewar.stores.posix import PosixStore
from emdewar.testing.datasets import ACQUIRED_AT, declare, plan_all, write_dataset
from emdewar.testing.faults import Faults, FaultyStore
from emdewar.testing.stores import MemoryReader, MemoryStore

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
        return CountingReader(self.objects[name], self.reads.append)


@pytest.fixture
def archive() -> Archive:
    return Archive()


@pytest.fixture
def record(archive: Archive, tmp_path: Path) -> DatablockRecord:
    return write_datablock(plan_all(write_dataset(tmp_path / "source", CONTENTS)), tmp_path / "source", [archive])


@pytest.fixture
def back(tmp_path: Path) -> Path:
    return tmp_path / "back"


def contents_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_all_files_come_back_with_content_and_time(archive: Archive, record: DatablockRecord, back: Path) -> None:
    written = restore_files(archive, record, None, back)

    assert written == len(CONTENTS)
    assert contents_of(back) == CONTENTS
    assert {path.stat().st_mtime for path in back.rglob("*") if path.is_file()} == {ACQUIRED_AT.timestamp()}


def test_one_file_comes_back_without_reading_the_others(archive: Archive, record: DatablockRecord, back: Path) -> None:
    restore_files(archive, record, {"grid/movie.eer"}, back)

    assert contents_of(back) == {"grid/movie.eer": CONTENTS["grid/movie.eer"]}
    assert sum(archive.reads) == len(CONTENTS["grid/movie.eer"])


def test_a_second_run_keeps_what_is_there(archive: Archive, record: DatablockRecord, back: Path) -> None:
    restore_files(archive, record, {"atlas.mrc"}, back)
    kept = (back / "atlas.mrc").stat().st_ino

    written = restore_files(archive, record, None, back)

    assert written == len(CONTENTS) - 1
    assert (back / "atlas.mrc").stat().st_ino == kept
    assert contents_of(back) == CONTENTS


def test_progress_counts_every_wanted_byte_kept_or_written(
    archive: Archive, record: DatablockRecord, back: Path
) -> None:
    done: list[int] = []
    restore_files(archive, record, {"atlas.mrc"}, back)

    restore_files(archive, record, None, back, on_progress=done.append)

    assert sum(done) == record.size


@pytest.mark.parametrize("content", [b"other", CONTENTS["grid/movie.eer"][::-1]])
def test_a_file_of_other_content_is_never_overwritten(
    archive: Archive, record: DatablockRecord, back: Path, content: bytes
) -> None:
    write_dataset(back, {"grid/movie.eer": content})

    with pytest.raises(RefusedError, match="restore to an empty folder") as refused:
        restore_files(archive, record, None, back)

    assert refused.value.paths == ("grid/movie.eer",)
    assert (back / "grid/movie.eer").read_bytes() == content


def test_everything_in_the_way_is_listed_before_anything_is_written(
    archive: Archive, record: DatablockRecord, back: Path
) -> None:
    write_dataset(back, {"atlas.mrc": b"x", "grid/movie.eer": b"y"})

    with pytest.raises(RefusedError) as refused:
        restore_files(archive, record, None, back)

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
        restore_files(archive, record, {"grid/movie.eer"}, back)

    assert contents_of(outside) == {"victim": CONTENTS["grid/movie.eer"]}


@pytest.mark.parametrize("path", ["../escape", "/etc/escape", "a/../../escape"])
def test_a_record_with_a_path_that_leaves_the_folder_is_refused(
    archive: Archive, record: DatablockRecord, back: Path, path: str
) -> None:
    hostile = record.data_file_list[0].model_copy(update={"path": path})
    record = record.model_copy(update={"data_file_list": [hostile]})

    with pytest.raises(RefusedError):
        restore_files(archive, record, None, back)

    assert not (back.parent / "escape").exists()


def test_names_that_the_datablock_does_not_hold_are_refused(
    archive: Archive, record: DatablockRecord, back: Path
) -> None:
    with pytest.raises(RefusedError) as refused:
        restore_files(archive, record, {"atlas.mrc", "grid/other.eer"}, back)

    assert (refused.value.reason, refused.value.paths) == (MISSING_FILES, ("grid/other.eer",))


@pytest.mark.parametrize("fault", ["flipped_bit", "truncated_to"])
def test_damaged_bytes_never_become_visible(archive: Archive, record: DatablockRecord, back: Path, fault: str) -> None:
    offset = next(file.offset or 0 for file in record.data_file_list if file.path == "grid/movie.eer") + 100
    faults = Faults(flipped_bit=8 * offset) if fault == "flipped_bit" else Faults(truncated_to=offset)

    with pytest.raises(IntegrityError) as found:
        restore_files(FaultyStore(archive, faults), record, {"grid/movie.eer"}, back)

    assert (found.value.reason, found.value.paths) == (CHECKSUM_MISMATCH, ("grid/movie.eer",))
    assert contents_of(back) == {}


def test_the_leftover_of_a_killed_run_is_taken_over(archive: Archive, record: DatablockRecord, back: Path) -> None:
    write_dataset(back, {f"grid/{part_name('movie.eer')}": b"half of an older run" * 9000})

    restore_files(archive, record, None, back)

    assert contents_of(back) == CONTENTS


def test_two_restores_of_one_file_do_not_mix(archive: Archive, record: DatablockRecord, back: Path) -> None:
    back.mkdir()
    folder_fd = os.open(back, os.O_RDONLY)

    with (
        PartFile(folder_fd, part_name("atlas.mrc"), "atlas.mrc"),
        pytest.raises(UnavailableError, match="somebody else"),
    ):
        restore_files(archive, record, {"atlas.mrc"}, back)
    os.close(folder_fd)

    assert restore_files(archive, record, {"atlas.mrc"}, back) == 1


def test_a_destination_without_room_is_unavailable_at_once(
    archive: Archive, record: DatablockRecord, back: Path
) -> None:
    huge = record.data_file_list[0].model_copy(update={"size": 1 << 60})
    record = record.model_copy(update={"data_file_list": [huge]})

    with pytest.raises(UnavailableError) as refused:
        restore_files(archive, record, None, back)

    assert refused.value.reason == NO_SPACE
    assert archive.reads == []


def test_a_list_without_offsets_is_refused(archive: Archive, record: DatablockRecord, back: Path) -> None:
    record = record.model_copy(update={"data_file_list": [declare("atlas.mrc", CONTENTS["atlas.mrc"])]})

    with pytest.raises(RefusedError, match="no offset"):
        restore_files(archive, record, None, back)


def test_files_come_back_from_a_disk_read_directly(tmp_path: Path, back: Path) -> None:
    (tmp_path / "disk").mkdir()
    store = PosixStore("disk", tmp_path / "disk")
    record = write_datablock(plan_all(write_dataset(tmp_path / "source", CONTENTS)), tmp_path / "source", [store])

    restore_files(store, record, None, back)

    assert contents_of(back) == CONTENTS
