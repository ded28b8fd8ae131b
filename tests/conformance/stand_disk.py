"""Stores that are always online: folders, and the fake in memory."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from emdewar.stores.posix import PosixStore
from emdewar.testing.faults import Faults, FaultyStore
from emdewar.testing.stores import MemoryStore
from tests.conformance.stands import Stand, StandMaker

MEMORY_DISK = Path("/dev/shm")  # noqa: S108 - a file system of its own kind, not a place for secrets

OPEN_A_FOLDER = """
from pathlib import Path
from emdewar.stores.posix import PosixStore
store = PosixStore("the-store", Path({folder!r}))
"""


class FolderStand(Stand):
    """A folder."""

    def __init__(self, folder: Path, *, direct: bool = True) -> None:
        super().__init__(PosixStore("the-store", folder, direct=direct), OPEN_A_FOLDER.format(folder=str(folder)))
        self._folder = folder

    def overwrite(self, name: str, content: bytes) -> None:
        (self._folder / name).write_bytes(content)

    def lose(self, name: str) -> None:
        (self._folder / name).unlink()


class MemoryStand(Stand):
    """A fake in memory, perhaps wrapped."""

    def __init__(self, *, wrapped: bool = False) -> None:
        self._memory = MemoryStore("the-store")
        super().__init__(FaultyStore(self._memory, Faults()) if wrapped else self._memory)

    def overwrite(self, name: str, content: bytes) -> None:
        self._memory.contents[name] = content

    def lose(self, name: str) -> None:
        del self._memory.contents[name]


@contextmanager
def _folder(folder: Path) -> Iterator[Stand]:
    yield FolderStand(folder)


@contextmanager
def _without_direct(folder: Path) -> Iterator[Stand]:
    yield FolderStand(folder, direct=False)


@contextmanager
def _memory_disk(_: Path) -> Iterator[Stand]:
    if not os.access(MEMORY_DISK, os.W_OK):
        pytest.skip(f"no {MEMORY_DISK} here")
    with tempfile.TemporaryDirectory(dir=MEMORY_DISK) as folder:
        yield FolderStand(Path(folder))


@contextmanager
def _memory(_: Path) -> Iterator[Stand]:
    yield MemoryStand()


@contextmanager
def _wrapper(_: Path) -> Iterator[Stand]:
    yield MemoryStand(wrapped=True)


SHARED_STANDS: dict[str, StandMaker] = {
    "folder": _folder,
    "folder without direct I/O": _without_direct,
    "memory disk": _memory_disk,
}

STANDS: dict[str, StandMaker] = {
    **SHARED_STANDS,
    "memory": _memory,
    "healthy wrapper": _wrapper,
}
