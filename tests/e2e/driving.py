"""Drive a running site from a test: start runs, wait for them, kill their worker, ask the catalog."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from deployments.local_site import LocalSite
from deployments.processes import descendants


def start(site: LocalSite, deployment: str, **parameters: Any) -> UUID:  # noqa: ANN401 - flow parameters
    """Start a run of a deployment; gives its id."""
    with site.prefect() as client:
        found = client.read_deployment_by_name(deployment)
        return client.create_flow_run_from_deployment(found.id, parameters=parameters).id


def wait(site: LocalSite, run: UUID) -> None:
    """Wait until a run is over, and demand that it ended well."""
    with site.prefect() as client:

        def is_over() -> bool:
            state = client.read_flow_run(run).state
            return bool(state and state.is_final())

        until(is_over)
        state = client.read_flow_run(run).state
        assert state is not None
        assert state.is_completed(), state.message


def until(condition: Callable[[], bool], *, within_s: float = 180) -> None:
    """Wait until something comes true."""
    deadline_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline_s, "the condition did not come true in time"
        time.sleep(0.02)


def replace_worker(site: LocalSite) -> None:
    """Kill the worker and all its flow runs as a power cut would, then start another."""
    assert site.worker is not None
    victims = descendants(site.worker.pid)
    assert victims, "no flow run was alive to be killed"
    site.worker.kill()
    until(lambda: not [pid for pid in victims if Path(f"/proc/{pid}/cmdline").exists()])
    site.start_worker()


def status(site: LocalSite, pid: str) -> str:
    """Ask the catalog for the archive status."""
    with site.catalog() as catalog:
        return catalog.dataset(pid).datasetlifecycle.archive_status_message


def verified(site: LocalSite, pid: str) -> int:
    """Count the verified copies on record."""
    with site.catalog() as catalog:
        return sum(len(block.copies) for block in catalog.datablocks(pid))


def tars(site: LocalSite) -> list[Path]:
    """List the datablocks that are visible in the archive."""
    return sorted((site.state / "archive").rglob("*.tar"))
