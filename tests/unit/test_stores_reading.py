"""Reading back from a medium: a short read is read on, and what the medium cannot give is told with its place."""

import errno
import os
from pathlib import Path

import pytest

from emdewar.errors import UnavailableError
from emdewar.stores.direct_io import PAGE, MediumReader, Pread
from emdewar.stores.posix_object import PosixReader
from emdewar.stores.system_errors import READ_ERROR

SIZE = 10 * PAGE + 123
CONTENT = os.urandom(SIZE)


@pytest.fixture
def object_file(tmp_path: Path) -> Path:
    (tmp_path / "a.tar").write_bytes(CONTENT)
    return tmp_path / "a.tar"


def read_shortly(most: int) -> Pread:
    """Read, but give so many bytes at most, as FUSE and network file systems may."""

    def pread(fd: int, buffers: list[memoryview], at: int) -> int:
        count = os.preadv(fd, buffers, at)
        buffers[0][most:] = bytes(len(buffers[0][most:]))
        return min(count, most)

    return pread


@pytest.mark.parametrize("direct", [True, False], ids=["direct", "buffered"])
@pytest.mark.parametrize(("at", "size"), [(0, SIZE), (0, SIZE + 1), (PAGE + 7, 5 * PAGE), (SIZE - 5, 99), (SIZE, 9)])
@pytest.mark.parametrize("most", [PAGE, PAGE + 700, 3 * PAGE - 1])
def test_a_read_that_is_short_in_mid_file_is_read_on(
    object_file: Path, *, direct: bool, at: int, size: int, most: int
) -> None:
    with object_file.open("rb") as file:
        reader = MediumReader(file.fileno(), direct=direct, pread=read_shortly(most))
        read = bytes(reader.read_at(at, size))
        reader.close()

    assert read == CONTENT[at : at + size]


def test_the_end_of_the_file_is_known_without_a_read_for_it(object_file: Path) -> None:
    asked: list[int] = []

    def pread(fd: int, buffers: list[memoryview], at: int) -> int:
        asked.append(at)
        return os.preadv(fd, buffers, at)

    with object_file.open("rb") as file:
        reader = MediumReader(file.fileno(), direct=True, pread=pread)
        read = bytes(reader.read_at(0, 2 * SIZE))
        reader.close()

    assert (read, asked) == (CONTENT, [0])


def test_a_file_that_was_cut_since_it_was_opened_ends_where_it_ends(object_file: Path) -> None:
    with object_file.open("rb") as file:
        reader = MediumReader(file.fileno(), direct=False)
        os.truncate(object_file, PAGE)
        read = bytes(reader.read_at(0, SIZE))
        reader.close()

    assert read == CONTENT[:PAGE]


def test_a_system_that_never_gives_more_than_a_part_of_a_page_is_unavailable(object_file: Path) -> None:
    fd = os.open(object_file, os.O_RDONLY)

    with PosixReader(fd, "a.tar", direct=True, pread=read_shortly(100)) as reader:
        if reader.read_from != "device":
            pytest.skip("this file system reads nothing directly")
        with pytest.raises(UnavailableError) as failed:
            reader.read_at(0, SIZE)

    assert failed.value.reason == "unavailable"


@pytest.mark.parametrize(
    ("number", "reason"), [(errno.EIO, READ_ERROR), (errno.ENODATA, READ_ERROR), (errno.ESTALE, "unavailable")]
)
def test_only_what_the_medium_cannot_give_is_a_read_error_and_all_else_is_read(
    object_file: Path, number: int, reason: str
) -> None:
    def pread(fd: int, buffers: list[memoryview], at: int) -> int:
        if at <= 5 * PAGE < at + len(buffers[0]):
            raise OSError(number, os.strerror(number))
        return os.preadv(fd, buffers, at)

    fd = os.open(object_file, os.O_RDONLY)

    with PosixReader(fd, "a.tar", direct=False, pread=pread) as reader:
        with pytest.raises(UnavailableError) as failed:
            reader.read_at(4 * PAGE, 2 * PAGE)
        around = bytes(reader.read_at(0, 5 * PAGE)) + bytes(reader.read_at(6 * PAGE, SIZE))

    assert (failed.value.reason, around) == (reason, CONTENT[: 5 * PAGE] + CONTENT[6 * PAGE :])


def test_a_read_error_names_the_object_and_the_bytes(object_file: Path) -> None:
    def pread(_fd: int, _buffers: list[memoryview], _at: int) -> int:
        raise OSError(errno.EIO, "Input/output error")

    fd = os.open(object_file, os.O_RDONLY)

    with (
        PosixReader(fd, "a.tar on store disk", direct=False, pread=pread) as reader,
        pytest.raises(UnavailableError, match=r"a\.tar on store disk from byte 4096 to 12288: Input/output error"),
    ):
        reader.read_at(PAGE, 2 * PAGE)
