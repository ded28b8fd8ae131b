"""A datablock is written once, whole, from exactly the files that were declared, or not at all."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from awscrt.checksums import crc64nvme

from emdewar.datablock.existing import DIFFERENT_OBJECT
from emdewar.datablock.write import write_datablock
from emdewar.errors import (
    CHANGED_FILES,
    CHECKSUM_MISMATCH,
    MISSING_FILES,
    NO_SPACE,
    IntegrityError,
    RefusedError,
    UnavailableError,
)
from emdewar.records import DataFile
from emdewar.stores.posix import PosixStore
from emdewar.testing.datasets import declare, plan_all, write_dataset
from emdewar.testing.faults import Faults, FaultyStore, KilledError
from emdewar.testing.stores import MemoryReader, MemoryStore, MemoryWriter

CONTENTS = {
    "atlas.mrc": b"\7" * 100_000,
    "grid/movie_1.eer": bytes(range(256)) * 40_000,
    "grid/movie_1.xml": b"<dose/>",
    "grid/movie_2.eer": bytes(range(255, -1, -1)) * 5_000,
    "zero.log": b"",
}
NAME = "20.500.1234_session-1_0001.tar"
INDEX = "20.500.1234_session-1_0001.idx.json"
GOLDEN_SHA256 = "e1483262de45adaffae09ad2e22d2c21e325d8ee84271ae0537d72fb4d5e665f"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    write_dataset(tmp_path / "source", CONTENTS)
    return tmp_path / "source"


@pytest.fixture
def files() -> list[DataFile]:
    return [declare(name, content) for name, content in sorted(CONTENTS.items())]


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    (tmp_path / "disk").mkdir()
    return tmp_path / "disk"


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_datablock_has_the_same_bytes_in_every_version_of_this_software(source: Path, files: list[DataFile]) -> None:
    store = MemoryStore()

    write_datablock(plan_all(files), source, [store])

    assert hashlib.sha256(store.contents[NAME]).hexdigest() == GOLDEN_SHA256


@pytest.mark.parametrize("workers", [1, 2, 9])
def test_the_bytes_depend_neither_on_the_number_of_threads_nor_on_the_store(
    source: Path, files: list[DataFile], disk: Path, workers: int
) -> None:
    one, other = MemoryStore(), PosixStore("disk", disk)

    write_datablock(plan_all(files), source, [one, other], workers=workers)

    assert (disk / NAME).read_bytes() == one.contents[NAME]
    assert hashlib.sha256(one.contents[NAME]).hexdigest() == GOLDEN_SHA256


def test_the_record_says_where_each_file_lies_and_what_binds_the_block(source: Path, files: list[DataFile]) -> None:
    store = MemoryStore()

    record = write_datablock(plan_all(files), source, [store]).record
    tar = store.contents[NAME]

    for file in record.data_file_list:
        assert file.offset is not None
        assert tar[file.offset : file.offset + file.size] == CONTENTS[file.path]
    assert record.crc64nvme == f"{crc64nvme(tar):016x}"
    assert (record.packed_size, record.size) == (len(tar), sum(map(len, CONTENTS.values())))
    assert record.number_of_files == len(CONTENTS)


def test_the_index_lists_every_member_and_the_checksums_of_the_parts(source: Path, files: list[DataFile]) -> None:
    store = MemoryStore()

    write_datablock(plan_all(files), source, [store])
    tar, index = store.contents[NAME], json.loads(store.contents[INDEX])

    for _, offset, size, sha256 in index["members"]:
        assert hashlib.sha256(tar[offset : offset + size]).hexdigest() == sha256
    parts = [tar[at : at + index["partSize"]] for at in range(0, len(tar), index["partSize"])]
    assert index["partCrc64nvme"] == [f"{crc64nvme(part):016x}" for part in parts]
    assert len(index["members"]) == len(CONTENTS) + 6
    assert index["crc64nvme"] == f"{crc64nvme(tar):016x}"


def test_progress_counts_every_byte_of_the_tar_once(source: Path, files: list[DataFile]) -> None:
    layout = plan_all(files)
    done: list[int] = []

    write_datablock(layout, source, [MemoryStore(), MemoryStore("other")], on_progress=done.append)

    assert sum(done) == layout.size


def test_missing_files_are_all_listed_before_anything_is_written(source: Path, files: list[DataFile]) -> None:
    (source / "atlas.mrc").unlink()
    (source / "grid/movie_1.xml").unlink()
    store = MemoryStore()

    with pytest.raises(RefusedError) as refused:
        write_datablock(plan_all(files), source, [store])

    assert refused.value.reason == MISSING_FILES
    assert refused.value.paths == ("atlas.mrc", "grid/movie_1.xml")
    assert not store.contents


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")
    declared = path.with_name("movie_2.eer").stat()
    os.utime(path, ns=(declared.st_mtime_ns, declared.st_mtime_ns))


def touch(path: Path) -> None:
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1_000_000))


def replace_by_link(path: Path) -> None:
    path.rename(path.with_suffix(".real"))
    path.symlink_to(path.with_suffix(".real"))


def replace_by_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def replace_folder_by_link(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))
    path.parent.symlink_to("elsewhere")


@pytest.mark.parametrize("change", [grow, touch, replace_by_link, replace_by_pipe, replace_folder_by_link])
def test_a_file_that_is_not_as_declared_is_refused(
    source: Path, files: list[DataFile], change: Callable[[Path], None]
) -> None:
    change(source / "grid/movie_1.eer")
    store = MemoryStore()

    with pytest.raises(RefusedError) as refused:
        write_datablock(plan_all(files), source, [store])

    assert refused.value.reason == CHANGED_FILES
    assert "grid/movie_1.eer" in refused.value.paths
    assert not store.contents


@pytest.mark.parametrize("name", ["grid/movie_1.eer", "grid/movie_1.xml"])
def test_content_that_rotted_under_the_same_size_and_time_is_an_integrity_error(
    source: Path, files: list[DataFile], name: str
) -> None:
    rotten = bytearray(CONTENTS[name])
    rotten[len(rotten) // 2] ^= 1
    write_dataset(source, {name: bytes(rotten)})
    store = MemoryStore()

    with pytest.raises(IntegrityError, match=hashlib.sha256(rotten).hexdigest()) as found:
        write_datablock(plan_all(files), source, [store])

    assert (found.value.reason, found.value.paths) == (CHECKSUM_MISMATCH, (name,))
    assert hashlib.sha256(CONTENTS[name]).hexdigest() in str(found.value)
    assert not store.contents


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    files = write_dataset(tmp_path, {"three_parts.mrc": bytes(20 << 20)})
    store = MemoryStore()

    def change_it(_size: int) -> None:
        touch(tmp_path / "three_parts.mrc")

    with pytest.raises(RefusedError) as refused:
        write_datablock(plan_all(files), tmp_path, [store], on_progress=change_it)

    assert (refused.value.reason, refused.value.paths) == (CHANGED_FILES, ("three_parts.mrc",))
    assert not store.contents


class Meanwhile(MemoryStore):
    """A store on whose first use something happens: after the check of all files, before the first is opened."""

    def __init__(self, action: Callable[[], object]) -> None:
        super().__init__()
        self._action = action

    def create(self, name: str, size: int) -> MemoryWriter:
        self._action()
        return super().create(name, size)


@pytest.mark.parametrize("change", [Path.unlink, grow, touch, replace_by_link, replace_by_pipe, replace_folder_by_link])
def test_a_file_that_changes_between_check_and_reading_is_refused(
    source: Path, files: list[DataFile], change: Callable[[Path], None]
) -> None:
    store = Meanwhile(lambda: change(source / "grid/movie_1.eer"))

    with pytest.raises(RefusedError) as refused:
        write_datablock(plan_all(files), source, [store], workers=1)

    assert refused.value.reason == (MISSING_FILES if change is Path.unlink else CHANGED_FILES)
    assert refused.value.paths == ("grid/movie_1.eer",)
    assert not store.contents


def test_a_source_that_is_not_mounted_is_unavailable(tmp_path: Path, files: list[DataFile]) -> None:
    with pytest.raises(UnavailableError, match="mounted"):
        write_datablock(plan_all(files), tmp_path / "nowhere", [MemoryStore()])


def test_a_block_without_a_store_is_refused(source: Path, files: list[DataFile]) -> None:
    with pytest.raises(RefusedError, match="no store"):
        write_datablock(plan_all(files), source, [])


def test_two_stores_of_one_name_are_refused(source: Path, files: list[DataFile]) -> None:
    with pytest.raises(RefusedError, match="one name"):
        write_datablock(plan_all(files), source, [MemoryStore("tape"), MemoryStore("tape")])


@pytest.mark.parametrize(
    "faults",
    [Faults(is_denied=True), Faults(full_after=1_000_000), Faults(full_after=0)],
    ids=["refuses at once", "fills up", "is full"],
)
def test_a_store_that_fails_is_left_behind_and_the_others_get_the_block(
    source: Path, files: list[DataFile], disk: Path, faults: Faults
) -> None:
    bad = MemoryStore("bad")

    written = write_datablock(plan_all(files), source, [FaultyStore(bad, faults), PosixStore("disk", disk)])

    assert written.stores == ("disk",)
    assert isinstance(written.failed["bad"], UnavailableError)
    assert names_in(disk) == [INDEX, NAME]
    assert not bad.contents
    assert not bad.growing


class FailingAtTheEnd(MemoryStore):
    """A store that loses its connection when an object or its index is completed."""

    def __init__(self, step: str) -> None:
        super().__init__("bad")
        self._step = step

    def create(self, name: str, size: int) -> MemoryWriter:
        return UncommittableWriter(self, name, size) if self._step == "commit" else super().create(name, size)

    def put_small(self, name: str, content: bytes) -> None:
        if self._step == "index":
            msg = "cannot write the index"
            raise UnavailableError(msg)
        super().put_small(name, content)


class UncommittableWriter(MemoryWriter):
    def commit(self) -> None:
        msg = "cannot complete the object"
        raise UnavailableError(msg)


@pytest.mark.parametrize("step", ["commit", "index"])
def test_a_store_that_fails_at_the_very_end_does_not_count_as_written(
    source: Path, files: list[DataFile], step: str
) -> None:
    good = MemoryStore("good")

    written = write_datablock(plan_all(files), source, [good, FailingAtTheEnd(step)])

    assert (written.stores, list(written.failed)) == (("good",), ["bad"])
    assert set(good.contents) == {NAME, INDEX}


class Choking(MemoryStore):
    """A store whose driver chokes on an odd answer, which is no error of ours."""

    def __init__(self, step: str) -> None:
        super().__init__("bad")
        self._step = step

    def size_of(self, name: str) -> int | None:
        self._choke("size")
        return super().size_of(name)

    def open(self, name: str) -> MemoryReader:
        self._choke("open")
        return super().open(name)

    def put_small(self, name: str, content: bytes) -> None:
        self._choke("index")
        super().put_small(name, content)

    def _choke(self, step: str) -> None:
        if step == self._step:
            msg = "an odd answer"
            raise ValueError(msg)


@pytest.mark.parametrize("step", ["size", "open", "index"])
def test_whatever_a_store_raises_costs_the_others_nothing(source: Path, files: list[DataFile], step: str) -> None:
    good, bad = MemoryStore("good"), Choking(step)
    if step == "open":
        write_datablock(plan_all(files), source, [known := MemoryStore()])
        bad.contents |= known.contents

    written = write_datablock(plan_all(files), source, [bad, good])

    assert written.stores == ("good",)
    assert set(good.contents) == {NAME, INDEX}
    assert isinstance(written.failed["bad"], UnavailableError)
    assert "store bad failed with ValueError: an odd answer" in str(written.failed["bad"])


def test_the_next_run_writes_only_where_a_store_had_failed(source: Path, files: list[DataFile]) -> None:
    good, bad = MemoryStore("good"), MemoryStore("bad")
    first = write_datablock(plan_all(files), source, [good, FaultyStore(bad, Faults(full_after=1_000_000))])
    before = good.contents[NAME]

    second = write_datablock(plan_all(files), source, [good, bad])

    assert (first.stores, second.stores, second.failed) == (("good",), ("good", "bad"), {})
    assert second.record == first.record
    assert good.contents[NAME] is before
    assert bad.contents == good.contents


def test_when_every_store_fails_nothing_is_visible_and_an_error_that_may_pass_is_raised(
    source: Path, files: list[DataFile], disk: Path
) -> None:
    foreign = MemoryStore("foreign")
    foreign.contents[NAME] = b"something else"
    full = FaultyStore(PosixStore("disk", disk), Faults(full_after=1_000_000))

    with pytest.raises(UnavailableError) as failed:
        write_datablock(plan_all(files), source, [foreign, full])

    assert failed.value.reason == NO_SPACE
    assert names_in(disk) == []
    assert foreign.contents == {NAME: b"something else"}


def test_a_store_that_holds_a_different_block_does_not_cost_the_others_theirs(
    source: Path, files: list[DataFile]
) -> None:
    foreign, good = MemoryStore("foreign"), MemoryStore("good")
    foreign.contents[NAME] = b"something else"

    written = write_datablock(plan_all(files), source, [foreign, good])

    assert written.stores == ("good",)
    assert written.failed["foreign"].reason == DIFFERENT_OBJECT
    assert foreign.contents == {NAME: b"something else"}


def test_a_rotten_source_is_written_to_no_store_even_if_one_has_the_block(source: Path, files: list[DataFile]) -> None:
    one, other = MemoryStore("one"), MemoryStore("other")
    write_datablock(plan_all(files), source, [one])
    write_dataset(source, {"atlas.mrc": b"\6" * 100_000})

    with pytest.raises(IntegrityError) as found:
        write_datablock(plan_all(files), source, [one, other])

    assert found.value.paths == ("atlas.mrc",)
    assert not other.contents


def bytes_read() -> int:
    return int(Path("/proc/self/io").read_text().split()[1])


def test_three_stores_cost_one_read_of_each_byte(tmp_path: Path) -> None:
    files = write_dataset(tmp_path, {f"movie_{n}.eer": bytes([n]) * 3_000_000 for n in range(6)})
    before = bytes_read()

    write_datablock(plan_all(files), tmp_path, [MemoryStore("a"), MemoryStore("b"), MemoryStore("c")])

    assert bytes_read() - before < 18_000_000 * 1.1


def test_a_run_that_dies_in_the_middle_leaves_nothing_on_any_store(
    source: Path, files: list[DataFile], disk: Path
) -> None:
    dying, other = FaultyStore(PosixStore("disk", disk), Faults(killed_after=1_000_000)), MemoryStore("other")

    with pytest.raises(KilledError):
        write_datablock(plan_all(files), source, [other, dying])

    assert names_in(disk) == []
    assert not other.contents


def test_a_cancelled_run_stops_and_leaves_nothing(source: Path, files: list[DataFile], disk: Path) -> None:
    def cancel(_size: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_datablock(plan_all(files), source, [PosixStore("disk", disk)], on_progress=cancel)

    assert names_in(disk) == []


def test_a_block_that_is_there_already_is_read_back_and_kept(source: Path, files: list[DataFile], disk: Path) -> None:
    store = PosixStore("disk", disk)
    first = write_datablock(plan_all(files), source, [store])
    (disk / INDEX).unlink()
    before = (disk / NAME).stat().st_ino

    second = write_datablock(plan_all(files), source / "released", [store])

    assert second == first
    assert (disk / NAME).stat().st_ino == before
    assert (disk / INDEX).exists()


def test_only_the_missing_copy_is_written(source: Path, files: list[DataFile]) -> None:
    one, other = MemoryStore("one"), MemoryStore("other")
    first = write_datablock(plan_all(files), source, [one])

    second = write_datablock(plan_all(files), source, [one, other])

    assert second.record == first.record
    assert one.contents == other.contents


@pytest.mark.parametrize("position", [600, 3000, 200_000, -3])
def test_a_different_block_of_the_same_name_is_never_overwritten(
    source: Path, files: list[DataFile], position: int
) -> None:
    store = MemoryStore()
    write_datablock(plan_all(files), source, [store])
    foreign = bytearray(store.contents[NAME])
    foreign[position] ^= 1
    store.contents[NAME] = bytes(foreign)

    with pytest.raises(IntegrityError, match="not the planned one"):
        write_datablock(plan_all(files), source, [store])

    assert store.contents[NAME] == foreign


def test_a_block_of_another_size_is_never_overwritten(source: Path, files: list[DataFile]) -> None:
    store = MemoryStore()
    store.contents[NAME] = b"something else"

    with pytest.raises(IntegrityError, match="14 bytes instead of"):
        write_datablock(plan_all(files), source, [store])

    assert store.contents == {NAME: b"something else"}


def test_a_block_with_other_leading_metadata_is_never_overwritten(source: Path, files: list[DataFile]) -> None:
    store = MemoryStore()
    write_datablock(plan_all(files), source, [store])

    with pytest.raises(IntegrityError, match="leading metadata"):
        write_datablock(
            plan_all(files, {"ro-crate-metadata.json": b"[]" * 7 + b"\n", "oscem.json": b"[]\n"}), source, [store]
        )
