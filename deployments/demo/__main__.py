"""`make demo`: catalog, Prefect and a worker on loopback, and one session through its whole life."""

import hashlib
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from deployments.demo.hardships import Hardships
from deployments.demo.story import Story
from deployments.local_site import SNAPPY_TAPE, LocalSite
from emdewar.errors import DewarError, IntegrityError, RefusedError
from emdewar.records import DatablockRecord, Dataset
from emdewar.simulation import EpuSession, write_epu_session

SECONDS_PER_MOVIE = 0.4
READ_AT_ONCE = {"reverify_after_days": 0}
"""Copies are read again whenever somebody asks; a real site waits a year."""

console = Console()


def main(
    session: Annotated[Path | None, typer.Option(help="A real session folder; only read.")] = None,
    movies: Annotated[int, typer.Option(min=1, help="Movies of the simulated session.")] = 12,
    state: Annotated[Path | None, typer.Option(help="Folder for the demonstration's state; kept when named.")] = None,
    leave: Annotated[bool, typer.Option("--exit", help="End when the session has been through.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Take one microscope session through acquire, ingest, archive, rot, repair and retrieve."""
    # A shell that starts a job in the background lets it ignore SIGINT: end on it all the same.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        with _state_folder(state) as folder:
            _run(folder, session.resolve() if session else None, movies, leave=leave)
    except DewarError as error:
        console.print(f"[bold red]The demonstration failed:[/] {error}")
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        console.print("Ended; all servers are down.")
        raise typer.Exit(130 if leave else 0) from None


@contextmanager
def _state_folder(named: Path | None) -> Iterator[Path]:
    """Give the named folder, or one that is gone afterwards."""
    if named:
        named.mkdir(parents=True, exist_ok=True)
        if any(named.iterdir()):
            raise RefusedError(f"{named} is not empty: the demonstration starts a site of its own, in a new folder")
        yield named.resolve()
        return
    folder = Path(tempfile.mkdtemp(prefix="emdewar-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _run(state: Path, session: Path | None, movies: int, *, leave: bool) -> None:
    if session and not session.is_dir():
        raise RefusedError(f"no session folder at {session}: check the path")
    console.print(f"[bold]EM Dewar[/]: starting catalog, Prefect server and worker on loopback; state in {state}")
    with LocalSite(
        state, drop_folder=session.parent if session else None, tape=SNAPPY_TAPE, policy=READ_AT_ONCE
    ) as site:
        console.print(f"catalog   {site.catalog_url}/docs\nPrefect   {site.prefect_url}\n")
        plan = EpuSession(movies=movies)
        name = session.name if session else plan.name
        if not session:
            _start_microscope(site.drop_folder, plan)
        site.start_watch(only=name)
        with site.prefect() as client, Story(client) as story:
            pid = _follow(story)
            _prove(Path(site.drop_folder) / name, state / "retrieved", story)
            hardships = Hardships(site, story, pid)
            hardships.recall()
            hardships.rot()
        _show(site, story, pid)
        if not leave:
            console.print("\nEverything stays up until Ctrl-C.")
            while True:
                time.sleep(3600)


def _start_microscope(drop_folder: Path, plan: EpuSession) -> None:
    """Drop a session file by file, as a microscope would, while everything else goes on."""
    writing = threading.Thread(
        target=write_epu_session,
        args=(drop_folder, plan),
        kwargs={"seconds_per_movie": SECONDS_PER_MOVIE},
        daemon=True,
    )
    writing.start()


def _follow(story: Story) -> str:
    """Follow the session through its life; gives its dataset."""
    story.follow("acquire")
    pid = story.follow("ingest").run.parameters["pid"]
    story.follow("archive-sweep", story.start("archive-sweep/scheduled", {}))
    story.follow("archive")
    story.follow("retrieve", story.start("retrieve/dataset", {"pid": pid}))
    return str(pid)


def _prove(session: Path, retrieved: Path, story: Story) -> None:
    """Compare what came back with what the microscope wrote, with nothing of the stages in between."""
    back = next(path for path in retrieved.iterdir() if path.is_dir())
    if _digests(session) != _digests(back):
        raise IntegrityError(f"what was retrieved in {back} differs from the session {session}")
    story.say(f"Every file that came back equals what the microscope wrote in {session}.")


def _digests(root: Path) -> dict[str, str]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _show(site: LocalSite, story: Story, pid: str) -> None:
    with site.catalog() as catalog:
        dataset, blocks = catalog.dataset(pid), catalog.datablocks(pid)
    table = Table(title=f"{dataset.dataset_name}: {dataset.datasetlifecycle.archive_status_message}", show_header=False)
    for row in _figures(dataset, blocks):
        table.add_row(*row)
    table.add_section()
    for stage in story.stages:
        table.add_row(f"{stage.name}, s", f"{stage.seconds:.1f}")
    table.add_section()
    table.add_row("Catalog API", f"{site.catalog_url}/docs")
    table.add_row("Prefect UI", site.prefect_url)
    console.print(table)


def _figures(dataset: Dataset, blocks: list[DatablockRecord]) -> Iterator[tuple[str, str]]:
    yield "dataset", dataset.pid
    yield "files", f"{dataset.number_of_files:,}"
    yield "bytes", f"{dataset.size:,}"
    yield "datablocks", f"{len(blocks)}"
    yield "copies verified", f"{sum(copy.is_good for block in blocks for copy in block.copies)}, on disk and on tape"


if __name__ == "__main__":
    typer.run(main)
