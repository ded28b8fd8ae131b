"""What holds for stores whose objects are files in a folder."""

import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import pytest

from emdewar.errors import NO_SPACE, IntegrityError, RefusedError, UnavailableError
from emdewar.stores.linux_calls import rename_checked
from emdewar.stores.nearline import NearlineStore
from emdewar.stores.posix import PosixStore
from emdewar.stores.store import Store
from emdewar.stores.system_errors import NOT_MOUNTED
from emdewar.stores.tape_simulated import SimulatedTape
from emdewar.testing.stores import MemoryStore
from tests.conformance.stands import CONTENT, NAME, get, put


def _on_tape(folder: Path, mounted_at: Path | None = None) -> Store:
    return NearlineStore("disk", folder, SimulatedTape(folder, folder / ".tape"), mounted_at=mounted_at)


def _on_disk(folder: Path, mounted_at: Path | None = None) -> Store:
    return PosixStore("disk", folder, mounted_at=mounted_at)


class Opened(Protocol):
    """Opens a store in a folder."""

    def __call__(self, folder: Path, mounted_at: Path | None = None) -> Store: ...


@pytest.fixture(params=[_on_disk, _on_tape], ids=["disk", "tape"])
def opened(request: pytest.FixtureRequest) -> Opened:
    """Something that opens a store in a folder."""
    opener: Opened = request.param
    return opener


def test_an_object_larger_than_the_store_is_refused_before_its_first_byte(opened: Opened, tmp_path: Path) -> None:
    for store in (opened(tmp_path), MemoryStore(capacity=1000)):
        with pytest.raises(UnavailableError) as failed:
            store.create(NAME, 1 << 50)

        assert failed.value.reason == NO_SPACE
        assert store.size_of(NAME) is None
    assert list(tmp_path.iterdir()) == []


def test_a_copy_on_a_disk_is_read_from_the_device_or_with_the_cache_dropped(tmp_path: Path) -> None:
    for store, expected in (
        (PosixStore("disk", tmp_path), {"device", "cache-dropped"}),
        (PosixStore("disk", tmp_path, direct=False), {"cache-dropped"}),
    ):
        if store.size_of(NAME) is None:
            put(store)
        with store.open(NAME) as reader:
            assert reader.read_from in expected


def test_a_store_that_is_not_mounted_has_lost_nothing(opened: Opened, tmp_path: Path) -> None:
    store = opened(tmp_path / "not mounted")

    for look in (store.size_of, store.open):
        with pytest.raises(UnavailableError, match="mounted"):
            look(NAME)
    attempts: list[Callable[[], object]] = [
        store.free_bytes,
        lambda: list(store.objects()),
        lambda: store.availability([NAME]),
        lambda: store.remove(NAME),
        lambda: store.discard_unfinished(older_than=timedelta(0)),
    ]
    for attempt in attempts:
        with pytest.raises(UnavailableError, match="mounted"):
            attempt()


def test_under_the_mount_point_of_a_store_that_is_not_mounted_nothing_is_read_or_written(
    opened: Opened, tmp_path: Path
) -> None:
    put(opened(tmp_path))
    left = sorted(tmp_path.iterdir())
    store = opened(tmp_path, mounted_at=tmp_path)

    attempts: list[Callable[[], object]] = [
        store.free_bytes,
        lambda: store.size_of(NAME),
        lambda: store.create("new.tar", 1),
        lambda: store.open(NAME),
        lambda: store.put_small("x.idx.json", b""),
        lambda: store.read_small(NAME),
        lambda: store.remove(NAME),
        lambda: list(store.objects()),
        lambda: store.discard_unfinished(older_than=timedelta(0)),
        lambda: store.availability([NAME]),
    ]
    for attempt in attempts:
        with pytest.raises(UnavailableError, match=f"nothing is mounted at {tmp_path}") as failed:
            attempt()
        assert failed.value.reason == NOT_MOUNTED

    assert sorted(tmp_path.iterdir()) == left


def test_a_store_on_what_is_mounted_works_and_a_link_may_lead_there(opened: Opened, tiny_disk: Path) -> None:
    (tiny_disk / "store").mkdir()
    link = tiny_disk.with_name(f"{tiny_disk.name}-link")
    link.symlink_to(tiny_disk)

    put(opened(tiny_disk / "store", mounted_at=tiny_disk))

    assert get(opened(link / "store", mounted_at=link)) == CONTENT


def test_what_is_no_file_is_no_object_and_opening_it_does_not_wait(opened: Opened, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / NAME)
    store = opened(tmp_path)

    with pytest.raises(IntegrityError) as failed:
        store.open(NAME)

    assert failed.value.reason == "objectMissing"
    assert store.availability([NAME])[NAME].locality == "missing"


def test_a_link_in_the_store_is_not_followed(opened: Opened, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "link.tar").symlink_to(tmp_path / "secret")
    store = opened(tmp_path)

    assert store.size_of("link.tar") is None
    with pytest.raises(UnavailableError):
        store.open("link.tar")


@pytest.fixture
def locked_folder() -> Iterator[Path]:
    """A folder that this process may not write to: root becomes nobody for the test."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        real_user = os.geteuid()
        os.seteuid(real_user or 65534)
        yield Path(folder)
        os.seteuid(real_user)
        Path(folder).chmod(0o755)


def test_a_store_that_may_not_be_written_is_unavailable(opened: Opened, locked_folder: Path) -> None:
    store = opened(locked_folder)

    attempts: list[Callable[[], object]] = [
        lambda: store.create(NAME, 1),
        lambda: store.put_small("x.idx.json", b""),
        lambda: store.remove(NAME),
    ]
    for attempt in attempts:
        with pytest.raises(UnavailableError, match="Permission denied"):
            attempt()


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", tmp_path], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"this user cannot mount a small disk: {mounted.stderr.strip()}")
    yield tmp_path
    subprocess.run(["umount", tmp_path], check=True)


def test_a_full_disk_is_known_before_the_first_byte_and_left_as_it_was(opened: Opened, tiny_disk: Path) -> None:
    store = opened(tiny_disk)
    put(store, "first.tar", bytes(700_000))

    with pytest.raises(UnavailableError) as failed:
        store.create(NAME, 700_000)

    assert failed.value.reason == NO_SPACE
    assert [path.name for path in tiny_disk.iterdir()] == ["first.tar"]


def test_a_disk_that_fills_up_under_a_small_object_is_unavailable(opened: Opened, tiny_disk: Path) -> None:
    store = opened(tiny_disk)

    with pytest.raises(UnavailableError) as failed:
        store.put_small("x.idx.json", bytes(2 << 20))

    assert failed.value.reason == NO_SPACE
    assert list(tiny_disk.iterdir()) == []


def test_the_leftover_of_a_dead_writer_is_taken_over(opened: Opened, tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.part").write_bytes(b"half" * 99_999)

    put(opened(tmp_path))

    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    assert get(opened(tmp_path)) == CONTENT


def test_a_file_that_somebody_gave_the_name_of_a_growing_object_is_left_as_it_is(
    opened: Opened, tmp_path: Path
) -> None:
    victim = tmp_path / "victim.dat"
    victim.write_bytes(b"somebody else's work")
    os.link(victim, tmp_path / f"{NAME}.part")

    put(opened(tmp_path))

    assert (victim.read_bytes(), victim.stat().st_nlink) == (b"somebody else's work", 1)
    assert get(opened(tmp_path)) == CONTENT


def test_of_many_writers_of_one_object_exactly_one_succeeds(opened: Opened, tmp_path: Path) -> None:
    start = threading.Barrier(8)

    def write(number: int) -> bool:
        start.wait()
        try:
            put(opened(tmp_path), content=bytes([number]) * 5000)
        except (RefusedError, UnavailableError):
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        succeeded = list(pool.map(write, range(8)))

    assert succeeded.count(True) == 1
    assert get(opened(tmp_path)) == bytes([succeeded.index(True)]) * 5000
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_something_that_appears_under_the_name_while_writing_is_not_overwritten(opened: Opened, tmp_path: Path) -> None:
    with opened(tmp_path).create(NAME, 3) as writer:
        writer.write_at(0, b"our")
        (tmp_path / NAME).write_bytes(b"foreign")

        with pytest.raises(UnavailableError):
            writer.commit()

    assert (tmp_path / NAME).read_bytes() == b"foreign"


def test_where_the_kernel_cannot_rename_without_overwriting_it_is_looked_up_first(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"old")
    (tmp_path / "taken").write_bytes(b"taken")
    folder_fd = os.open(tmp_path, os.O_RDONLY)

    with pytest.raises(FileExistsError):
        rename_checked(folder_fd, "old", "taken")
    rename_checked(folder_fd, "old", "new")
    os.close(folder_fd)

    assert (tmp_path / "taken").read_bytes() == b"taken"
    assert (tmp_path / "new").read_bytes() == b"old"


def test_only_files_with_plain_names_are_listed(tmp_path: Path) -> None:
    for name in (".hidden", "x.part", "a b"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.tar").symlink_to(tmp_path / "x.part")
    os.mkfifo(tmp_path / "pipe.tar")
    store = PosixStore("disk", tmp_path)
    put(store)

    assert [found.name for found in store.objects()] == [NAME]


def test_the_leftover_of_a_dead_writer_is_discarded_when_it_is_old_enough(opened: Opened, tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.part").write_bytes(b"half")
    store = opened(tmp_path)

    too_young = store.discard_unfinished(older_than=timedelta(hours=1))
    old_enough = store.discard_unfinished(older_than=timedelta(0))

    assert (too_young, old_enough) == ([], [NAME])
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_leftover_is_not_discarded(tmp_path: Path) -> None:
    (tmp_path / "folder.part").mkdir()
    os.mkfifo(tmp_path / "pipe.part")
    put(PosixStore("disk", tmp_path))

    assert PosixStore("disk", tmp_path).discard_unfinished(older_than=timedelta(0)) == []
    assert len(list(tmp_path.iterdir())) == 3
