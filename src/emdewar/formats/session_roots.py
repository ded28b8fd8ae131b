"""How many sessions a folder holds: a dataset is one session, and a mistaken folder must not pass as one."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from emdewar.errors import RefusedError
from emdewar.formats.epu_session import read_session_dm
from emdewar.formats.session_files import SessionFiles
from emdewar.formats.tomo5 import read_session_plan

EPU, TOMOGRAPHY = "EPU", "Tomography"
_EPU_FOLDER = re.compile(r"Supervisor_\d{8}_\d{6}.*")


@dataclass(frozen=True)
class SessionRoot:
    """A session within a folder.

    Attributes:
        program: `EPU` or `Tomography`.
        name: Name that its plan gives it, else that of its folder.
        folder: Where it lies.
    """

    program: str
    name: str
    folder: Path


def session_roots(files: SessionFiles) -> tuple[SessionRoot, ...]:
    """Give the distinct sessions in a folder, by their plans, and by EPU's folder names where a plan is missing.

    Two copies of one plan, as in a tree that was merged from two volumes, are one session; so is a plan that lies
    within the folder of another (Tomography writes one for each grid).

    Raises:
        UnavailableError: A plan cannot be read now.
    """
    found = [*_planned(files), *_of_epu_folders(files)]
    distinct: dict[tuple[str, str], SessionRoot] = {}
    for root in found:
        distinct.setdefault((root.program, root.name), root)
    return tuple(distinct.values())


def _planned(files: SessionFiles) -> Iterator[SessionRoot]:
    for path in files.session_plans:
        yield SessionRoot(EPU, _name(path, lambda plan: read_session_dm(plan).name), path.parent)
    outermost: list[Path] = []
    for path in sorted(files.tomography_plans, key=lambda plan: len(plan.parts)):
        if not any(path.is_relative_to(folder) for folder in outermost):
            outermost.append(path.parent)
            yield SessionRoot(TOMOGRAPHY, _name(path, lambda plan: read_session_plan(plan).name), path.parent)


def _of_epu_folders(files: SessionFiles) -> Iterator[SessionRoot]:
    """Movies below a folder of EPU that holds no plan, and shares its name with none that does."""
    planned = {path.parent.name for path in files.session_plans}
    seen: set[Path] = set()
    for path in files.movie_xml.values():
        folder = path.parent
        if folder in seen:
            continue
        seen.add(folder)
        named = (parent for parent in (folder, *folder.parents) if _EPU_FOLDER.fullmatch(parent.name))
        root = next((parent for parent in named if parent.is_relative_to(files.folder)), None)
        if root is not None and root.name not in planned and not _has_plan_above(files, folder):
            yield SessionRoot(EPU, root.name, root)


def _has_plan_above(files: SessionFiles, folder: Path) -> bool:
    return any(folder.is_relative_to(plan.parent) for plan in files.session_plans)


def _name(path: Path, read: Callable[[Path], str | None]) -> str:
    """Read the name of a session; a plan that cannot be understood is a session still."""
    try:
        return read(path) or path.parent.name
    except RefusedError:
        return path.parent.name
