"""Side by side in one run: our archiver straight to S3, and boto3's `upload_file` of a tar that is there already.

Both send to a server in a process of its own that throws everything away, so that the clients are measured and not a
disk. Ours reads the files, hashes each, packs and sends them; boto3 only sends. Ratios are what to look at: rounds are
interleaved, so that a busy machine slows both alike.

    python benchmarks/s3.py [--folder /fast/disk] [--rounds 5] [--number 32] [--size 16000000]
"""

import os
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Final

import boto3
import typer

from benchmarks.archive_files import make_files
from benchmarks.s3_null import serve
from emdewar.datablock.layout import plan_block
from emdewar.datablock.members import SMALLEST_PART
from emdewar.datablock.slices import slice_files
from emdewar.datablock.write import write_datablock
from emdewar.records import DataFile
from emdewar.stores.s3 import S3Store
from emdewar.stores.s3_account import S3Account, fixed_keys

KEY: Final = "benchmark"
GB: Final = 1e9
BOTO3: Final = "boto3 upload_file"
READ_BACK: Final = 0


def ours(url: str, source: Path, files: list[DataFile], number: int) -> None:
    """Archive the files to S3."""
    block = slice_files(files, target_bytes=10**15)[0]
    layout = plan_block(f"20.500/bench{number}", block, files, {})
    write_datablock(layout, source, [store_at(url)])


def ours_sending(url: str, tar: Path, number: int) -> None:
    """Send one file in parts through our store, without hashing its members."""
    size = tar.stat().st_size
    starts = range(0, size, SMALLEST_PART)
    with (
        tar.open("rb") as file,
        store_at(url).create(f"sent{number}.tar", size) as writer,
        ThreadPoolExecutor(4) as pool,
    ):

        def send(at: int) -> None:
            writer.write_at(at, os.pread(file.fileno(), SMALLEST_PART, at))

        list(pool.map(send, starts))
        writer.commit()


def theirs(url: str, tar: Path, number: int) -> None:
    """Upload a tar as boto3 does when nobody configures it."""
    client = boto3.client(
        "s3", endpoint_url=url, aws_access_key_id=KEY, aws_secret_access_key=KEY, region_name="us-east-1"
    )
    client.upload_file(str(tar), "bucket", f"boto{number}.tar")


def theirs_with_tar(url: str, source: Path, scratch: Path, number: int) -> None:
    """Pack a tar into scratch first, as those do who have only `upload_file`."""
    tar = scratch / "packed.tar"
    subprocess.run(["tar", "--create", "--file", tar, "--directory", source, "."], check=True)
    theirs(url, tar, number)
    tar.unlink()


def restoring(url: str, name: str) -> None:
    """Read an object back by ranges in four threads."""
    with store_at(url).open(name) as reader, ThreadPoolExecutor(4) as pool:
        step = reader.read_step
        list(pool.map(lambda at: len(reader.read_at(at, step)), range(0, reader.size, step)))


def store_at(url: str) -> S3Store:
    """Open a store on the server."""
    return S3Store("null", S3Account(url, fixed_keys(KEY, KEY)), "bucket")


def timed(work: Callable[[], None]) -> tuple[float, float]:
    """Give seconds on the clock and of processor, those of the server left out."""
    before_s, started_s = processor_s(), time.perf_counter()
    work()
    return time.perf_counter() - started_s, processor_s() - before_s


def processor_s() -> float:
    """Give the processor time of this process and its ended children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def compare(folder: Path, url: str, files: list[DataFile], rounds: int) -> None:
    """Print the table."""
    source, tar = folder / "source", folder / "all.tar"
    subprocess.run(["tar", "--create", "--file", tar, "--directory", source, "."], check=True)
    numbers = iter(range(1, 10**6))
    ways: dict[str, Callable[[], None]] = {
        BOTO3: lambda: theirs(url, tar, next(numbers)),
        "tar to scratch + boto3 upload_file": lambda: theirs_with_tar(url, source, folder, next(numbers)),
        "emdewar, files to S3 with sha256": lambda: ours(url, source, files, next(numbers)),
        "emdewar, sending one file only": lambda: ours_sending(url, tar, next(numbers)),
        "emdewar, reading back": lambda: restoring(url, f"sent{READ_BACK}.tar"),
    }
    ours_sending(url, tar, READ_BACK)
    for work in ways.values():
        work()
    taken: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, work in ways.items():
            taken[way].append(timed(work))
    size_gb = sum(file.size for file in files) / GB
    print(f"{size_gb:.2f} GB in {len(files)} files, median of {rounds} rounds, load {os.getloadavg()[0]:.1f}\n")
    print("| way | MB/s | CPU-s per GB | times boto3, round by round |\n|---|---|---|---|")
    for way, times in taken.items():
        clock_s, cpu_s = (statistics.median(column) for column in zip(*times, strict=True))
        ratio = statistics.median(base[0] / own[0] for base, own in zip(taken[BOTO3], times, strict=True))
        print(f"| {way} | {1000 * size_gb / clock_s:.0f} | {cpu_s / size_gb:.2f} | {ratio:.2f} |")


def main(
    folder: Annotated[Path | None, typer.Option(help="Where to work.")] = None,
    rounds: int = 5,
    number: Annotated[int, typer.Option(help="How many files.")] = 32,
    size: Annotated[int, typer.Option(help="Bytes of each.")] = 16_000_000,
) -> None:
    """Compare the ways."""
    with tempfile.TemporaryDirectory(dir=folder) as working, serve() as url:
        files = make_files(Path(working) / "source", number, size)
        compare(Path(working), url, files.declared, rounds)
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    typer.run(main)
