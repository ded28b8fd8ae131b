"""A worker that is killed at any instant leaves nothing that the next run cannot finish."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from deployments.local_site import LocalSite
from emdewar.acquisition.identity import session_pid
from emdewar.acquisition.journal import Journal
from emdewar.paths import safe_stem
from tests.e2e.driving import replace_worker, start, status, tars, until, verified, wait

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

FILES, FILE_BYTES = 60, 4_000_000


def test_a_killed_acquisition_and_a_killed_archive_are_finished_by_the_next_runs(site: LocalSite) -> None:
    session = _write_session(site)
    pid = session_pid("demo", "sim-krios", session.name)
    landing = site.state / "landing" / safe_stem(pid)

    start(site, "acquire/on-drop", session=session.as_posix())
    until(lambda: len(Journal(landing / "acquired.jsonl").read()) > FILES // 4)
    replace_worker(site)
    kept = _inodes(landing / "data", Journal(landing / "acquired.jsonl").read())
    wait(site, start(site, "acquire/on-drop", session=session.as_posix()))
    until(lambda: status(site, pid) == "datasetCreated")

    start(site, "archive/dataset", pid=pid)
    until(lambda: verified(site, pid) >= 3)
    replace_worker(site)
    proven = verified(site, pid)
    written = {tar: tar.stat().st_mtime_ns for tar in tars(site)[:proven]}
    wait(site, start(site, "archive/dataset", pid=pid))

    assert status(site, pid) == "datasetOnArchiveDisk"
    assert FILES // 4 < len(kept) < FILES
    assert kept.items() <= _inodes(landing / "data", Journal(landing / "acquired.jsonl").read()).items()
    assert written == {tar: tar.stat().st_mtime_ns for tar in written}
    assert 3 <= proven < len(tars(site))
    _assert_everything_is_in_the_tars_once(site, session)


def _write_session(site: LocalSite) -> Path:
    session = site.drop_folder / "killed"
    session.mkdir()
    for number in range(FILES):
        (session / f"movie_{number:03d}.bin").write_bytes(os.urandom(FILE_BYTES))
    return session


def _inodes(folder: Path, names: Any) -> dict[str, int]:  # noqa: ANN401 - any collection of names
    return {name: (folder / name).stat().st_ino for name in names}


def _assert_everything_is_in_the_tars_once(site: LocalSite, session: Path) -> None:
    listed = [
        line.split("/data/", 1)[1]
        for tar in tars(site)
        for line in subprocess.run(["tar", "-tf", tar], check=True, capture_output=True, text=True).stdout.splitlines()
        if "/data/movie" in line
    ]
    assert sorted(listed) == sorted(path.name for path in session.iterdir())
    assert not list((site.state / "archive").rglob("*.part"))
