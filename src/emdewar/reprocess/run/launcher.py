"""Where a job runs: this machine, or the queue of a cluster."""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from pydantic import BaseModel, ConfigDict

from emdewar.errors import UnavailableError
from emdewar.reprocess.run.sessions import KINDNESS_S, birth_of, end_session, is_session_alive
from emdewar.stores.system_errors import outside

_SIGNALS_FROM: Final = 128
"""A shell says of a program that signal n ended: 128 + n."""


class Handle(BaseModel):
    """A job that was launched, for those who look for it later.

    Attributes:
        kind: Launcher that knows it.
        number: Process or job in the queue.
        birth: Tells a process from a later one of the same number.
        machine: Name of the machine of the process.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    number: str
    birth: str = ""
    machine: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a job ended, as far as those know who ran it.

    Attributes:
        code: Exit code; None when nobody knows.
        killed_by: What ended it from outside, in words; None when nothing did.
    """

    code: int | None = None
    killed_by: str | None = None


class Launcher(Protocol):
    """A place where jobs run."""

    @property
    def kind(self) -> str:
        """Word for the handles."""
        ...

    @property
    def runs_here(self) -> bool:
        """Whether the programs of this machine are those of the jobs."""
        ...

    @property
    def ask_every_s(self) -> float:
        """How often `ended` may be asked."""
        ...

    @property
    def marker_wait_s(self) -> float:
        """How long an exit marker may take to show here after the job ended."""
        ...

    def template(self, mpi: int) -> str:
        """Give the text of the submission template, with RELION's words as XXXcommandXXX."""
        ...

    def launch(self, project: Path, script: Path, folder: Path) -> Handle:
        """Start a filled template in the project; its words go to run.out and run.err of the folder.

        Raises:
            UnavailableError: It cannot be started.
        """
        ...

    def ended(self, handle: Handle) -> Ended | None:
        """Say how a job ended; None while it waits or runs.

        Raises:
            UnavailableError: Nobody can tell now.
        """
        ...

    def cancel(self, handle: Handle) -> None:
        """End a job with all that it started; nothing happens when it has ended.

        Raises:
            UnavailableError: It cannot be ended now.
        """
        ...


@dataclass
class LocalLauncher:
    """Jobs on this machine.

    Attributes:
        mpirun: Starts MPI programs; XXXmpinodesXXX stands for their number.
        kindness_s: How long a stopped job may take to end by itself.
    """

    mpirun: str = "mpirun -n XXXmpinodesXXX"
    kindness_s: float = KINDNESS_S
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict, init=False, repr=False)

    @property
    def kind(self) -> str:
        """See `Launcher`."""
        return "process"

    @property
    def runs_here(self) -> bool:
        """See `Launcher`."""
        return True

    @property
    def ask_every_s(self) -> float:
        """See `Launcher`."""
        return 0.05

    @property
    def marker_wait_s(self) -> float:
        """See `Launcher`."""
        return 0.5

    def template(self, mpi: int) -> str:
        """See `Launcher`; the first command that fails ends the job."""
        start = f"{self.mpirun} " if mpi > 1 else ""
        return f"#!/bin/bash\nset -e\n{start}XXXcommandXXX\n"

    def launch(self, project: Path, script: Path, folder: Path) -> Handle:
        """See `Launcher`."""
        with (
            outside(f"start {script}"),
            (folder / "run.out").open("ab") as out,
            (folder / "run.err").open("ab") as err,
        ):
            process = subprocess.Popen(  # noqa: S603 (the site's own template)
                ["/bin/bash", str(script)],
                cwd=project,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        handle = process_handle(process)
        self._running[handle.number] = process
        return handle

    def ended(self, handle: Handle) -> Ended | None:
        """See `Launcher`."""
        process = self._running.get(handle.number)
        if process is not None:
            code = process.poll()
            return None if code is None else _how(code)
        if handle.machine != os.uname().nodename:
            msg = f"process {handle.number} was started on {handle.machine}; go on there, or end it there first"
            raise UnavailableError(msg)
        return None if is_session_alive(int(handle.number), handle.birth) else Ended()

    def cancel(self, handle: Handle) -> None:
        """See `Launcher`."""
        process = self._running.get(handle.number)
        if process is not None or is_session_alive(int(handle.number), handle.birth):
            end_session(int(handle.number), kindness_s=self.kindness_s)
        if process is not None:
            process.wait()


def process_handle(process: subprocess.Popen[bytes]) -> Handle:
    """Give the handle of a process that leads a session."""
    machine = os.uname().nodename
    return Handle(kind="process", number=str(process.pid), birth=birth_of(process.pid) or "", machine=machine)


def _how(code: int) -> Ended:
    number = -code if code < 0 else code - _SIGNALS_FROM
    if 0 < number < 64:  # noqa: PLR2004 (the signals of Linux)
        return Ended(code, f"signal {number}")
    return Ended(code)
