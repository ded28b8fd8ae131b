"""Run one step of a pipeline to its end."""

import shlex
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from emdewar.errors import DewarError, RefusedError
from emdewar.reprocess.run.asking import check_movies, check_programs, input_files, job_options, template_name
from emdewar.reprocess.run.endings import error_of
from emdewar.reprocess.run.exit_markers import ExitMarker, await_exit_marker, leave_exit_marker, read_exit_marker
from emdewar.reprocess.run.following import QueueSilentError, follow
from emdewar.reprocess.run.holding import hold_project
from emdewar.reprocess.run.job_types import JOB_TYPES
from emdewar.reprocess.run.launcher import Launcher, process_handle
from emdewar.reprocess.run.log_lines import JobLog
from emdewar.reprocess.run.memory import Attempt, RunMemory, run_memory
from emdewar.reprocess.run.pipeline_file import PipelineFile, Step
from emdewar.reprocess.run.pipeliner import Relion, add_job, rehearse_job, start_job
from emdewar.reprocess.run.planning import StepStatus, fingerprint, step_state
from emdewar.reprocess.run.program_step import make_folder, write_script
from emdewar.reprocess.run.watching import close_job
from emdewar.stores.state_file import StateFile
from emdewar.stores.system_errors import outside


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """A step that is done.

    Attributes:
        name: Of the step.
        folder: Its job folder, relative to the project.
        was_run: False when it was done before.
        duration_s: How long it took now.
        last_lines: Of its log.
    """

    name: str
    folder: str
    was_run: bool
    duration_s: float
    last_lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Run:
    """What the parts of a run share."""

    project: Path
    pipeline: PipelineFile
    step: Step
    launcher: Launcher
    relion: Relion
    memory: StateFile[RunMemory]
    watches: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def note(self, **changes: object) -> Attempt:
        """Write something down of the newest attempt."""
        with self.memory.change() as memory:
            attempts = memory.steps[self.step.name]
            attempts[-1] = attempts[-1].model_copy(update=changes)
            return attempts[-1]


def run_step(  # noqa: PLR0913 (what runs, where, and who listens)
    project: Path,
    pipeline: PipelineFile,
    name: str,
    launcher: Launcher,
    on_line: Callable[[str], None],
    *,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> StepOutcome:
    """Run a step, unless it is done; one that still runs since an earlier call is followed to its end.

    A step that went wrong is done again in a new folder. Any exception while it runs ends the job with all its
    processes before it leaves here.

    Args:
        project: The project's folder, made when it is not there.
        pipeline: The pipeline.
        name: Of the step.
        launcher: Where its job runs.
        on_line: Gets each line that the job writes.
        is_cancelled: Asked again and again; True stops the job.

    Raises:
        RefusedError: An earlier step is not done, something the step needs is not there, or the job failed.
        UnavailableError: Somebody else runs this project; or the job was killed, ran out of room or said nothing.
    """
    step = pipeline.step(name)
    begin = time.monotonic()
    with outside(f"make {project}"):
        project.mkdir(parents=True, exist_ok=True)
    run = _Run(
        project.resolve(), pipeline, step, launcher, Relion(pipeline.program_folder), run_memory(project, pipeline.name)
    )
    with hold_project(run.project):
        was_run = False
        last_lines: tuple[str, ...] = ()
        while (attempt := _take_up(run)) is not None:  # twice when one was followed that had been asked something else
            last_lines = _to_the_end(run, attempt, on_line, is_cancelled)
            was_run = True
        done = run.memory.read().last(name)
        folder = done.folder if done else ""
        return StepOutcome(name, folder, was_run, time.monotonic() - begin, last_lines)


def _take_up(run: _Run) -> Attempt | None:
    """Give the attempt to follow; None when the step is done."""
    memory = run.memory.read()
    for name in run.step.earlier_steps():
        earlier = step_state(run.project, memory, run.pipeline.step(name), run.launcher)
        if earlier.status is not StepStatus.DONE:
            msg = f"step {run.step.name} takes files of step {name}, which is {earlier.status}; run that one first"
            raise RefusedError(msg)
    attempt = memory.last(run.step.name)
    state = step_state(run.project, memory, run.step, run.launcher)
    if state.status is StepStatus.FAILED and attempt is not None and attempt.job is not None:
        await_exit_marker(run.project / attempt.folder, run.launcher.marker_wait_s)
        state = step_state(run.project, memory, run.step, run.launcher)
    if state.status is StepStatus.DONE:
        return None
    if state.status is StepStatus.RUNNING and attempt is not None:
        return attempt
    if attempt is not None and (run.project / attempt.folder).is_dir():
        _bury(run, attempt)
    return _begin(run, memory)


def _bury(run: _Run, attempt: Attempt) -> None:
    """Tell RELION of a job of ours that ended without a word, so that it does not stay a running one."""
    folder = run.project / attempt.folder
    if read_exit_marker(folder) is None:
        leave_exit_marker(folder, ExitMarker.ABORTED)
    close_job(run.relion, run.project, attempt.pipeliner)


def _begin(run: _Run, memory: RunMemory) -> Attempt:
    """Make the folder of the job, and launch it."""
    inputs = input_files(run.project, run.step, memory)
    template = run.launcher.template(run.step.mpi or 1)
    if run.launcher.runs_here and run.relion.folder:
        head, _, rest = template.partition("\n")
        template = f"{head}\nexport PATH={shlex.quote(run.relion.folder)}:$PATH\n{rest}"
    attempt = Attempt(folder="", made_of=fingerprint(run.step, memory), started=datetime.now(UTC))
    if run.step.job is None:
        return _begin_program(run, attempt, template, inputs)
    return _begin_job(run, attempt, template, inputs)


def _begin_program(run: _Run, attempt: Attempt, template: str, inputs: dict[str, str]) -> Attempt:
    folder = make_folder(run.project, run.step)
    _remember(run, attempt.model_copy(update={"folder": folder}))
    script = write_script(run.project, folder, run.step, template, inputs)
    handle = run.launcher.launch(run.project, script, run.project / folder)
    return run.note(job=handle)


def _begin_job(run: _Run, attempt: Attempt, template: str, inputs: dict[str, str]) -> Attempt:
    job = JOB_TYPES[str(run.step.job)]
    options = job_options(run.step, inputs)
    all_options = rehearse_job(run.relion, job, options, template)
    check_movies(run.project, run.step, all_options)
    if run.launcher.runs_here:
        check_programs(run.step, run.relion, all_options)
    with outside(f"write {run.project / template_name(run.step)}"):
        (run.project / template_name(run.step)).write_text(template, encoding="utf-8")
    folder = add_job(run.relion, run.project, job, options)
    _remember(run, attempt.model_copy(update={"folder": folder}))
    pipeliner = start_job(run.relion, run.project, folder)
    watch = process_handle(pipeliner)
    run.watches[watch.number] = pipeliner
    run.note(pipeliner=watch)
    script = run.project / folder / "run_submit.script"
    try:
        handle = run.launcher.launch(run.project, script, run.project / folder)
    except BaseException:
        leave_exit_marker(run.project / folder, ExitMarker.FAILURE)
        close_job(run.relion, run.project, watch, pipeliner)
        raise
    return run.note(job=handle)


def _remember(run: _Run, attempt: Attempt) -> None:
    with run.memory.change() as memory:
        memory.steps.setdefault(run.step.name, []).append(attempt)


def _to_the_end(
    run: _Run, attempt: Attempt, on_line: Callable[[str], None], is_cancelled: Callable[[], bool]
) -> tuple[str, ...]:
    """Follow the job; give its last lines."""
    folder = run.project / attempt.folder
    error: DewarError | None
    try:
        ending = follow(run.step, attempt, run.launcher, JobLog(folder, on_line), is_cancelled)
        error = error_of(ending)
    except QueueSilentError:
        raise
    except DewarError as raised:
        error = raised
    finally:
        if read_exit_marker(folder) is not None:
            number = attempt.pipeliner.number if attempt.pipeliner else ""
            close_job(run.relion, run.project, attempt.pipeliner, run.watches.get(number))
    if error is not None:
        run.note(why=str(error))
        raise error
    return ending.last_lines
