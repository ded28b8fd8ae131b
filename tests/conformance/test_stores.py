"""The contract of `emdewar.stores.store`: every driver and every fake passes the same tests."""

import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from emdewar.errors import NO_SPACE, UNSAFE_NAMES, IntegrityError, RefusedError, UnavailableError
from emdewar.stores.linux_calls import rename_checked
from emdewar.stores.posix import PosixStore
from emdewar.stores.store import Store
from emdewar.testing.faults import Faults, FaultyStore
from emdewar.testing.stores import MemoryStore

NAME = "20.500_abc_0001.tar"
CONTENT = bytes(range(256)) * 40 + b"a tail that ends on no page"
MEMORY_DISK = Path("/dev/shm")  # noqa: S108 - a file system of its own kind, not a place for secrets


@pytest.fixture(params=["folder", "folder without direct I/O", "memory disk", "memory", "healthy wrapper"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    match request.param:
        case "memory":
            yield MemoryStore("the-store")
        case "healthy wrapper":
            yield FaultyStore(MemoryStore("the-store"), Faults())
        case "memory disk" if not os.access(MEMORY_DISK, os.W_OK):
            pytest.skip(f"no {MEMORY_DISK} here")
        case "memory disk":
            with tempfile.TemporaryDirectory(dir=MEMORY_DISK) as folder:
                yield PosixStore("the-store", Path(folder))
        case kind:
            yield PosixStore("the-store", tmp_path, direct=kind == "folder")


def put(store: Store, name: str = NAME, content: bytes = CONTENT) -> None:
    with store.create(name, len(content)) as writer:
        writer.write_at(0, content)
        writer.commit()


def get(store: Store, name: str = NAME) -> bytes:
    with store.open(name) as reader:
        return bytes(reader.read_at(0, reader.size))


def test_what_was_committed_is_read_back(store: Store) -> None:
    put(store)

    assert get(store) == CONTENT
    assert store.size_of(NAME) == len(CONTENT)


def test_an_object_that_was_never_written_has_no_size_and_cannot_be_opened(store: Store) -> None:
    assert store.size_of(NAME) is None
    with pytest.raises(IntegrityError, match=NAME):
        store.open(NAME)


def test_pieces_may_be_written_in_any_order_and_from_several_threads(store: Store) -> None:
    content = os.urandom(64 * 4096 + 77)
    starts = list(range(0, len(content), 4096))[::-1]

    with store.create(NAME, len(content)) as writer:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda at: writer.write_at(at, memoryview(content)[at : at + 4096]), starts))
        writer.commit()

    assert get(store) == content


@pytest.mark.parametrize("offset", [0, 1, 511, 4095, 4096, 4097, 10_200])
@pytest.mark.parametrize("size", [0, 1, 512, 4096, 9000])
def test_a_range_is_read_exactly_and_ends_with_the_object(store: Store, offset: int, size: int) -> None:
    put(store)

    with store.open(NAME) as reader:
        read = bytes(reader.read_at(offset, size))

    assert read == CONTENT[offset : offset + size]


def test_reading_behind_the_end_gives_nothing(store: Store) -> None:
    put(store)

    with store.open(NAME) as reader:
        assert bytes(reader.read_at(len(CONTENT) + 5000, 10)) == b""


def test_several_threads_read_at_once(store: Store) -> None:
    content = os.urandom(1 << 20)
    put(store, content=content)

    with store.open(NAME) as reader, ThreadPoolExecutor(4) as pool:
        pieces = list(pool.map(lambda at: bytes(reader.read_at(at, 5000)), range(0, len(content), 5000)))

    assert b"".join(pieces) == content


def test_an_empty_object_is_an_object(store: Store) -> None:
    put(store, content=b"")

    assert store.size_of(NAME) == 0
    assert get(store) == b""


def test_nothing_is_visible_before_the_commit(store: Store) -> None:
    with store.create(NAME, len(CONTENT)) as writer:
        writer.write_at(0, CONTENT)
        seen = store.size_of(NAME)
        writer.commit()

    assert seen is None


def test_what_was_not_committed_is_discarded_and_can_be_written_again(store: Store) -> None:
    with store.create(NAME, len(CONTENT)) as writer:
        writer.write_at(0, CONTENT)

    assert store.size_of(NAME) is None
    put(store)
    assert get(store) == CONTENT


def test_an_object_with_a_hole_is_never_committed(store: Store) -> None:
    with store.create(NAME, len(CONTENT)) as writer:
        writer.write_at(0, CONTENT[:-1])
        with pytest.raises(IntegrityError, match="lacks 1 of its bytes"):
            writer.commit()

    assert store.size_of(NAME) is None


def test_an_object_is_written_once(store: Store) -> None:
    put(store)

    with pytest.raises(RefusedError) as refused:
        store.create(NAME, 1)

    assert refused.value.reason == "objectExists"
    assert get(store) == CONTENT


def test_an_object_has_one_writer_at_a_time(store: Store) -> None:
    with store.create(NAME, len(CONTENT)) as writer:
        with pytest.raises(UnavailableError) as failed:
            store.create(NAME, 1)
        writer.write_at(0, CONTENT)
        writer.commit()

    assert failed.value.reason == "busy"
    assert get(store) == CONTENT


@pytest.mark.parametrize(
    "name", ["../up", "a/b", "/abs", "", ".", "..", ".hidden", "x.part", "-rf", "a\0b", "a b", "n" * 300]
)
def test_a_name_that_is_not_a_plain_word_is_refused(store: Store, name: str) -> None:
    attempts: list[Callable[[], object]] = [
        lambda: store.create(name, 1),
        lambda: store.open(name),
        lambda: store.size_of(name),
        lambda: store.put_small(name, b""),
    ]

    for attempt in attempts:
        with pytest.raises(RefusedError) as refused:
            attempt()
        assert refused.value.reason == UNSAFE_NAMES


def test_a_small_object_is_written_and_replaced(store: Store) -> None:
    store.put_small("x.idx.json", b"old and long")
    store.put_small("x.idx.json", b"new")

    assert get(store, "x.idx.json") == b"new"


def test_free_space_is_a_number_or_unknown(store: Store) -> None:
    free = store.free_bytes()

    assert free is None or free > 0


def test_an_object_larger_than_the_store_is_refused_before_its_first_byte(tmp_path: Path) -> None:
    for store in (PosixStore("disk", tmp_path), MemoryStore(capacity=1000)):
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


def test_a_store_that_is_not_mounted_has_lost_nothing(tmp_path: Path) -> None:
    store = PosixStore("disk", tmp_path / "not mounted")

    for attempt in (store.size_of, store.open):
        with pytest.raises(UnavailableError, match="mounted"):
            attempt(NAME)
    with pytest.raises(UnavailableError, match="mounted"):
        store.free_bytes()


def test_a_link_in_the_store_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "link.tar").symlink_to(tmp_path / "secret")
    store = PosixStore("disk", tmp_path)

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


def test_a_store_that_may_not_be_written_is_unavailable(locked_folder: Path) -> None:
    store = PosixStore("disk", locked_folder)

    with pytest.raises(UnavailableError, match="Permission denied"):
        store.create(NAME, 1)


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


def test_a_full_disk_is_known_before_the_first_byte_and_left_as_it_was(tiny_disk: Path) -> None:
    store = PosixStore("disk", tiny_disk)
    put(store, "first.tar", bytes(700_000))

    with pytest.raises(UnavailableError) as failed:
        store.create(NAME, 700_000)

    assert failed.value.reason == NO_SPACE
    assert [path.name for path in tiny_disk.iterdir()] == ["first.tar"]


def test_a_disk_that_fills_up_under_a_small_object_is_unavailable(tiny_disk: Path) -> None:
    store = PosixStore("disk", tiny_disk)

    with pytest.raises(UnavailableError) as failed:
        store.put_small("x.idx.json", bytes(2 << 20))

    assert failed.value.reason == NO_SPACE
    assert list(tiny_disk.iterdir()) == []


def test_the_leftover_of_a_dead_writer_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.part").write_bytes(b"half" * 99_999)

    put(PosixStore("disk", tmp_path))

    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    assert get(PosixStore("disk", tmp_path)) == CONTENT


def test_of_many_writers_of_one_object_exactly_one_succeeds(tmp_path: Path) -> None:
    start = threading.Barrier(8)

    def write(number: int) -> bool:
        start.wait()
        try:
            put(PosixStore("disk", tmp_path), content=bytes([number]) * 5000)
        except (RefusedError, UnavailableError):
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        succeeded = list(pool.map(write, range(8)))

    assert succeeded.count(True) == 1
    assert get(PosixStore("disk", tmp_path)) == bytes([succeeded.index(True)]) * 5000
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_something_that_appears_under_the_name_while_writing_is_not_overwritten(tmp_path: Path) -> None:
    with PosixStore("disk", tmp_path).create(NAME, 3) as writer:
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
