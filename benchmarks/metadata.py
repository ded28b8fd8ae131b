"""What reading metadata costs: EPU xml against bare parsing, whole sessions, headers of large movies.

The xml are the real ones of the samples under new names; movies are sparse files. All lie in the page cache: what is
measured is the processor, not the disk.

    python benchmarks/metadata.py [--movies 10000] [--rounds 5]
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated
from xml.etree import ElementTree as ET

import typer

from benchmarks.metadata_files import MOVIES_OF_4_GB, make_session, write_movie
from emdewar.formats.epu import read_movie_xml
from emdewar.formats.movie import read_header
from emdewar.oscem.reading import movie_statistics
from emdewar.oscem.session import SiteValues, describe_session

LOOKS = 50
"""How often each header is read; the fastest counts."""

BARE = "import sys; from xml.etree import ElementTree as ET\nfor path in sys.stdin.read().split('\\n'): ET.parse(path)"
"""What a process of bare parsing does."""

SITE = SiteValues(cs_mm=2.7, microscope_model="TFS KRIOS")


def bare(paths: Sequence[Path]) -> int:
    """Parse xml and do nothing with it: what the standard library takes."""
    for path in paths:
        ET.parse(path)  # noqa: S314 - our own files
    return len(paths)


def read(paths: Sequence[Path]) -> int:
    """Read xml into what they mean."""
    for path in paths:
        read_movie_xml(path)
    return len(paths)


def bare_on(paths: Sequence[Path], processors: int) -> None:
    """Parse in as many processes that know nothing else; their start counts, as it does with us."""
    running = [
        subprocess.Popen([sys.executable, "-S", "-c", BARE], stdin=subprocess.PIPE, text=True)
        for _ in range(processors)
    ]
    for first, process in enumerate(running):
        if process.stdin:
            process.stdin.write("\n".join(map(str, paths[first::processors])))
            process.stdin.close()
    if any(process.wait() for process in running):
        raise SystemExit("a process of the bare parser failed")


def against_bare_parsing(paths: Sequence[Path], rounds: int) -> None:
    """Compare, in turn within each round, so that a busy moment hits all."""
    processors = len(os.sched_getaffinity(0))
    ways: dict[str, Callable[[], object]] = {
        "ElementTree, one processor": lambda: bare(paths),
        "`read_movie_xml`, one processor": lambda: read(paths),
        f"ElementTree, {processors} processors": lambda: bare_on(paths, processors),
        f"`movie_statistics`, {processors} processors": lambda: movie_statistics(paths, processes=processors),
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            taken[name].append(_taken(way))
    print(f"\n{len(paths):,} xml of EPU\n\n| way | s | of bare | processor time, s | of bare |\n|---|---|---|---|---|")
    names = list(ways)
    for name, base in zip(names, (names[0], names[0], names[2], names[2]), strict=True):
        cells = [name]
        for ours_s, bare_s in zip(zip(*taken[name], strict=True), zip(*taken[base], strict=True), strict=True):
            ratio = statistics.median(b / a for a, b in zip(ours_s, bare_s, strict=True))
            cells += [f"{statistics.median(ours_s):.2f}", f"{ratio:.2f}"]
        print(f"| {' | '.join(cells)} |")


def _taken(way: Callable[[], object]) -> tuple[float, float]:
    """Measure by the clock and by the processors' own, which a busy machine disturbs less."""
    before_s, started_s = _processor_s(), time.perf_counter()
    way()
    return time.perf_counter() - started_s, _processor_s() - before_s


def _processor_s() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def whole_sessions(folder: Path, movies: int) -> None:
    """Describe sessions of growing size, each in a process of its own for the sake of its memory."""
    print("\n| session | describe, s | largest process, MiB | findings |\n|---|---|---|---|")
    for count in (movies // 10, movies, movies * 3):
        session = make_session(folder / str(count), count)
        done = subprocess.run(
            [sys.executable, __file__, "--describe", session], capture_output=True, text=True, check=True
        )
        told = json.loads(done.stdout)
        print(f"| {told['images']:,} movies | {told['seconds']:.1f} | {told['mib']:.0f} | {told['findings']} |")


def describe(session: Path) -> None:
    """Describe one session and print what it took."""
    started_s = time.perf_counter()
    described = describe_session(session, SITE)
    seconds = time.perf_counter() - started_s
    mib = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    told = {"images": described.images, "seconds": seconds, "mib": mib, "findings": len(described.findings)}
    print(json.dumps(told))


def headers(folder: Path, session: Path) -> None:
    """Read headers of movies of 4 GB, and those of a whole session."""
    print("\n| header of a movie of 4 GB | frames | ms |\n|---|---|---|")
    for movie in MOVIES_OF_4_GB:
        path = write_movie(folder, movie)
        best_s = min(_taken(lambda path=path: read_header(path))[0] for _ in range(LOOKS))  # type: ignore[misc]
        print(f"| {path.suffix} | {read_header(path).frames} | {best_s * 1e3:.2f} |")
    movies = sorted(session.rglob("*_fractions.tiff"))
    taken_s = _taken(lambda: [read_header(path) for path in movies])[0]
    print(f"\nThe headers of all {len(movies):,} movies of the session, 50 frames each: {taken_s:.1f} s.")


def main(
    movies: Annotated[int, typer.Option(help="Movies of the session.")] = 10_000,
    rounds: Annotated[int, typer.Option(help="How often the ways are compared.")] = 5,
    describe_only: Annotated[Path | None, typer.Option("--describe", help="Describe this session, no more.")] = None,
) -> None:
    """Measure all three."""
    if describe_only is not None:
        describe(describe_only)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole_sessions(folder, movies)
        session = folder / str(movies)
        against_bare_parsing(sorted(session.rglob("*.xml")), rounds)
        headers(folder, session)


if __name__ == "__main__":
    typer.run(main)
