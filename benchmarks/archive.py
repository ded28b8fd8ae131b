"""Side by side in one run: our datablock writer and verifier against GNU tar, and against `cp` with `sha256sum`.

All work on the same files, which are in the page cache, and write to the same disk until the bytes are on it (fsync).
Ratios are what to look at: rounds are interleaved, so that a busy machine slows all of them alike.

    python benchmarks/archive.py [--folder /fast/disk] [--rounds 3]
"""

import hashlib
import os
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from emdewar.datablock.layout import plan_block
from emdewar.datablock.slices import slice_files
from emdewar.datablock.verify import verify_copy
from emdewar.datablock.write import write_datablock
from emdewar.records import DataFile
from emdewar.stores.posix import PosixStore

TIME = datetime(2026, 1, 1, tzinfo=UTC)
SETS = {"32 files of 16 MB": (32, 16_000_000), "5,000 files of 20 kB": (5_000, 20_000)}
GB = 1e9


def make_files(folder: Path, count: int, size: int) -> list[DataFile]:
    """Write files of noise and list them as an ingest would."""
    files: list[DataFile] = []
    for number in range(count):
        name = f"{number // 100:03d}/movie_{number:06d}.eer"
        content = os.urandom(size)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (TIME.timestamp(), TIME.timestamp()))
        files.append(DataFile(path=name, size=size, time=TIME, chk=hashlib.sha256(content).hexdigest()))
    return files


def ours(source: Path, out: Path, files: list[DataFile], *, read_back: bool) -> None:
    """Write a datablock, and read it back where asked."""
    block = slice_files(files, target_bytes=10**15)[0]
    store = PosixStore("disk", out)
    record = write_datablock(plan_block("20.500/bench", block, files, {}), source, [store])
    if read_back:
        verify_copy(store, record, files)


def gnu_tar(source: Path, out: Path) -> None:
    """Pack with tar: no checksum, nothing read back."""
    subprocess.run(["tar", "--create", "--file", out / "all.tar", "--directory", source, "."], check=True)
    sync(out / "all.tar")


def copy_and_sum(source: Path, out: Path, *, read_back: bool) -> None:
    """Copy and hash with the two tools people use; read back from the page cache where asked."""
    subprocess.run(["cp", "--recursive", source, out / "copy"], check=True)
    subprocess.run(["sync", "--file-system", out], check=True)
    for folder in (source, out / "copy") if read_back else (source,):
        hash_all = "find . -type f -print0 | xargs -0 -P2 -n64 sha256sum > /dev/null"
        subprocess.run(["sh", "-c", hash_all], cwd=folder, check=True)


def sync(path: Path) -> None:
    """Wait until a file is on its disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def timed(work: Callable[[Path], None], folder: Path) -> tuple[float, float]:
    """Run into a fresh folder; gives seconds on the clock and seconds of processor, children included."""
    out = Path(tempfile.mkdtemp(dir=folder))
    before_s, started_s = processor_s(), time.perf_counter()
    work(out)
    taken = time.perf_counter() - started_s, processor_s() - before_s
    shutil.rmtree(out)
    return taken


def processor_s() -> float:
    """Give the processor time of this process and its ended children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def compare(folder: Path, title: str, rounds: int) -> None:
    """Print the table of one set of files."""
    source = folder / "source"
    files = make_files(source, *SETS[title])
    size_gb = sum(file.size for file in files) / GB
    ways: dict[str, Callable[[Path], None]] = {
        "GNU tar (no checksum)": lambda out: gnu_tar(source, out),
        "cp + sha256sum": lambda out: copy_and_sum(source, out, read_back=False),
        "cp + sha256sum of both": lambda out: copy_and_sum(source, out, read_back=True),
        "emdewar write": lambda out: ours(source, out, files, read_back=False),
        "emdewar write + verify": lambda out: ours(source, out, files, read_back=True),
    }
    taken: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, work in ways.items():
            taken[way].append(timed(work, folder))
    shutil.rmtree(source)
    print(f"\n{title}, median of {rounds} rounds\n\n| way | MB/s | CPU-s per GB | times GNU tar |\n|---|---|---|---|")
    tar_s = statistics.median(clock_s for clock_s, _ in taken["GNU tar (no checksum)"])
    for way, times in taken.items():
        clock_s, cpu_s = (statistics.median(column) for column in zip(*times, strict=True))
        print(f"| {way} | {1000 * size_gb / clock_s:.0f} | {cpu_s / size_gb:.2f} | {tar_s / clock_s:.2f} |")


def main(folder: Annotated[Path | None, typer.Option(help="Where to work.")] = None, rounds: int = 3) -> None:
    """Compare the ways on both sets of files."""
    with tempfile.TemporaryDirectory(dir=folder) as working:
        for title in SETS:
            compare(Path(working), title, rounds)
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    typer.run(main)
