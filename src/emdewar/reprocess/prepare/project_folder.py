"""Writing a project: all of it or nothing, and never over anything that is there.

It is made beside its place and then renamed. Movies are links, so a project costs no space and its data stay where
they are; RELION and cryoSPARC never write into movies.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

from emdewar.errors import OBJECT_EXISTS, RefusedError, UnavailableError
from emdewar.paths import join_inside
from emdewar.reprocess.prepare.prepared import PREPARED, Prepared

_ABANDONED_S: Final = 86_400
"""Preparing takes minutes; a draft that is a day old is nobody's."""


def make_project(target: Path, prepared: Prepared, fill: Callable[[Path], None]) -> None:
    """Make a project, unless it is there already; whatever was processed in it since is left alone.

    Args:
        target: The project's folder.
        prepared: What it is to be; kept in it.
        fill: Writes all else into a draft of the folder.

    Raises:
        RefusedError: There is something else.
        UnavailableError: The disk cannot be written now.
    """
    if _is_there(target, prepared):
        return
    try:
        with _new_folder(target) as draft:
            fill(draft)
            write_text(draft, PREPARED, prepared.model_dump_json(indent=2) + "\n")
    except RefusedError:
        if not _is_there(target, prepared):
            raise


def _is_there(target: Path, prepared: Prepared) -> bool:
    if not os.path.lexists(target):
        return False
    with suppress(OSError, ValueError):
        if Prepared.model_validate_json((target / PREPARED).read_bytes()) == prepared:
            return True
        raise _taken(target, "another project was prepared there")
    if target.is_dir() and not any(target.iterdir()):
        return False
    raise _taken(target, "there is something else")


@contextmanager
def _new_folder(target: Path) -> Iterator[Path]:
    """Give a folder to write in, which becomes the project when all went well, and goes when it did not."""
    draft = target.with_name(f"{_draft_prefix(target)}{uuid4().hex}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _tidy(target)
        draft.mkdir()
        yield draft
        with suppress(FileNotFoundError):
            target.rmdir()
        draft.rename(target)
    except OSError as error:
        if os.path.lexists(target):
            raise _taken(target, "another run made it in the meantime") from error
        msg = f"cannot write the project {target} now: {error.strerror or error}; check the disk and try again"
        raise UnavailableError(msg) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def link_files(draft: Path, links: Mapping[str, Path]) -> None:
    """Link files into a project.

    Args:
        draft: The project.
        links: Where each file is, by its path in the project.
    """
    folders = {path.parent: path.parent.resolve() for path in links.values()}
    for folder in {join_inside(draft, name).parent for name in links}:
        folder.mkdir(parents=True, exist_ok=True)
    for name, path in links.items():
        join_inside(draft, name).symlink_to(folders[path.parent] / path.name)


def write_text(draft: Path, name: str, text: str) -> None:
    """Write a small file of a project."""
    path = join_inside(draft, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _draft_prefix(target: Path) -> str:
    return f".{target.name}.preparing."


def _tidy(target: Path) -> None:
    """Remove drafts of runs that were killed; a draft holds links and small files only."""
    for draft in target.parent.iterdir():
        if draft.name.startswith(_draft_prefix(target)) and time.time() - draft.lstat().st_mtime > _ABANDONED_S:
            shutil.rmtree(draft, ignore_errors=True)


def _taken(target: Path, why: str) -> RefusedError:
    return RefusedError(f"cannot prepare {target}: {why}; name a new folder", reason=OBJECT_EXISTS)
