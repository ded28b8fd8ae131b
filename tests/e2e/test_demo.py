"""The demonstration, as a stranger runs it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def _demo(*arguments: str, tmp: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "deployments.demo", *arguments],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def test_the_demonstration_ends_well_and_leaves_nothing_behind(tmp_path: Path) -> None:
    demo = _demo("--exit", "--movies", "4", tmp=tmp_path)

    output, _ = demo.communicate(timeout=300)

    assert demo.returncode == 0, output
    assert "datasetOnArchiveDisk" in output
    assert list(tmp_path.iterdir()) == []


def test_a_real_session_folder_is_only_read(tmp_path: Path, samples: Path) -> None:
    session = tmp_path / "drop" / "session50"
    shutil.copytree(samples / "epu" / "openem_merger_session50", session)
    before = _seen(session)
    demo = _demo("--exit", "--session", str(session), tmp=tmp_path)

    output, _ = demo.communicate(timeout=300)

    assert demo.returncode == 0, output
    assert _seen(session) == before
    assert "Every file that came back equals" in output


def test_an_interrupted_demonstration_ends_its_servers(tmp_path: Path) -> None:
    demo = _demo("--movies", "4", tmp=tmp_path)
    while not list(tmp_path.rglob("catalog.log")):
        time.sleep(0.2)
    time.sleep(5)

    demo.send_signal(signal.SIGINT)
    output, _ = demo.communicate(timeout=60)

    assert "all servers are down" in output
    assert list(tmp_path.iterdir()) == []
    assert str(tmp_path) not in subprocess.run(["ps", "axe"], capture_output=True, text=True, check=True).stdout


def test_a_session_folder_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    demo = _demo("--exit", "--session", "/no/such/folder", tmp=tmp_path)

    output, _ = demo.communicate(timeout=60)

    assert demo.returncode == 1
    assert "no session folder at /no/such/folder" in output


def _seen(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Note times and contents, so that any write would show."""
    found = [folder, *folder.rglob("*")]
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"") for path in found}
