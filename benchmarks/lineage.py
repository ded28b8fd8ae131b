"""What reading a project costs: its jobs, the count of a long STAR file, the summary of a large `.cs`.

Each is measured beside the barest way to touch the same bytes, in turn, in the page cache; memory is that of a process
of its own.

    python benchmarks/lineage.py [--jobs 500] [--star-rows 300000] [--cs-rows 1000000] [--rounds 3]
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.lineage_files import make_cryosparc_project, make_relion_project, write_particles, write_particles_star
from emdewar.cryosparc.figures import figures_of
from emdewar.cryosparc.header import read_header
from emdewar.cryosparc.project import read_cryosparc_project
from emdewar.relion.project import read_relion_project
from emdewar.relion.star_rows import count_particles

SUMMARY = """
import sys
from pathlib import Path
from emdewar.cryosparc.columns import iterate_columns
from emdewar.cryosparc.header import read_header
from emdewar.cryosparc.orientations import count_orientations
path = Path(sys.argv[1])
rows = read_header(path).rows
pose = "alignments3D/pose"
counted = count_orientations(piece[pose] for piece in iterate_columns(path, [pose]))
if sum(map(sum, counted.counts)) != rows:
    raise SystemExit("not all particles were counted")
"""

LOADED = """
import sys
import numpy as np
rows = np.load(sys.argv[1], allow_pickle=False)
poses = rows["alignments3D/pose"].copy()
"""

MOST_MEMORY = """
print(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0])
"""
"""The most that the process had; what `getrusage` says begins with its parent's."""


def main(
    jobs: Annotated[int, typer.Option(min=1)] = 500,
    star_rows: Annotated[int, typer.Option(min=1)] = 300_000,
    cs_rows: Annotated[int, typer.Option(min=1)] = 1_000_000,
    rounds: Annotated[int, typer.Option(min=1)] = 3,
) -> None:
    """Measure all."""
    with tempfile.TemporaryDirectory() as folder:
        project, star, dataset = Path(folder, "P1"), Path(folder, "particles.star"), Path(folder, "particles.cs")
        relion = Path(folder, "relion")
        make_cryosparc_project(project, jobs)
        make_relion_project(relion, jobs)
        write_particles_star(star, star_rows)
        write_particles(dataset, cs_rows)
        print("| what | s | beside | s | of it |\n|---|---|---|---|---|")
        documents = sorted(project.glob("*/job.json"))
        megabytes = sum(path.stat().st_size for path in documents) / 1e6
        name = f"lineage of {jobs} cryoSPARC jobs, {megabytes:.0f} MB of `job.json`"
        lineage = read_cryosparc_project(project)
        bare = (lambda: [json.loads(path.read_bytes()) for path in documents], "`json.loads` of all")
        _compare(name, lambda: read_cryosparc_project(project), *bare, rounds)
        _compare("figures of its result", lambda: figures_of(lineage, project), *bare, rounds)
        stars = sorted(relion.rglob("*.star"))
        name, bare_name = f"lineage of {jobs} RELION jobs", "all bytes of its STAR files"
        _compare(name, lambda: read_relion_project(relion), lambda: [s.read_bytes() for s in stars], bare_name, rounds)
        name = f"particles of a STAR file of {star_rows:,} rows, {star.stat().st_size / 1e6:.0f} MB"
        _compare(name, lambda: count_particles(star), lambda: _lines(star), "its lines, counted", rounds)
        name = f"header of a `.cs` of {cs_rows:,} rows, {dataset.stat().st_size / 1e6:.0f} MB"
        _compare(name, lambda: read_header(dataset), dataset.read_bytes, "all its bytes", rounds)
        print(f"\n| a `.cs` of {cs_rows:,} rows | s | MiB at most |\n|---|---|---|")
        for name, code in (("orientations counted in pieces", SUMMARY), ("`np.load` and one column", LOADED)):
            taken, kibibytes = _in_process(code, dataset)
            print(f"| {name}, with the start of Python | {taken:.2f} | {kibibytes / 1024:.0f} |")


def _compare(name: str, way: Callable[[], object], bare: Callable[[], object], bare_name: str, rounds: int) -> None:
    taken = [(_taken(way), _taken(bare)) for _ in range(rounds)]
    ours, theirs = (statistics.median(times) for times in zip(*taken, strict=True))
    print(f"| {name} | {ours:.4f} | {bare_name} | {theirs:.4f} | {ours / theirs:.2f} |")


def _taken(way: Callable[[], object]) -> float:
    start = time.perf_counter()
    way()
    return time.perf_counter() - start


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(piece.count(b"\n") for piece in iter(lambda: file.read(1 << 20), b""))


def _in_process(code: str, path: Path) -> tuple[float, int]:
    start = time.perf_counter()
    ran = subprocess.run(
        [sys.executable, "-c", code + MOST_MEMORY, str(path)], check=True, capture_output=True, text=True
    )
    return time.perf_counter() - start, int(ran.stdout)


if __name__ == "__main__":
    typer.run(main)
