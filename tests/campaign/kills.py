"""Kill the worker at random instants of a dataset's life, again and again, and count what is lost: nothing may be.

`make campaign` runs this; SITE_KILLS and SEED choose how often and when. Not a part of `make test`.
"""

import os
import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments.local_site import LocalSite
from emdewar.acquisition.identity import session_pid
from tests.e2e.driving import replace_worker, start, status, until, wait

KILLS = int(os.environ.get("SITE_KILLS", "10"))
SEED = int(os.environ.get("SEED", "1"))
FILES, FILE_BYTES = 40, 2_000_000
LIFE_S = 14.0
"""How long acquire, ingest and archive of such a session take here: kills are drawn from this window."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSite]:
    """One site for the whole campaign."""
    with LocalSite(tmp_path_factory.mktemp("campaign")) as site:
        yield site


@pytest.mark.timeout(300)
@pytest.mark.parametrize("number", range(KILLS))
def test_a_session_survives_a_kill_at_a_random_instant(site: LocalSite, number: int) -> None:
    instant_s = random.Random(SEED * 1000 + number).uniform(0.5, LIFE_S)  # noqa: S311 - a fault, not a secret
    session = _write_session(site, f"session-{SEED}-{number}")
    pid = session_pid("demo", "sim-krios", session.name)

    started_s = time.monotonic()
    start(site, "acquire/on-drop", session=session.as_posix())
    while time.monotonic() - started_s < instant_s:
        _go_on(site, pid)
    replace_worker(site)

    wait(site, start(site, "acquire/on-drop", session=session.as_posix()))
    until(lambda: status(site, pid) != "filesNotYetAvailable")
    wait(site, start(site, "archive/dataset", pid=pid))
    wait(site, start(site, "retrieve/dataset", pid=pid, destination=str(site.state / "back" / session.name)))
    assert status(site, pid) == "datasetOnArchiveDisk"
    subprocess.run(["diff", "-r", session, site.state / "back" / session.name], check=True)
    assert not list((site.state / "archive").rglob("*.part"))


def _go_on(site: LocalSite, pid: str) -> None:
    """Start the archive as soon as it is due, as the sweep would."""
    time.sleep(0.1)
    with site.catalog() as catalog:
        due = catalog.datasets({"pid": pid, "datasetlifecycle.archiveStatusMessage": "datasetCreated"}, limit=1)
    if due:
        start(site, "archive-sweep/scheduled")
        time.sleep(1)


def _write_session(site: LocalSite, name: str) -> Path:
    session = site.drop_folder / name
    session.mkdir()
    for number in range(FILES):
        (session / f"movie_{number:03d}.bin").write_bytes(os.urandom(FILE_BYTES))
    return session
