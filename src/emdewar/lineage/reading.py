"""A project of RELION or cryoSPARC: which it is, its lineage and the figures of its result; it is only read."""

import re
from pathlib import Path
from typing import Final, Literal

from emdewar.cryosparc.figures import figures_of as cryosparc_figures_of
from emdewar.cryosparc.project import is_cryosparc_project, read_cryosparc_project
from emdewar.errors import RefusedError, UnavailableError
from emdewar.lineage.model import Figures, Lineage
from emdewar.relion.figures import figures_of as relion_figures_of
from emdewar.relion.project import read_relion_project
from emdewar.relion.sources import is_relion_project

Program = Literal["RELION", "cryoSPARC"]

_PIPELINE: Final = "default_pipeline.star"
_RELION_JOB: Final = re.compile(r"job\d{3,}")
"""Name of a job's folder; RELION copies its pipeline into each."""

_CRYOSPARC_FILES: Final = ("project.json", "workspaces.json")


def read_project(folder: Path) -> Lineage:
    """Read the project in a folder.

    Raises:
        RefusedError: It is a project of neither program, or of both.
        UnavailableError: It cannot be read now.
    """
    read = {"RELION": read_relion_project, "cryoSPARC": read_cryosparc_project}
    return read[program_of(folder)](folder)


def figures_of(lineage: Lineage, folder: Path) -> Figures:
    """Read what a depositor needs to know of a project's result."""
    read = {"RELION": relion_figures_of, "cryoSPARC": cryosparc_figures_of}
    return read[lineage.program](lineage, folder)


def program_of(folder: Path) -> Program:
    """Tell whose project a folder holds, by the files that only one of them writes.

    Raises:
        RefusedError: It is a project of neither program, or of both.
        UnavailableError: The folder cannot be read now.
    """
    _check_folder(folder)
    if _RELION_JOB.fullmatch(folder.absolute().name) and (hint := _hint(folder)):
        raise RefusedError(f"{folder} is the folder of a job, not of a project{hint}")
    is_relion, is_cryosparc = is_relion_project(folder), is_cryosparc_project(folder)
    if is_relion and is_cryosparc:
        raise RefusedError(f"{folder} holds files of RELION and of cryoSPARC; give the folder of one project")
    if is_relion:
        return "RELION"
    if is_cryosparc:
        return "cryoSPARC"
    raise RefusedError(f"{folder} is no project: it has neither {_PIPELINE} nor project.json{_hint(folder)}")


def _check_folder(folder: Path) -> None:
    try:
        next(folder.iterdir(), None)
    except NotADirectoryError as error:
        raise RefusedError(f"{folder} is no folder; give the folder of a RELION or cryoSPARC project") from error
    except OSError as error:
        raise UnavailableError(f"cannot read {folder}: {error.strerror}") from error


def _hint(folder: Path) -> str:
    """Name the project that a folder is inside of, as when a job's folder was given."""
    for above in folder.absolute().parents[:2]:
        if any((above / name).is_file() for name in (_PIPELINE, *_CRYOSPARC_FILES)):
            return f"; {above} is one"
    return ""
