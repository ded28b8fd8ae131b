"""Retrievals from tape on a whole site: they wait without a worker, survive kills, and take in a second caller."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from deployments.local_site import LocalSite
from emdewar.lifecycle import JobType
from tests.e2e.driving import replace_worker, start, status, until, wait
from tests.flows.kept import draft, written

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PID, OTHER = "demo/on-tape", "demo/beside-it"
FILES, FILE_BYTES = 40, 1_000_000
LEAVES_DISK_AFTER_S = 15
TAPE = {"migrate_after_s": 0, "evict_after_s": LEAVES_DISK_AFTER_S, "mount_s": 12, "bytes_per_s": 20_000_000}
ONLY_TAPE_COUNTS = {"copies": [{"store": "archive-tape"}, {"store": "archive-disk", "required": False}]}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSite]:
    """A site whose worker takes one run at a time, with a dataset on tape and the disk out of service."""
    folder = tmp_path_factory.mktemp("site")
    with LocalSite(folder, tape=TAPE, policy=ONLY_TAPE_COUNTS, runs_at_once=1) as site:
        for pid in (PID, OTHER):
            _register(site, pid)
            wait(site, start(site, "archive/dataset", pid=pid))
            assert status(site, pid) == "datasetOnArchiveDisk"
        time.sleep(LEAVES_DISK_AFTER_S)
        (site.state / "archive").rename(site.state / "archive-out-of-service")
        yield site


def test_a_retrieval_from_tape_waits_without_a_worker_while_others_work_and_survives_a_kill(site: LocalSite) -> None:
    folder = site.state / "back"

    first = start(site, "retrieve/dataset", pid=PID, destination=str(folder))
    wait(site, first)
    second = start(site, "retrieve/dataset", pid=PID, destination=str(folder))
    wait(site, second)
    meanwhile = start(site, "archive/dataset", pid=OTHER, dry_run=True)
    wait(site, meanwhile)
    job = _open_job(site)
    until(lambda: any(folder.rglob("*.bin")), within_s=300)
    replace_worker(site)
    wait(site, start(site, "retrieve/dataset", pid=PID, destination=str(folder)))
    is_over = _open_job(site) is None

    assert [_state(site, run) for run in (first, second)] == ["WaitingForRecall", "WaitingForRecall"]
    assert is_over
    assert job is not None
    with site.catalog() as catalog:
        assert catalog.job(job).status_code == "finishedSuccessful"
    assert _content(folder) == _content(site.state / "landing" / "demo_on-tape" / "data")
    assert not [path for path in folder.rglob("*") if path.suffix == ".part"]


def _register(site: LocalSite, pid: str) -> None:
    """Register a dataset whose files lie in the landing zone, as an ingest leaves it."""
    source = site.state / "landing" / pid.replace("/", "_") / "data"
    files = [written(source, f"{number:03d}.bin", os.urandom(FILE_BYTES)) for number in range(FILES)]
    with site.catalog() as catalog:
        catalog.register_dataset(draft(pid, source))
        catalog.declare_files(pid, files)


def _open_job(site: LocalSite) -> str | None:
    with site.catalog() as catalog:
        job = catalog.find_open_job(JobType.RETRIEVE, PID)
    return job.id if job else None


def _state(site: LocalSite, run: UUID) -> str:
    with site.prefect() as client:
        state = client.read_flow_run(run).state
    return (state.name if state else None) or ""


def _content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*.bin")}
