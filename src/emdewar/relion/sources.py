"""Where a project's jobs are written down: its pipeline, forks of it, and folders of jobs that no pipeline names."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from emdewar.errors import INCOMPLETE_FILES, DewarError, RefusedError
from emdewar.lineage.model import JobState
from emdewar.relion.pipeline import Pipeline, Process, merge, read_pipeline
from emdewar.relion.star import read_star
from emdewar.relion.words import FOLDER_LABELS, job_label

DEFAULT: Final = "default_pipeline.star"
_OTHERS: Final = "*_pipeline.star"
_JOB_FOLDERS: Final = "job[0-9][0-9][0-9]*"
_OWN_PIPELINE: Final = "job_pipeline.star"
_OPTIONS: Final = "job.star"
_TRASH: Final = "Trash"


def is_relion_project(folder: Path) -> bool:
    """Tell whether a folder has a pipeline, or a folder of a job that RELION made."""
    return folder.is_dir() and (bool(_pipeline_files(folder)) or next(_job_folders(folder), None) is not None)


def read_sources(folder: Path) -> Pipeline:
    """Read all that a project says of its jobs.

    Raises:
        RefusedError: It is no project of RELION, or its only pipeline is none.
        UnavailableError: A file cannot be read now, or RELION is writing it.
    """
    if not folder.is_dir():
        raise RefusedError(f"{folder} is no folder; name the project's", reason=INCOMPLETE_FILES)
    files = _pipeline_files(folder)
    found = read_pipeline(files[0]) if files else Pipeline()
    for path in files[1:]:
        found.problems.append(f"{path.name} was read besides {files[0].name}")
        merge(found, read_pipeline(path))
    strays = [path for path in _job_folders(folder) if _id(folder, path) not in found.processes]
    if not files and not strays:
        msg = f"{folder} is no project of RELION: it has neither {DEFAULT} nor a folder of a job; name the project's"
        raise RefusedError(msg, reason=INCOMPLETE_FILES)
    for path in strays:
        _take_stray(found, folder, path)
    return found


def _pipeline_files(folder: Path) -> list[Path]:
    """Give the pipeline that RELION uses; where there is none, all others, as a fork has a name of its own."""
    default = folder / DEFAULT
    if default.is_file():
        return [default]
    return sorted(path for path in folder.glob(_OTHERS) if path.is_file())


def _job_folders(folder: Path) -> Iterator[Path]:
    """Find folders of jobs; neither in the trash nor behind a link, which is how raw data comes into a project."""
    tops = (top for top in sorted(folder.iterdir()) if top.name != _TRASH and not top.name.startswith("."))
    for top in tops:
        if top.is_dir() and not top.is_symlink():
            jobs = (path for path in sorted(top.glob(_JOB_FOLDERS)) if path.is_dir() and not path.is_symlink())
            yield from (path for path in jobs if (path / _OPTIONS).is_file() or (path / _OWN_PIPELINE).is_file())


def _take_stray(found: Pipeline, folder: Path, path: Path) -> None:
    id_ = _id(folder, path)
    found.problems.append(f"{id_} is a folder of a job that is in no pipeline")
    try:
        own = read_pipeline(path / _OWN_PIPELINE)
    except DewarError:
        own = Pipeline()
    if id_ in own.processes:
        own.processes = {id_: own.processes[id_]}
        merge(found, own)
    else:
        found.processes[id_] = _process_from_options(path, id_)


def _process_from_options(path: Path, id_: str) -> Process:
    try:
        job = read_star(path / _OPTIONS).block("job").pairs
    except DewarError:
        job = {}
    label = job.get("_rlnJobTypeLabel") or job_label(job.get("_rlnJobType", ""))
    label = label or FOLDER_LABELS.get(path.parent.name.lower())
    return Process(
        id=id_,
        kind=label or f"unknown type of {path.parent.name}",
        is_known=label is not None,
        alias=None,
        state=JobState.UNKNOWN,
    )


def _id(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()
