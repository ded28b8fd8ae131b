"""What is done of a pipeline, and what is to do."""

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from emdewar.errors import UnavailableError
from emdewar.reprocess.run.exit_markers import ExitMarker, read_exit_marker
from emdewar.reprocess.run.launcher import Launcher, LocalLauncher
from emdewar.reprocess.run.memory import Attempt, RunMemory, run_memory
from emdewar.reprocess.run.pipeline_file import PipelineFile, Step


class StepStatus(StrEnum):
    """How far a step is."""

    DONE = "done"
    TO_DO = "to do"
    RUNNING = "running"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StepState:
    """A step and how far it is.

    Attributes:
        name: Of the step.
        status: How far it is; a failed one is done again in a new folder.
        folder: Its newest job folder, relative to the project; None when there is none.
        why: In words, where the status alone does not say it.
    """

    name: str
    status: StepStatus
    folder: str | None = None
    why: str | None = None


def plan(project: Path, pipeline: PipelineFile, launcher: Launcher | None = None) -> list[StepState]:
    """Say how far each step is, by the exit markers in its newest job folder.

    Args:
        project: The project's folder.
        pipeline: The pipeline.
        launcher: Where its jobs run; None for this machine.

    Raises:
        UnavailableError: The memory of the project cannot be read.
    """
    memory = run_memory(project, pipeline.name).read()
    place = launcher or LocalLauncher()
    return [step_state(project, memory, step, place) for step in pipeline.steps]


def step_state(project: Path, memory: RunMemory, step: Step, launcher: Launcher) -> StepState:
    """Say how far one step is."""
    attempt = memory.last(step.name)
    if attempt is None:
        return StepState(step.name, StepStatus.TO_DO)
    folder = project / attempt.folder
    if not folder.is_dir():
        return StepState(step.name, StepStatus.TO_DO, None, f"its folder {attempt.folder} is gone")
    marker = read_exit_marker(folder)
    if marker is None and (doubt := _is_running(attempt, launcher)) is not None:
        return StepState(step.name, StepStatus.RUNNING, attempt.folder, doubt or None)
    marker = read_exit_marker(folder)  # it may have ended since
    if attempt.made_of != fingerprint(step, memory):
        return StepState(step.name, StepStatus.TO_DO, attempt.folder, "it is asked for something else than it was then")
    if marker is ExitMarker.SUCCESS:
        return StepState(step.name, StepStatus.DONE, attempt.folder)
    why = attempt.why or ("it ended without an exit marker" if marker is None else f"it says {marker}")
    return StepState(step.name, StepStatus.FAILED, attempt.folder, why)


def _is_running(attempt: Attempt, launcher: Launcher) -> str | None:
    """Give None when it does not run, words when nobody can tell, nothing when it does."""
    if attempt.job is None:
        return None
    if attempt.job.kind != launcher.kind:
        return f"it was launched by {attempt.job.kind}, not by {launcher.kind}"
    try:
        return "" if launcher.ended(attempt.job) is None else None
    except UnavailableError as error:
        return str(error)


def fingerprint(step: Step, memory: RunMemory) -> str:
    """Say in one word what a step is asked to do, the folders of its inputs included.

    Threads, processes and limits leave the result as it is, and are left out.
    """
    asked = step.model_dump(mode="json", include={"job", "program", "arguments", "parameters", "inputs"})
    folders = {name: attempt.folder if (attempt := memory.last(name)) else None for name in step.earlier_steps()}
    text = json.dumps([asked, folders], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def input_parts(text: str) -> tuple[str, str]:
    """Part `motion/corrected_micrographs.star` into step and file."""
    step, *rest = PurePosixPath(text).parts
    return step, str(PurePosixPath(*rest))
