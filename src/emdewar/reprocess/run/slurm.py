"""Jobs in the queue of a cluster that runs Slurm."""

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from emdewar.errors import UnavailableError
from emdewar.reprocess.run.launcher import Ended, Handle

_KILLED: Final = frozenset(
    {
        "BOOT_FAIL",
        "CANCELLED",
        "DEADLINE",
        "NODE_FAIL",
        "OUT_OF_MEMORY",
        "PREEMPTED",
        "REVOKED",
        "TIMEOUT",
    }
)
_ENDED: Final = _KILLED | {"COMPLETED", "FAILED"}
_UNKNOWN_JOB: Final = "invalid job id"


@dataclass(frozen=True, slots=True)
class SlurmCommands:
    """The commands of the cluster, as lists of arguments; `{job}` and `{script}` are filled in.

    Attributes:
        submit: Prints the number of the job.
        queue: Prints the state of a job that waits or runs.
        account: Prints `STATE|code:signal` of a job that ended, where the cluster keeps accounts.
        cancel: Ends a job.
        limit_s: How long a command may take.
    """

    submit: tuple[str, ...] = ("sbatch", "--parsable", "{script}")
    queue: tuple[str, ...] = ("squeue", "--noheader", "--jobs={job}", "--format=%T")
    account: tuple[str, ...] | None = (
        "sacct",
        "--noheader",
        "--allocations",
        "--parsable2",
        "--jobs={job}",
        "--format=State,ExitCode",
    )
    cancel: tuple[str, ...] = ("scancel", "{job}")
    limit_s: float = 60.0


@dataclass(frozen=True, slots=True)
class SlurmLauncher:
    """Jobs in a queue.

    Attributes:
        template_file: The site's submission template, as RELION's own users have it: XXXcommandXXX, XXXmpinodesXXX,
            XXXthreadsXXX, XXXoutfileXXX, XXXerrfileXXX and RELION's other words.
        commands: The commands of the cluster.
        ask_every_s: How often the queue is asked for a job.
        marker_wait_s: How long files of a node may take to show here.
    """

    template_file: Path
    commands: SlurmCommands = field(default_factory=SlurmCommands)
    ask_every_s: float = 10.0
    marker_wait_s: float = 60.0

    @property
    def kind(self) -> str:
        """See `emdewar.reprocess.run.launcher.Launcher`."""
        return "slurm"

    @property
    def runs_here(self) -> bool:
        """See `emdewar.reprocess.run.launcher.Launcher`: the nodes may have other programs than this machine."""
        return False

    def template(self, mpi: int) -> str:  # noqa: ARG002 (the site's template knows how it starts MPI)
        """See `emdewar.reprocess.run.launcher.Launcher`.

        Raises:
            UnavailableError: The template cannot be read, or does not say where the command goes.
        """
        try:
            text = self.template_file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            msg = f"cannot read the submission template {self.template_file}: {error}; look at its path"
            raise UnavailableError(msg) from error
        if "XXXcommandXXX" not in text:
            msg = f"the submission template {self.template_file} has no XXXcommandXXX; write it where the command goes"
            raise UnavailableError(msg)
        return text

    def launch(self, project: Path, script: Path, folder: Path) -> Handle:  # noqa: ARG002 (the template names run.out)
        """See `emdewar.reprocess.run.launcher.Launcher`."""
        done = self._run(self.commands.submit, project, script=str(script))
        number = re.search(r"\d+", done.stdout)
        if done.returncode or number is None:
            msg = f"the queue did not take {script}: {_said(done)}; try its submit command by hand"
            raise UnavailableError(msg)
        return Handle(kind=self.kind, number=number[0])

    def ended(self, handle: Handle) -> Ended | None:
        """See `emdewar.reprocess.run.launcher.Launcher`."""
        done = self._run(self.commands.queue, job=handle.number)
        state = _state(done.stdout)
        if done.returncode and _UNKNOWN_JOB not in done.stderr.lower():
            msg = f"the queue does not say how job {handle.number} is: {_said(done)}"
            raise UnavailableError(msg)
        if not done.returncode and state and state not in _ENDED:
            return None
        return self._from_accounts(handle) or (_how(state, "") if state else Ended())

    def cancel(self, handle: Handle) -> None:
        """See `emdewar.reprocess.run.launcher.Launcher`."""
        done = self._run(self.commands.cancel, job=handle.number)
        if done.returncode and _UNKNOWN_JOB not in done.stderr.lower():
            msg = f"the queue did not end job {handle.number}: {_said(done)}; end it by hand"
            raise UnavailableError(msg)

    def _from_accounts(self, handle: Handle) -> Ended | None:
        """Ask the accounts, which may be switched off or some seconds late."""
        if self.commands.account is None:
            return None
        done = self._run(self.commands.account, job=handle.number)
        state = _state(done.stdout)
        if done.returncode or state not in _ENDED:
            return None
        return _how(state, done.stdout.strip().partition("|")[2])

    def _run(
        self, command: tuple[str, ...], folder: Path | None = None, **words: str
    ) -> subprocess.CompletedProcess[str]:
        filled = list(command)
        for word, value in words.items():
            filled = [part.replace(f"{{{word}}}", value) for part in filled]
        try:
            return subprocess.run(  # noqa: S603 (the site's own commands)
                filled,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=self.commands.limit_s,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            msg = f"cannot ask the queue with {filled[0]}: {error}; try it by hand"
            raise UnavailableError(msg) from error


def _state(output: str) -> str:
    """Give the first word: `CANCELLED by 1001`, `COMPLETED|0:0`."""
    found = re.match(r"\s*([A-Z_]+)", output)
    return found[1] if found else ""


def _how(state: str, exit_code: str) -> Ended:
    found = re.match(r"(\d+):(\d+)", exit_code)
    code = int(found[1]) if found else None
    if state in _KILLED:
        return Ended(code, f"Slurm, which says {state}")
    if found and int(found[2]):
        return Ended(code, f"signal {found[2]}")
    return Ended(0 if state == "COMPLETED" else code)


def _said(done: subprocess.CompletedProcess[str]) -> str:
    words = (done.stderr or done.stdout).strip().splitlines()
    return words[-1][:300] if words else f"exit code {done.returncode}"
