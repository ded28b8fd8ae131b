"""A cryoSPARC project folder as a lineage: its jobs, their connections and files. Nothing there is ever written.

The connections of the jobs' inputs make the graph; `parents` is only a summary of them.
"""

import os
import re
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Literal

from emdewar.cryosparc.documents import as_text
from emdewar.cryosparc.job_document import JOB_FILE, JobDocument, job_document, read_job_document
from emdewar.cryosparc.job_files import read_files, source_findings, written_files
from emdewar.cryosparc.job_state import ended, started, state_of
from emdewar.cryosparc.places import look_at
from emdewar.cryosparc.project_document import PROJECT_FILE, read_project_document
from emdewar.errors import INCOMPLETE_FILES, RefusedError, UnavailableError
from emdewar.lineage.model import Lineage, LineageJob
from emdewar.oscem.findings import Finding, files_finding

PROGRAM: Literal["cryoSPARC"] = "cryoSPARC"

EXTERNAL_KINDS = frozenset({"snowflake", "external"})
"""Kinds of jobs whose work another program did, which the project does not name."""

_JOB_FOLDER = re.compile(r"J[0-9]{1,9}")
_NOT_READ = job_document({})


def is_cryosparc_project(folder: Path) -> bool:
    """Tell whether a folder is a cryoSPARC project: it has jobs as cryoSPARC names them, or its `project.json`."""
    return any((folder / job / JOB_FILE).is_file() for job in _job_folders(folder)) or (
        (folder / PROJECT_FILE).is_file() and (folder / "workspaces.json").is_file()
    )


def read_cryosparc_project(folder: Path) -> Lineage:
    """Read a project.

    Args:
        folder: The one with `project.json` and the folders `J1`, `J2`, ...

    Returns:
        Its lineage; jobs and files that are missing or unreadable are findings, not errors.

    Raises:
        RefusedError: It is no cryoSPARC project.
        UnavailableError: It cannot be read now.
    """
    if not is_cryosparc_project(folder):
        msg = f"{folder} is no cryoSPARC project: there is no J1/{JOB_FILE}; name the folder that has {PROJECT_FILE}"
        raise RefusedError(msg, reason=INCOMPLETE_FILES)
    documents, unread = _documents(folder)
    inputs = {
        job: tuple(dict.fromkeys(path for source in document.sources for path in read_files(source, documents)))
        for job, document in documents.items()
    }
    kinds: dict[str, str | None] = dict.fromkeys(path for paths in inputs.values() for path in paths)
    # What a job reads in another's folder was written there, even if that one's document does not tell.
    asked: dict[str, list[str]] = {}
    for path in kinds:
        asked.setdefault(path.split("/")[0], []).append(path)
    earlier: dict[str, str | None] = {}
    jobs = []
    for job, document in documents.items():
        written = written_files(folder, job, document)
        outputs = tuple(dict.fromkeys((*written.outputs, *asked.get(job, ()))))
        kinds |= written.outputs
        earlier |= written.earlier
        found = [*unread.get(job, []), *written.findings, *source_findings(job, document, documents)]
        jobs.append(_job(job, document, inputs[job], outputs, [*found, *_document_findings(job, document)]))
    named = [look_at(folder, path, kind) for path, kind in kinds.items()]
    cleared = (look_at(folder, path, kind) for path, kind in earlier.items() if path not in kinds)
    return Lineage(
        program=PROGRAM,
        root=str(folder),
        jobs=tuple(jobs),
        files=(*named, *(file for file in cleared if file.is_there)),
        findings=(
            *_project_findings(folder, documents),
            *_cycle_findings(inputs, jobs),
            *files_finding("files that the jobs name", [file.path for file in named if not file.is_there], "project"),
        ),
    )


def _job_folders(folder: Path) -> list[str]:
    """Names of the job folders in the order of their numbers; a link is not followed."""
    try:
        names = [entry.name for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise UnavailableError(f"cannot read {folder} now: {error.strerror}; check the share and try again") from error
    return sorted(filter(_JOB_FOLDER.fullmatch, names), key=lambda name: (int(name[1:]), name))


def _documents(folder: Path) -> tuple[dict[str, JobDocument], dict[str, list[Finding]]]:
    documents: dict[str, JobDocument] = {}
    unread: dict[str, list[Finding]] = {}
    for job in _job_folders(folder):
        try:
            documents[job] = read_job_document(folder, job)
        except RefusedError as error:
            documents[job] = _NOT_READ
            unread[job] = [_finding("a readable description of the job", str(error), f"{job}/{JOB_FILE}")]
    return documents, unread


def _job(
    job: str, document: JobDocument, inputs: tuple[str, ...], outputs: tuple[str, ...], findings: list[Finding]
) -> LineageJob:
    is_ours = document.kind not in EXTERNAL_KINDS and document is not _NOT_READ
    return LineageJob(
        id=job,
        kind=document.kind,
        program=PROGRAM if is_ours else None,
        version=document.version if is_ours else None,
        parameters=document.parameters,
        inputs=inputs,
        outputs=outputs,
        alias=document.title,
        state=state_of(document.raw),
        started=started(document.raw),
        ended=ended(document.raw),
        findings=tuple(findings),
    )


def _document_findings(job: str, document: JobDocument) -> list[Finding]:
    where = f"{job}/{JOB_FILE}"
    found = []
    if document.uid not in {None, job}:
        found.append(_finding(f"the description of {job}", f"of {document.uid}", where))
    if document.raw.get("deleted") is True:
        found.append(_finding("a job that is kept", "deleted in cryoSPARC", where))
    return found


def _project_findings(folder: Path, documents: Mapping[str, JobDocument]) -> list[Finding]:
    try:
        project = read_project_document(folder)
    except RefusedError as error:
        return [_finding("a readable description of the project", str(error), PROJECT_FILE)]
    strangers = {
        job: uid
        for job, document in documents.items()
        if project.uid and (uid := as_text(document.raw.get("project_uid"))) not in {None, project.uid}
    }
    return [
        _finding(f"jobs of {project.uid}", f"{job} is of {uid}", f"{job}/{JOB_FILE}") for job, uid in strangers.items()
    ]


def _cycle_findings(inputs: Mapping[str, tuple[str, ...]], jobs: list[LineageJob]) -> list[Finding]:
    writers = {path: job.id for job in jobs for path in job.outputs}
    parents = {job: {writers[path] for path in paths if path in writers} for job, paths in inputs.items()}
    try:
        TopologicalSorter(parents).prepare()
    except CycleError as error:
        return [_finding("no job that comes from itself", " → ".join(error.args[1]), "connections")]
    return []


def _finding(expectation: str, value: str, source: str) -> Finding:
    return Finding(path="files", expectation=expectation, value=value, source=source)
