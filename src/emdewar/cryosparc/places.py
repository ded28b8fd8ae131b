"""Where the paths in cryoSPARC's documents lead: inside the project, or nowhere."""

import posixpath
from pathlib import Path

from emdewar.lineage.model import LineageFile, is_project_path
from emdewar.paths import resolves_inside


def project_path(text: str, folder: str = "") -> str | None:
    """Turn a path of a document into one relative to the project, or None where it leaves the project.

    Args:
        text: As cryoSPARC writes it; with `>` before it, it is relative to the file that it was found in.
        folder: The folder of that file, relative to the project.
    """
    if not text or "\0" in text or "\\" in text:
        return None
    joined = posixpath.join(folder, text[1:]) if text.startswith(">") else text
    path = posixpath.normpath(joined)
    return path if is_project_path(path) else None


def look_at(root: Path, path: str, kind: str | None = None) -> LineageFile:
    """Look whether a file of a project is there: a plain file that no link leads out of the project."""
    place = root / path
    try:
        is_there = place.is_file() and resolves_inside(root, place)
        size = place.stat().st_size if is_there else None
    except (OSError, ValueError):
        is_there, size = False, None
    return LineageFile(path=path, kind=kind, is_there=is_there, size=size)
