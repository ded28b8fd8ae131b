"""A project of RELION as a lineage. It is only read: neither its lock nor any file of it is ever touched."""

from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from stat import S_ISREG
from typing import Final

from emdewar.lineage.model import JobState, Lineage, LineageFile, LineageJob, is_project_path
from emdewar.oscem.findings import Finding, some_names
from emdewar.relion.edges import JobFiles, Paths, files_by_job
from emdewar.relion.job_folder import JobFolder, parameters_of, read_job_folder
from emdewar.relion.pipeline import Pipeline, Process
from emdewar.relion.programs import RELION, program_of
from emdewar.relion.sources import read_sources

_NO_CYCLE: Final = "jobs that come from other jobs, never from themselves"


def read_relion_project(folder: Path) -> Lineage:
    """Read a project.

    Args:
        folder: Where `default_pipeline.star` is, or a fork of it, or the folders of jobs.

    Raises:
        RefusedError: It is no project of RELION, or its pipeline is none.
        UnavailableError: A file cannot be read now, or RELION is writing it.
    """
    pipeline = read_sources(folder)
    _leave_out_foreign(pipeline)
    folders = {id_: read_job_folder(folder / id_) for id_ in pipeline.processes}
    aliases = {process.alias: id_ for id_, process in pipeline.processes.items() if process.alias}
    options = {id_: one.options for id_, one in folders.items()}
    files = files_by_job(folder, pipeline, options, Paths(folder, aliases))
    kinds = {path: kind for name, kind in pipeline.node_kinds.items() if (path := Paths(folder, aliases).file(name))}
    known = _files(folder, files, kinds)
    has_markers = any(one.state is not None for one in folders.values())
    jobs = tuple(
        _job(process, folders[id_], files[id_], known, has_markers=has_markers)
        for id_, process in pipeline.processes.items()
    )
    lineage = Lineage(program=RELION, root=str(folder), jobs=jobs, files=tuple(known.values()))
    findings = [_finding("a pipeline that holds together", problem, "pipeline") for problem in pipeline.problems]
    return lineage.model_copy(update={"findings": (*findings, *_cycles(lineage))})


def _leave_out_foreign(pipeline: Pipeline) -> None:
    """Leave out jobs whose folders would be outside the project."""
    foreign = [id_ for id_ in pipeline.processes if not is_project_path(id_)]
    for id_ in foreign:
        del pipeline.processes[id_]
        pipeline.problems.append(f"the job {id_} is outside the project")


def _files(folder: Path, jobs: Mapping[str, JobFiles], kinds: Mapping[str, str | None]) -> dict[str, LineageFile]:
    paths = (path for files in jobs.values() for path in (*files.inputs, *files.outputs))
    return {path: _file(folder, path, kinds.get(path)) for path in dict.fromkeys((*paths, *kinds))}


def _file(folder: Path, path: str, kind: str | None) -> LineageFile:
    try:
        status = (folder / path).stat()
    except (OSError, ValueError):
        return LineageFile(path=path, kind=kind, is_there=False)
    is_there = S_ISREG(status.st_mode)
    return LineageFile(path=path, kind=kind, is_there=is_there, size=status.st_size if is_there else None)


def _job(
    process: Process, folder: JobFolder, files: JobFiles, known: Mapping[str, LineageFile], *, has_markers: bool
) -> LineageJob:
    state = _state(process, folder)
    program = program_of(process.kind, folder.options)
    missing = [path for path in files.outputs if state is JobState.SUCCEEDED and not known[path].is_there]
    return LineageJob(
        id=process.id,
        kind=process.kind,
        program=program,
        version=folder.version if program == RELION else None,
        command=folder.commands,
        parameters=parameters_of(folder.options),
        inputs=tuple(files.inputs),
        outputs=tuple(files.outputs),
        alias=process.alias,
        state=state,
        started=folder.started,
        ended=None if folder.is_restarted else folder.ended,
        findings=(
            *_state_findings(process, folder, state, has_markers=has_markers),
            *_findings(process.id, "files that the pipeline says the job wrote", missing),
            *_findings(process.id, "paths inside the project", files.outside),
        ),
    )


def _state(process: Process, folder: JobFolder) -> JobState:
    """Believe the exit marker, but for a job that the pipeline has running and that was started after it."""
    is_again = folder.is_restarted and process.state is JobState.RUNNING
    return process.state if folder.state is None or is_again else folder.state


def _state_findings(process: Process, folder: JobFolder, state: JobState, *, has_markers: bool) -> list[Finding]:
    said: list[tuple[str, str]] = [("files of a job that can be read and agree", text) for text in folder.problems]
    if not process.is_known:
        said.append(("a type of job that RELION is known to have", process.kind))
    if not folder.is_there:
        said.append(("the folder of the job", "missing"))
    elif folder.state is None and process.state is JobState.RUNNING:
        said.append(("an exit marker", "none; it is running, or was killed"))
    elif folder.state is None and process.state is JobState.SUCCEEDED and has_markers:
        said.append(("an exit marker", "none; the pipeline says that it succeeded"))
    elif folder.state is not None and process.state not in {state, JobState.UNKNOWN}:
        said.append((f"{state}, as the exit marker says", f"{process.state} in the pipeline"))
    return [_finding(expectation, value, process.id) for expectation, value in said]


def _findings(source: str, expectation: str, names: Sequence[str]) -> list[Finding]:
    return [_finding(expectation, some_names(names), source)] if names else []


def _finding(expectation: str, value: str, source: str) -> Finding:
    return Finding(path="files", expectation=expectation, value=value, source=source)


def _cycles(lineage: Lineage) -> list[Finding]:
    """Take away jobs with nothing left to wait for; those that remain wait for each other."""
    waiting = {job.id: {parent.id for parent in lineage.parents(job)} for job in lineage.jobs}
    loops = {job.id for job in lineage.jobs if set(job.inputs) & set(job.outputs)}
    children = {job.id: [child.id for child in lineage.children(job)] for job in lineage.jobs}
    ready = deque(id_ for id_, parents in waiting.items() if not parents)
    while ready:
        done = ready.popleft()
        del waiting[done]
        for child in children[done]:
            waiting[child].discard(done)
            if not waiting[child]:
                ready.append(child)
    return _findings("pipeline", _NO_CYCLE, [job.id for job in lineage.jobs if job.id in waiting or job.id in loops])
