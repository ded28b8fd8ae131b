"""Ask for files, and go on with what is waited for, as people, the schedule and a worker do."""

import time
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.client.schemas.objects import FlowRun

from emdewar.stores.store import Locality
from flows.recall_sweep import recall_sweep
from flows.retrieve import retrieve
from tests.flows.kept import TAPE, Kept


def ask(kept: Kept, folder: Path | str, *patterns: str) -> str | None:
    """Retrieve; gives the name of the run's state.

    Raises:
        DewarError: The run failed.
    """
    state = retrieve(kept.pid, list(patterns), destination=str(folder), facility=kept.name, return_state=True)
    state.result()
    return state.name


def until_online(kept: Kept) -> None:
    """Wait until the library has brought what it was asked for."""
    deadline_s = time.monotonic() + 30
    while Locality.RECALLING in kept.locality(TAPE):
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def go_on(kept: Kept, **patience: Any) -> list[FlowRun]:  # noqa: ANN401 - parameters of the sweep
    """Sweep, and do what a worker would do with the runs that it started."""
    started = recall_sweep(facility=kept.name, **patience)
    with kept.scene.site.prefect() as client:
        runs = [client.read_flow_run(UUID(run)) for run in started]
    ours = [run for run in runs if run.parameters["pid"] == kept.pid]
    for run in ours:
        retrieve(**run.parameters)
    return ours


def back(folder: Path) -> dict[str, bytes]:
    """Read what is in a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
