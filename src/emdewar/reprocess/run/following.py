"""Follow a job to its end."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from emdewar.errors import UnavailableError
from emdewar.reprocess.run.endings import Ending, cancelled, timed_out
from emdewar.reprocess.run.exit_markers import ExitMarker, await_exit_marker, leave_exit_marker, read_exit_marker
from emdewar.reprocess.run.launcher import Ended, Handle, Launcher
from emdewar.reprocess.run.log_lines import JobLog
from emdewar.reprocess.run.memory import Attempt
from emdewar.reprocess.run.pipeline_file import Step

PATIENCE_S: Final = 600.0
"""How long a queue may give no answer before the run ends; its jobs go on."""

_LOOK_EVERY_S: Final = 0.1


class QueueSilentError(UnavailableError):
    """The queue gives no answer; the job is left alone and taken up again by the next run."""


@dataclass(frozen=True, slots=True)
class _Job:
    """What is known of a job while it runs."""

    step: Step
    handle: Handle
    started: datetime
    folder: Path

    def so_far(self, log: JobLog) -> Ending:
        """Say how it is now."""
        return Ending(self.step.name, self.folder, None, Ended(), tuple(log.last))


@dataclass
class _Asking:
    """Asks a launcher not more often than it wants."""

    launcher: Launcher
    handle: Handle
    _next_s: float = 0.0
    _silent_since_s: float | None = field(default=None)

    def ended(self) -> Ended | None:
        """Say how the job ended; None while it runs, and when it is too early to ask."""
        now_s = time.monotonic()
        if now_s < self._next_s:
            return None
        self._next_s = now_s + self.launcher.ask_every_s
        try:
            answer = self.launcher.ended(self.handle)
        except UnavailableError as error:
            self._silent_since_s = self._silent_since_s or now_s
            if now_s - self._silent_since_s > PATIENCE_S:
                msg = f"{error}; the job goes on: run again to follow it"
                raise QueueSilentError(msg) from error
            return None
        self._silent_since_s = None
        return answer


def follow(step: Step, attempt: Attempt, launcher: Launcher, log: JobLog, is_cancelled: Callable[[], bool]) -> Ending:
    """Pass on the words of a job until it ends, and see that it leaves an exit marker.

    Raises:
        RefusedError: It took too long.
        UnavailableError: It was stopped; or the queue gives no answer, in which case the job is left alone.
    """
    folder = log.folder
    if attempt.job is None:
        msg = f"step {step.name} in {folder} was never launched; run it again"
        raise UnavailableError(msg)
    job = _Job(step, attempt.job, attempt.started, folder)
    try:
        ended = _wait(job, launcher, log, is_cancelled)
        if launcher.runs_here:
            launcher.cancel(job.handle)
        marker = _marker(job, ended, launcher)
        log.finish()
    except QueueSilentError:
        raise
    except BaseException:
        launcher.cancel(job.handle)
        if read_exit_marker(folder) is None:
            leave_exit_marker(folder, ExitMarker.ABORTED)
        raise
    if marker is None or read_exit_marker(folder) is None:
        leave_exit_marker(folder, marker or ExitMarker.FAILURE)
    return Ending(step.name, folder, marker, ended, tuple(log.last))


def _wait(job: _Job, launcher: Launcher, log: JobLog, is_cancelled: Callable[[], bool]) -> Ended:
    asking = _Asking(launcher, job.handle)
    while (ended := asking.ended()) is None:
        log.read()
        if is_cancelled():
            raise cancelled(job.so_far(log))
        limit_min = job.step.timeout_min
        if limit_min is not None and (datetime.now(UTC) - job.started).total_seconds() > 60 * limit_min:
            raise timed_out(job.so_far(log), limit_min)
        time.sleep(min(_LOOK_EVERY_S, launcher.ask_every_s))
    return ended


def _marker(job: _Job, ended: Ended, launcher: Launcher) -> ExitMarker | None:
    """Read the marker, which may show late; of a program that leaves none, the exit code speaks."""
    if job.step.program is not None and not job.step.has_exit_marker:
        return read_exit_marker(job.folder) or (ExitMarker.SUCCESS if ended == Ended(0) else None)
    return await_exit_marker(job.folder, launcher.marker_wait_s)
