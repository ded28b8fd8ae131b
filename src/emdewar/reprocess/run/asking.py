"""What a step asks RELION for: its options and inputs, checked before anything is made."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from emdewar.errors import MISSING_FILES, RefusedError
from emdewar.reprocess.run.job_file import option_text
from emdewar.reprocess.run.memory import FOLDER, RunMemory
from emdewar.reprocess.run.pipeline_file import Step
from emdewar.reprocess.run.pipeliner import SUBMITTED, Relion
from emdewar.reprocess.run.planning import input_parts
from emdewar.reprocess.run.reasons import PROGRAM_MISSING

_FROM_ELSEWHERE: Final = {
    "motioncorr": (("do_own_motioncor", "No", "fn_motioncor2_exe"),),
    "ctffind": (("use_gctf", "Yes", "fn_gctf_exe"), ("use_gctf", "No", "fn_ctffind_exe")),
    "localres": (("do_resmap_locres", "Yes", "fn_resmap"),),
}
"""Jobs that start programs of others: when this option has this value, that option names the program."""


def input_files(project: Path, step: Step, memory: RunMemory) -> dict[str, str]:
    """Find the files of earlier steps, relative to the project.

    Raises:
        RefusedError: One is not there.
    """
    return {option: _input_file(project, step, text, memory) for option, text in step.inputs.items()}


def _input_file(project: Path, step: Step, text: str, memory: RunMemory) -> str:
    earlier, pattern = input_parts(text)
    attempt = memory.last(earlier)
    if attempt is not None:
        folder = project / attempt.folder
        found = sorted(folder.glob(pattern)) if "*" in pattern else [folder / pattern]
        there = [path for path in found if path.is_file() and path.resolve().is_relative_to(project.resolve())]
        if there:
            return str(there[-1].relative_to(project))
    where = attempt.folder if attempt is not None else earlier
    msg = f"step {step.name} needs {pattern} of step {earlier}, which is not in {where}; look at what that step wrote"
    raise RefusedError(msg)


def template_name(step: Step) -> str:
    """Name the file of the step's submission template, relative to the project."""
    return f"{FOLDER}/submit-{step.name}.sh"


def job_options(step: Step, inputs: Mapping[str, str]) -> dict[str, str]:
    """Give the options of a RELION job; RELION is told to queue it, and we are the queue."""
    asked = {name: option_text(value) for name, value in step.parameters.items()} | dict(inputs)
    if step.threads is not None:
        asked["nr_threads"] = str(step.threads)
    if step.mpi is not None:
        asked["nr_mpi"] = str(step.mpi)
    return asked | {"do_queue": "Yes", "qsub": f"echo {SUBMITTED}", "qsubscript": template_name(step)}


def check_movies(project: Path, step: Step, options: Mapping[str, str]) -> None:
    """Make sure that an import finds something: RELION calls one of nothing a success.

    Raises:
        RefusedError: Nothing has such a name.
    """
    pattern = options.get("fn_in_raw", "")
    if step.job == "import" and options.get("do_raw") == "Yes" and not _is_found(project, pattern):
        msg = f"step {step.name} would import nothing: no file in {project} is called {pattern!r}; mend fn_in_raw"
        raise RefusedError(msg, reason=MISSING_FILES)


def _is_found(project: Path, pattern: str) -> bool:
    try:
        if pattern.startswith("/"):
            return next(Path("/").glob(pattern.lstrip("/")), None) is not None
        return next(project.glob(pattern), None) is not None
    except (ValueError, NotImplementedError):
        return False


def check_programs(step: Step, relion: Relion, options: Mapping[str, str]) -> None:
    """Make sure that the programs of others are there that a job starts.

    Raises:
        RefusedError: One is not.
    """
    for choice, value, option in _FROM_ELSEWHERE.get(str(step.job), ()):
        program = options.get(option, "")
        if options.get(choice, "No") == value and shutil.which(program, path=relion.environment()["PATH"]) is None:
            msg = f"step {step.name} needs the program {program!r}, which is not here; install it, or set {option}"
            raise RefusedError(msg, reason=PROGRAM_MISSING)
