"""Twenty thousand small files cost Prefect a handful of task runs, and us little memory."""

import os
import subprocess
import sys
import time
from pathlib import Path
from uuid import UUID

import pytest
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

from emdewar.lifecycle import ArchiveStatus
from flows.acquire import acquire
from tests.flows.scene import Scene

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
FILES = 20_000
MIB = 1024
INGEST_AND_ARCHIVE = """
import sys
from pathlib import Path
from flows.archive import archive
from flows.ingest import ingest
for flow in (ingest, archive):
    state = flow(sys.argv[1], return_state=True)
    state.result()
    print(state.state_details.flow_run_id)
# Not getrusage: its peak begins with that of the process that started this one.
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(peak.split()[1])
"""


def test_twenty_thousand_files_make_few_task_runs_and_little_memory(scene: Scene) -> None:
    for number in range(FILES):
        folder = scene.session / f"square_{number % 20:02d}"
        folder.mkdir(exist_ok=True)
        (folder / f"image_{number:05d}.dat").write_bytes(b"%d" % number * (number % 300))
    pid = acquire(scene.session.as_posix())

    done = subprocess.run(
        [sys.executable, "-c", INGEST_AND_ARCHIVE, pid],
        env={**os.environ, **scene.site.environment},
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )

    *runs, peak_kib = done.stdout.split()
    assert scene.dataset().datasetlifecycle.archive_status_message == ArchiveStatus.ON_ARCHIVE_DISK
    assert scene.dataset().number_of_files_archived == FILES
    assert 10 <= _task_runs(scene, [UUID(run) for run in runs]) < 60
    assert int(peak_kib) < 500 * MIB


def _task_runs(scene: Scene, runs: list[UUID]) -> int:
    """Count once nothing more is recorded for two seconds: the server records task runs some time after them."""
    wanted, last, count = FlowRunFilter(id=FlowRunFilterId(any_=runs)), -1, 0
    with scene.site.prefect() as client:
        while count != last:
            time.sleep(2)
            last, count = count, len(client.read_task_runs(flow_run_filter=wanted, limit=200))
    return count
