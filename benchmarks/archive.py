"""Side by side in one run: our datablocks, the tools people use, another archiver's steps, and the machine's limits.

All work on the same files, which are in the page cache, and write to the same disk until the bytes are on it (fsync).
Ratios are what to look at: rounds are interleaved, so that a busy machine slows all ways alike; a ratio is taken within
each round, and the median of the rounds is given. A table takes about a minute a round.

    python benchmarks/archive.py [--folder /fast/disk] [--rounds 3]
"""

import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from benchmarks import archive_limits as limits
from benchmarks import archive_ways as ways
from benchmarks.archive_files import Files, make_files
from emdewar.datablock.layout import plan_block
from emdewar.datablock.lead import lead_members
from emdewar.datablock.slices import slice_files
from emdewar.records import DataFile, Dataset

Taken = tuple[float, float]
"""Seconds on the clock and seconds of processor."""

LIMITS: Mapping[str, ways.Way] = {
    "limit: write to the device": limits.write_device,
    "limit: read from the device": limits.read_device,
    "limit: sha256, two threads": limits.hash_sources,
}
LARGE: Mapping[str, ways.Way] = {
    "emdewar write": ways.write,
    "emdewar write to two stores": ways.write_twice_at_once,
    "emdewar write + read back": ways.write_and_verify,
    "GNU tar": ways.gnu_tar,
    "Python tarfile": ways.python_tarfile,
    "tar, tee, sha256sum": ways.tar_tee_sum,
    "cp + sha256sum": ways.copy_and_sum,
    "other archiver, not verified": ways.other_archiver,
    "other archiver, verified": ways.other_archiver_verified,
}
SMALL: Mapping[str, ways.Way] = {
    name: LARGE[name] for name in ("emdewar write", "emdewar write + read back", "Python tarfile", "cp + sha256sum")
}
RATIOS = (
    ("emdewar write", "tar, tee, sha256sum"),
    ("emdewar write", "cp + sha256sum"),
    ("emdewar write", "Python tarfile"),
    ("emdewar write", "other archiver, not verified"),
    ("emdewar write + read back", "other archiver, verified"),
)


def measure(contestants: Mapping[str, ways.Way], files: Files, folder: Path, rounds: int) -> dict[str, list[Taken]]:
    """Let all ways take turns; gives what each took in each round."""
    taken: dict[str, list[Taken]] = {name: [] for name in contestants}
    for _ in range(rounds):
        limits_folder = Path(tempfile.mkdtemp(dir=folder))
        for name, way in contestants.items():
            if name in LIMITS:
                taken[name].append(timed(way, files, limits_folder))
                continue
            out = Path(tempfile.mkdtemp(dir=folder))
            taken[name].append(timed(way, files, out))
            shutil.rmtree(out)
        shutil.rmtree(limits_folder)
    return taken


def timed(way: ways.Way, files: Files, out: Path) -> Taken:
    """Run once, processor time of children included."""
    before_s, started_s = processor_s(), time.perf_counter()
    way(files, out)
    return time.perf_counter() - started_s, processor_s() - before_s


def processor_s() -> float:
    """Give the processor time of this process and its ended children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def report(title: str, taken: Mapping[str, list[Taken]], files: Files) -> None:
    """Print the rates and the ratios."""
    print(f"\n{title}, median of {len(next(iter(taken.values())))} rounds\n")
    print("| way | MB/s | CPU-s per GB | µs per file |\n|---|---|---|---|")
    for name, times in taken.items():
        clock_s, cpu_s = (statistics.median(column) for column in zip(*times, strict=True))
        per_file_us = clock_s / len(files.declared) * 1e6
        rate = 1000 * files.gigabytes / clock_s
        print(f"| {name} | {rate:.0f} | {cpu_s / files.gigabytes:.2f} | {per_file_us:.0f} |")
    print("\n| ratio | median | rounds |\n|---|---|---|")
    for ours, theirs in RATIOS:
        if ours in taken and theirs in taken:
            print_ratio(f"{ours} : {theirs}", speedups(taken[ours], taken[theirs]))
    if set(LIMITS) <= set(taken):
        device_w, device_r, sha256 = (taken[name] for name in LIMITS)
        print_ratio("emdewar write : min(device write, sha256)", speedups(taken["emdewar write"], device_w, sha256))
        print_ratio(
            "emdewar restore : min(device read, sha256, device write)",
            speedups(taken["emdewar restore"], device_r, sha256, device_w),
        )


def speedups(ours: list[Taken], *others: list[Taken]) -> list[float]:
    """Say, round by round, how many times faster we are than the slowest of the others."""
    return [max(clock_s for clock_s, _ in them) / us[0] for us, *them in zip(ours, *others, strict=True)]


def print_ratio(name: str, ratios: list[float]) -> None:
    """Print one line of the table of ratios."""
    print(f"| {name} | {statistics.median(ratios):.2f} | {', '.join(f'{ratio:.2f}' for ratio in ratios)} |")


def compare_large(folder: Path, rounds: int) -> None:
    """Pack and restore 32 files of 64 MB."""
    files = make_files(folder / "large", 32, 64_000_000)
    archive = folder / "archive"
    archive.mkdir()
    restore = ways.Restore(files, archive)
    taken = measure({**LIMITS, **LARGE, "emdewar restore": restore}, files, folder, rounds)
    report("32 files of 64 MB", taken, files)
    shutil.rmtree(archive)
    shutil.rmtree(files.folder)


def compare_small(folder: Path, rounds: int) -> None:
    """Pack 20,000 files of 13 kB, as a session has beside its movies."""
    files = make_files(folder / "small", 20_000, 13_000)
    report("20,000 files of 13 kB", measure(SMALL, files, folder, rounds), files)
    shutil.rmtree(files.folder)


def plan_large_dataset() -> None:
    """Plan 88.37 TB in 100,000 files, from the catalog's list to every byte's place."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    files = [
        DataFile(path=f"Square_{n // 500:03d}/Movie_{n:06d}.mrc", size=883_700_000, time=moment, chk="0" * 64)
        for n in range(100_000)
    ]
    dataset = Dataset(
        pid="20.500/bench",
        dataset_name="bench",
        type="raw",
        owner="nobody",
        owner_group="nobody",
        contact_email="nobody@example.org",
        source_folder="/",
        creation_time=moment,
    )
    started_s = time.perf_counter()
    blocks = slice_files(files, target_bytes=200 * 10**9)
    for block in blocks:
        plan_block(dataset.pid, block, block.select(files), lead_members(dataset))
    print(f"\n88.37 TB in 100,000 files: {len(blocks)} datablocks planned in {time.perf_counter() - started_s:.1f} s")


def main(folder: Annotated[Path | None, typer.Option(help="Where to work.")] = None, rounds: int = 3) -> None:
    """Compare the ways on both sets of files."""
    with tempfile.TemporaryDirectory(dir=folder) as working:
        compare_small(Path(working), rounds)
        compare_large(Path(working), rounds)
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    plan_large_dataset()
    print(f"\npeak memory of all that ran in this process but planning {peak_mib:.0f} MiB")


if __name__ == "__main__":
    typer.run(main)
