"""What orchestration costs: the flows against the same library calls, on the same files and the same catalog.

A real Prefect server and a real catalog on loopback. Few large files and many small ones: the cost of orchestration
must not grow with the number of files.

    python benchmarks/orchestration.py [--files 20000]
"""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import prefect.settings as ps
import typer
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterName
from prefect.settings import temporary_settings

from blocks.facility import Facility
from deployments.local_site import LocalSite
from emdewar.acquisition.identity import dataset_draft, session_pid
from emdewar.acquisition.session import list_files, recognise
from emdewar.acquisition.transfer import bring_over
from emdewar.catalog import Catalog
from emdewar.datablock.layout import plan_block
from emdewar.datablock.lead import lead_members
from emdewar.datablock.slices import slice_files
from emdewar.datablock.verify import verify_copy
from emdewar.datablock.write import write_datablock
from emdewar.lifecycle import ArchiveStatus
from emdewar.oscem.session import describe_session
from flows.acquire import acquire
from flows.archive import archive
from flows.ingest import ingest

RECORDED_WITHIN_S = 4.0
"""The server records task runs some time after they are over."""

FAST = {"settle_window_s": 0.2, "quiet_period_s": 0.4, "incomplete_limit_s": 0.6, "poll_s": 0.05}


def make_session(folder: Path, files: int, size: int) -> Path:
    """Write a session of plain files."""
    for number in range(files):
        path = folder / f"square_{number % 20:02d}" / f"image_{number:06d}.dat"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(size))
    return folder


def directly(facility: Facility, session: Path) -> None:
    """Do what ingest and archive do, by calling the library: describe, declare, write, verify, record."""
    found = recognise(session)
    pid = session_pid("bench", "direct", found.name)
    landing = facility.landing_folder(pid) / "data"
    people = {"owner": "o", "owner_group": "demo", "contact_email": "o@example.org"}
    files = bring_over(list_files(session), session, landing)
    with facility.catalog.client() as catalog:
        draft = dataset_draft(pid, found, instrument="direct", landing=landing, **people)
        catalog.register_dataset(draft, status=ArchiveStatus.FILES_NOT_YET_AVAILABLE)
        started_s = time.perf_counter()
        describe_session(landing)
        catalog.declare_files(pid, files)
        _write_all(catalog, facility, pid, landing)
    print(f"| the library, called directly | {time.perf_counter() - started_s:.1f} | |")


def _write_all(catalog: Catalog, facility: Facility, pid: str, landing: Path) -> None:
    dataset, store = catalog.dataset(pid), facility.archives[0].store()
    for block in slice_files(catalog.files(pid), target_bytes=facility.policy.datablock_target_bytes):
        files = list(catalog.files(pid, first=block.first_file, count=block.number_of_files))
        record = write_datablock(plan_block(pid, block, files, lead_members(dataset)), landing, [store]).record
        catalog.register_datablock(pid, record)
        catalog.record_copy(record.archive_id, verify_copy(store, record, files))


def by_flows(site: LocalSite, session: Path) -> None:
    """Run acquire untimed, then ingest and archive."""
    pid = acquire(session.as_posix())
    stages: list[tuple[str, Callable[[str], object]]] = [("ingest", ingest), ("archive", archive)]
    for name, stage in stages:
        started_s = time.perf_counter()
        stage(pid)
        taken_s = time.perf_counter() - started_s
        time.sleep(RECORDED_WITHIN_S)
        print(f"| the flow {name} | {taken_s:.1f} | {task_runs(site, f'{name} {pid}')} |")


def task_runs(site: LocalSite, run_name: str) -> int:
    """Count the task runs of a flow run, as the Prefect server recorded them."""
    with site.prefect() as client:
        wanted = FlowRunFilter(name=FlowRunFilterName(any_=[run_name]))
        return len(client.read_task_runs(flow_run_filter=wanted, limit=200))


def main(files: Annotated[int, typer.Option(help="Files of the large session.")] = 20_000) -> None:
    """Compare flows and library on few files and on many."""
    with tempfile.TemporaryDirectory() as folder, LocalSite(Path(folder), microscope=FAST, worker=False) as site:
        settings = {ps.PREFECT_API_URL: f"{site.prefect_url}/api", ps.PREFECT_HOME: site.state / "prefect"}
        with temporary_settings(settings):
            facility = Facility.named("default")
            for count, size in ((20, 2_000_000), (files, 2_000)):
                print(f"\n{count:,} files of {size:,} bytes\n\n| way | s | task runs |\n|---|---|---|")
                directly(facility, make_session(site.drop_folder / f"direct-{count}", count, size))
                by_flows(site, make_session(site.drop_folder / f"flows-{count}", count, size))


if __name__ == "__main__":
    typer.run(main)
