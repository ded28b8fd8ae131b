"""What the machine can do at best: write to the device, read from it, hash with two threads."""

import hashlib
import mmap
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.archive_files import Files

PIECE = 8 << 20
STEP = 512 << 10
THREADS = 2
MINE = "limit.bin"


def write_device(files: Files, out: Path) -> None:
    """Write as many bytes past the page cache into reserved space, from one buffer, and sync."""
    pieces = round(files.gigabytes * 1e9) // PIECE
    with page_aligned(PIECE) as memory, memoryview(memory) as view:
        fd = os.open(out / MINE, os.O_RDWR | os.O_CREAT | os.O_DIRECT, 0o644)
        os.posix_fallocate(fd, 0, pieces * PIECE)
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda number: os.pwrite(fd, view, number * PIECE), range(pieces)))
        os.fsync(fd)
        os.close(fd)


def read_device(files: Files, out: Path) -> None:
    """Read as many bytes past the page cache; `write_device` must have written them."""
    pieces = round(files.gigabytes * 1e9) // PIECE
    fd = os.open(out / MINE, os.O_RDONLY | os.O_DIRECT)

    def read(numbers: Iterator[int]) -> None:
        with page_aligned(PIECE) as memory:
            for number in numbers:
                os.preadv(fd, [memory], number * PIECE)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(read, [iter(range(start, pieces, THREADS)) for start in range(THREADS)]))
    os.close(fd)


def hash_sources(files: Files, _out: Path) -> None:
    """Read every file from the page cache and take its sha256, in two threads."""

    def hash_file(path: str) -> None:
        digest = hashlib.sha256()
        buffer = memoryview(bytearray(STEP))
        with (files.folder / path).open("rb", buffering=0) as file:
            while count := file.readinto(buffer):
                digest.update(buffer[:count])

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(hash_file, [file.path for file in files.declared]))


def page_aligned(size: int) -> mmap.mmap:
    """Get memory for direct transfers, already in place."""
    memory = mmap.mmap(-1, size)
    memory.madvise(mmap.MADV_HUGEPAGE)
    memory[:] = os.urandom(size)
    return memory
