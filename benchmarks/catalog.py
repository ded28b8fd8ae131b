"""What the catalog costs at the size of a large facility, beside the same questions in hand-written SQL.

Each question is asked by eight clients at once, each a process of its own, in three ways that take turns: of the
catalog over HTTP; of a bare route over HTTP that runs the SQL and writes the rows as JSON; of the database's driver
alone, which writes nothing. All share one machine. Then: what a small group waits in a small and in a large catalog,
and what it costs to register many files.

    python benchmarks/catalog.py [--datasets 540900] [--database postgresql] [--keep FOLDER]
"""

import contextlib
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.catalog_asked import QUESTIONS, Asker
from benchmarks.catalog_clients import CLIENTS, Clients, Door, Taken, clients
from benchmarks.catalog_facility import MEMBERS_GROUP, SMALL_GROUP
from benchmarks.catalog_files import FILES, Cost, registering
from benchmarks.catalog_load import DATASETS
from benchmarks.catalog_site import WORKERS, bare_route, catalog, databases, pids_of, token
from tests.postgresql import MissingError

FEW, ROUNDS = 10_000, 5
Contestants = dict[str, tuple[Asker, Door]]
"""Who asks, and where, by the name of a column."""


def main(
    datasets: Annotated[int, typer.Option(help="Datasets in the large catalog.")] = DATASETS,
    database: Annotated[list[str] | None, typer.Option(help="postgresql or sqlite; both when not given.")] = None,
    keep: Annotated[Path | None, typer.Option(help="Folder that keeps the databases for the next run.")] = None,
    rounds: Annotated[int, typer.Option(help="Rounds of each question and way.")] = ROUNDS,
) -> None:
    """Fill the catalogs, ask, and print the tables."""
    with contextlib.ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(exist_ok=True)
        # PostgreSQL runs as a user of its own, who must be able to enter.
        folder.chmod(0o755)
        for kind in database or ("postgresql", "sqlite"):
            try:
                measure(kind, folder, datasets, rounds)
            except MissingError as missing:
                sys.exit(f"{kind}: {missing}")


def measure(kind: str, folder: Path, datasets: int, rounds: int) -> None:
    """Print the tables of one database."""
    with databases(kind, folder, [FEW, datasets]) as (few, many), clients() as eight:
        with catalog(many) as site, bare_route(many) as bare:
            for group in (MEMBERS_GROUP, None):
                asker = Asker(group, pids_of(many, group), kind)
                doors: tuple[Door, ...] = (("catalog", site.url, token(site, group)), ("bare", bare), ("SQL", many))
                taken = ask_all(eight, {door[0]: (asker, door) for door in doors}, rounds)
                who = (
                    f"a member of one of 30 groups, who sees {len(asker.pids):,} and what is published"
                    if group
                    else "who sees everything"
                )
                print_ratios(f"{kind}, {datasets:,} datasets, {who}", taken)
        with catalog(few) as small, catalog(many) as large:
            sites = {f"among {FEW:,}": (few, small), f"among {datasets:,}": (many, large)}
            contestants: Contestants = {
                name: (
                    Asker(SMALL_GROUP, pids_of(url, SMALL_GROUP), kind),
                    ("catalog", site.url, token(site, SMALL_GROUP)),
                )
                for name, (url, site) in sites.items()
            }
            print_small_group(f"{kind}, the same small group", ask_all(eight, contestants, rounds), list(sites))
        print_files(f"{kind}, a dataset with {FILES:,} files", registering(many, rounds))


def ask_all(eight: Clients, contestants: Contestants, rounds: int) -> Taken:
    """Ask every question of every contestant, by turns; the first round warms up and is not counted."""
    taken = Taken()
    for number in range(rounds + 1):
        for question in QUESTIONS:
            for name, (asker, door) in contestants.items():
                seconds = eight.ask(question, asker, door, seed=number)
                if number:
                    taken.note(question, name, seconds)
    return taken


def print_ratios(title: str, taken: Taken) -> None:
    """Print how long each question took in each way."""
    print(f"\n{title}; {CLIENTS} clients at once, {WORKERS} processes answer; p95 in ms, median of the rounds\n")
    print("| question | catalog | bare route | SQL alone | to the bare route | to SQL alone | catalog, p50 |")
    print("|---|---|---|---|---|---|---|")
    for question in QUESTIONS:
        ours, bare, sql = (taken.p95_ms(question, way) for way in ("catalog", "bare", "SQL"))
        half = taken.p50_ms(question, "catalog")
        print(
            f"| {question} | {ours:.1f} | {bare:.1f} | {sql:.1f} | {ours / bare:.2f} | {ours / sql:.2f} | {half:.1f} |"
        )


def print_small_group(title: str, taken: Taken, sizes: list[str]) -> None:
    """Print what the same people wait in a small and in a large catalog."""
    few, many = sizes
    print(
        f"\n{title}; p95 (p50) in ms\n\n| question | {few} | {many} | p95, ratio | p50, ratio |\n|---|---|---|---|---|"
    )
    for question in QUESTIONS:
        high = [taken.p95_ms(question, name) for name in sizes]
        half = [taken.p50_ms(question, name) for name in sizes]
        cells = [f"{p95:.1f} ({p50:.1f})" for p95, p50 in zip(high, half, strict=True)]
        print(f"| {question} | {' | '.join(cells)} | {high[1] / high[0]:.2f} | {half[1] / half[0]:.2f} |")


def print_files(title: str, cost: Cost) -> None:
    """Print what it cost to register many files."""
    registered, bare = statistics.median(cost.registered_s), statistics.median(cost.bare_s)
    print(f"\n{title}: registered in {registered:.1f} s, the bare rows in {bare:.1f} s, ratio {cost.ratio():.1f};")
    print(f"the server's memory: {cost.before_mib:.0f} MiB at first, {cost.peak_mib:.0f} MiB at its peak")


if __name__ == "__main__":
    typer.run(main)
