"""RELION's own `relion_pipeliner`: makes job folders, writes commands, and keeps `default_pipeline.star`."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from emdewar.errors import BUSY, RefusedError, UnavailableError
from emdewar.reprocess.run.exit_markers import read_exit_marker
from emdewar.reprocess.run.job_file import job_file, read_options
from emdewar.reprocess.run.job_types import JobType
from emdewar.reprocess.run.memory import FOLDER
from emdewar.reprocess.run.reasons import PROGRAM_MISSING
from emdewar.reprocess.run.sessions import end_session
from emdewar.stores.system_errors import outside

PIPELINE: Final = "default_pipeline.star"
EMPTY_PIPELINE: Final = "\n# version 30001\n\ndata_pipeline_general\n\n_rlnPipeLineJobCounter    1\n\n"
"""Without it `relion_pipeliner` fails, and leaves its lock behind."""

SUBMITTED: Final = "emdewar-submitted"
"""What RELION runs in the place of a queue's command: the word comes back to us, with the path of the script."""

COMMAND_LIMIT_S: Final = 150.0
"""RELION itself waits two minutes for the lock of its project."""

LOCK_WAIT_S: Final = 30.0

_LOCK: Final = ".relion_lock"
_YES_OR_NO: Final = ("do_", "dont_", "is_", "use_")
_LABELS_SINCE: Final = 4
_PROCESS: Final = re.compile(r"^\s*([A-Za-z0-9]+/job\d+)/?\s", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Relion:
    """The programs of RELION on this machine.

    Attributes:
        folder: Where they are; None for PATH.
    """

    folder: str | None = None

    def program(self, name: str) -> str:
        """Find a program.

        Raises:
            RefusedError: It is not there.
        """
        found = shutil.which(name, path=self.environment()["PATH"])
        if found is None:
            where = self.folder or "PATH"
            msg = f"{name} is not in {where}; install RELION, or name its folder as program_folder in the pipeline file"
            raise RefusedError(msg, reason=PROGRAM_MISSING)
        return found

    def environment(self) -> dict[str, str]:
        """Give the environment of the programs: their folder comes first on PATH."""
        path = os.environ.get("PATH", os.defpath)
        return {**os.environ, "PATH": f"{self.folder}{os.pathsep}{path}" if self.folder else path}

    def has_labels(self) -> bool:
        """Tell whether this RELION writes the types of jobs as words, as 4 and later do."""
        done = self.run(["--version"], Path.cwd())
        found = re.search(r"(\d+)\.\d+", done.stdout + done.stderr)
        return found is not None and int(found[1]) >= _LABELS_SINCE

    def run(self, arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
        """Run `relion_pipeliner` to its end.

        Raises:
            UnavailableError: It cannot be run, or hangs.
            RefusedError: It is not there.
        """
        try:
            return subprocess.run(  # noqa: S603 (RELION's own program, found above)
                [self.program("relion_pipeliner"), *arguments],
                cwd=folder,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=COMMAND_LIMIT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            msg = f"relion_pipeliner in {folder} does not come to an end: {error}; try it by hand"
            raise UnavailableError(msg) from error


def rehearse_job(relion: Relion, job: JobType, options: Mapping[str, str], template: str) -> dict[str, str]:
    """Let RELION make a job in an empty project first, and give all its options with their defaults.

    A fault shows there and costs the real project nothing.

    Raises:
        RefusedError: RELION does not take an option or its value.
    """
    with TemporaryDirectory(prefix="emdewar-") as scratch:
        project = Path(scratch)
        with outside(f"write in {scratch}"):
            (project / FOLDER).mkdir()
            (project / options["qsubscript"]).write_text(template, encoding="utf-8")
        text = job_file(job, options, has_labels=relion.has_labels())
        folder = _add(relion, project, text)
        known = read_options(project / folder / "job.star")
    for name, value in options.items():
        if name not in known:
            words = ", ".join(sorted(known))
            msg = f"this RELION knows no option {name} of {job.folder}; it knows {words}"
            raise RefusedError(msg)
        if name.startswith(_YES_OR_NO) and value not in {"Yes", "No"}:
            msg = f"{name} of {job.folder} is yes or no, not {value!r}: RELION would take that for a no"
            raise RefusedError(msg)
        if not _is_same(known[name], value):
            msg = f"this RELION reads {value!r} for {name} of {job.folder} as {known[name]!r}; write another value"
            raise RefusedError(msg)
    return known


def add_job(relion: Relion, project: Path, job: JobType, options: Mapping[str, str]) -> str:
    """Make the folder of a job; gives it relative to the project, as `Import/job001`.

    Raises:
        UnavailableError: Somebody holds RELION's lock.
        RefusedError: RELION does not take the job.
    """
    wait_for_lock(project)
    return _add(relion, project, job_file(job, options, has_labels=relion.has_labels()))


def _add(relion: Relion, project: Path, text: str) -> str:
    note = project / FOLDER / "job.star"
    with outside(f"write {note}"):
        note.parent.mkdir(exist_ok=True)
        note.write_text(text, encoding="utf-8")
        with suppress(FileExistsError), (project / PIPELINE).open("x", encoding="ascii") as file:
            file.write(EMPTY_PIPELINE)
    before = _jobs(project)
    done = relion.run(["--addJobFromStar", str(note.relative_to(project))], project)
    added = [name for name in _jobs(project) if name not in before]
    if done.returncode or len(added) != 1:
        msg = f"RELION does not take the job: {_fault(done.stdout + done.stderr)}; mend the step"
        raise RefusedError(msg)
    return added[0]


def start_job(relion: Relion, project: Path, folder: str) -> subprocess.Popen[bytes]:
    """Let RELION write the command and the script of a job, and watch it; the job itself is ours to launch.

    Returns:
        The watching program, in a session of its own; it ends when the job leaves its exit marker.

    Raises:
        UnavailableError: RELION does not come to the point.
        RefusedError: RELION does not run the job.
    """
    wait_for_lock(project)
    command = [relion.program("relion_pipeliner"), "--RunJobs", f"{folder}/", "--schedule", "emdewar"]
    words = project / FOLDER / "pipeliner.out"
    with outside(f"start {command[0]}"), words.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 (RELION's own program)
            [*command, "--sec_wait_after", "0"],
            cwd=project,
            env=relion.environment(),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        _wait_until_submitted(process, project / folder, words)
    except BaseException:
        end_session(process.pid)
        process.wait()
        raise
    return process


def _wait_until_submitted(process: subprocess.Popen[bytes], folder: Path, words: Path) -> None:
    deadline = time.monotonic() + COMMAND_LIMIT_S
    while SUBMITTED not in (said := words.read_text(encoding="utf-8", errors="replace")):
        if process.poll() is not None or read_exit_marker(folder):
            msg = f"RELION does not run {folder}: {_fault(said)}; look at run.err there"
            raise RefusedError(msg)
        if time.monotonic() > deadline:
            msg = f"RELION does not start {folder}; try relion_pipeliner --RunJobs by hand"
            raise UnavailableError(msg)
        time.sleep(0.02)


def wait_for_lock(project: Path, limit_s: float = LOCK_WAIT_S) -> None:
    """Wait until nobody writes the project's pipeline.

    Raises:
        UnavailableError: The lock stays; it is never removed from here.
    """
    deadline = time.monotonic() + limit_s
    while (project / _LOCK).exists():
        if time.monotonic() > deadline:
            msg = (
                f"RELION's own lock {project / _LOCK} stays; close other RELION windows on this project, "
                "and when none is open, remove that folder by hand"
            )
            raise UnavailableError(msg, reason=BUSY)
        time.sleep(0.1)


def _jobs(project: Path) -> list[str]:
    with outside(f"read {project / PIPELINE}"):
        text = (project / PIPELINE).read_text(encoding="utf-8", errors="replace")
    _, _, rest = text.partition("data_pipeline_processes")
    table, _, _ = rest.partition("\ndata_")
    return _PROCESS.findall(table)


def _is_same(kept: str, given: str) -> bool:
    if kept == given:
        return True
    try:
        return float(kept) == float(given)
    except ValueError:
        return False


def _fault(output: str) -> str:
    """Give the line that says it; RELION writes a backtrace around it."""
    lines = [line.strip() for line in output.splitlines()]
    for number, line in enumerate(lines):
        if line == "ERROR:" and number + 1 < len(lines) and lines[number + 1]:
            return lines[number + 1].removeprefix("ERROR:").strip()[:300]
    return next((line[:300] for line in reversed(lines) if line), "it says nothing")
