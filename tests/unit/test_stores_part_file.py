"""A growing file is taken over from a dead writer of ours, and from nobody else."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from emdewar.errors import UnavailableError
from emdewar.stores.part_file import PartFile

OTHERS = b"somebody else's work"


@pytest.fixture
def folder_fd(tmp_path: Path) -> Iterator[int]:
    fd = os.open(tmp_path, os.O_RDONLY)
    yield fd
    os.close(fd)


def write_new(folder_fd: int) -> None:
    with PartFile(folder_fd, "x.part", "x") as part:
        os.write(part.fd, b"new")
        part.publish()


def test_the_file_of_a_dead_writer_is_emptied_and_filled(tmp_path: Path, folder_fd: int) -> None:
    leftover = tmp_path / "x.part"
    leftover.write_bytes(b"half of it")
    inode = leftover.stat().st_ino

    write_new(folder_fd)

    assert ((tmp_path / "x").read_bytes(), (tmp_path / "x").stat().st_ino) == (b"new", inode)


def test_of_a_file_with_another_name_only_this_name_goes(tmp_path: Path, folder_fd: int) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(OTHERS)
    os.link(victim, tmp_path / "x.part")

    write_new(folder_fd)

    assert ((tmp_path / "x").read_bytes(), victim.read_bytes()) == (b"new", OTHERS)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_another_owner_is_not_filled(tmp_path: Path, folder_fd: int) -> None:
    (tmp_path / "x.part").write_bytes(OTHERS)
    os.chown(tmp_path / "x.part", 65534, 65534)
    theirs = os.open(tmp_path / "x.part", os.O_RDONLY)

    write_new(folder_fd)

    left = os.read(theirs, 99)
    os.close(theirs)
    assert (left, (tmp_path / "x").read_bytes()) == (OTHERS, b"new")
    assert (tmp_path / "x").stat().st_uid == 0


def test_a_pipe_is_not_waited_for(tmp_path: Path, folder_fd: int) -> None:
    os.mkfifo(tmp_path / "x.part")

    write_new(folder_fd)

    assert (tmp_path / "x").read_bytes() == b"new"


def test_the_file_of_a_living_writer_is_busy_whoever_has_names_for_it(tmp_path: Path, folder_fd: int) -> None:
    with PartFile(folder_fd, "x.part", "x"):
        os.link(tmp_path / "x.part", tmp_path / "other")

        with pytest.raises(UnavailableError) as failed:
            PartFile(folder_fd, "x.part", "x")

        assert (failed.value.reason, (tmp_path / "x.part").exists()) == ("busy", True)
