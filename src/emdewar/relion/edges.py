"""Which files a job read and wrote, by paths as the model wants them: of aliases, half maps and paths that leave."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from emdewar.errors import DewarError
from emdewar.lineage.model import is_project_path
from emdewar.relion.pipeline import Pipeline
from emdewar.relion.star import read_star

_HALF: Final = re.compile(r"^(?P<start>.*half)1(?P<end>[^/]*\.mrc)$")
_IMPORTED: Final = ("fn_in_raw", "fn_in_other", "fn_in")
_PATTERN: Final = re.compile(r"[*?\[\]{},]")
_OUTPUT_NODES: Final = "RELION_OUTPUT_NODES.star"
_NODE: Final = "_rlnPipeLineNodeName"


@dataclass
class JobFiles:
    """The files of one job.

    Attributes:
        inputs: Paths, in order.
        outputs: Paths, in order.
        outside: Paths that leave the project.
    """

    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)


class Paths:
    """How a project names its files."""

    def __init__(self, folder: Path, aliases: Mapping[str, str]) -> None:
        """Keep the aliases.

        Args:
            folder: The project.
            aliases: Ids of jobs by their aliases.
        """
        self._root = f"{folder.as_posix().rstrip('/')}/"
        self._aliases = aliases

    def job(self, name: str) -> str:
        """Give the id of a job, which may be named by its alias."""
        return self._aliases.get(name, name)

    def file(self, name: str) -> str | None:
        """Give a path in the project, or None for one that leaves it."""
        parts = [part for part in name.removeprefix(self._root).split("/") if part != "."]
        path = "/".join(part for at, part in enumerate(parts) if part or at == 0)
        for depth in range(path.count("/"), 0, -1):
            start = "/".join(path.split("/")[:depth])
            if start in self._aliases:
                path = self._aliases[start] + path[len(start) :]
                break
        return path if is_project_path(path) else None


def files_by_job(
    folder: Path, pipeline: Pipeline, options: Mapping[str, Mapping[str, str]], paths: Paths
) -> dict[str, JobFiles]:
    """Collect the files of every job of a pipeline.

    Args:
        folder: The project.
        pipeline: Its jobs and edges; an edge of a job that it does not have becomes a problem of it.
        options: What each job was told, by its id.
        paths: How the project names its files.
    """
    found = {id_: JobFiles() for id_ in pipeline.processes}
    unknown: list[str] = []
    for name, job in pipeline.inputs:
        if (files := found.get(paths.job(job))) is None:
            unknown.append(job)
        else:
            _add(files.inputs, files, [name], paths)
    for job, name in pipeline.outputs:
        if (files := found.get(paths.job(job))) is None:
            unknown.append(job)
        else:
            _add(files.outputs, files, [name], paths)
    pipeline.problems += [
        f"the pipeline joins files to {job}, which it does not have" for job in dict.fromkeys(unknown)
    ]
    for id_, files in found.items():
        _add(files.outputs, files, _announced(folder / id_ / _OUTPUT_NODES), paths)
        if pipeline.processes[id_].kind.startswith("relion.import"):
            _add(files.inputs, files, _imported(options[id_]), paths)
        files.outputs = _with_other_halves(folder, files.outputs)
        files.inputs = _with_other_halves(folder, files.inputs)
    return found


def other_half(path: str) -> str | None:
    """Give the second half map of a first one; RELION records the first only."""
    match = _HALF.match(path)
    return f"{match['start']}2{match['end']}" if match else None


def _add(into: list[str], files: JobFiles, names: Iterable[str], paths: Paths) -> None:
    for name in names:
        path = paths.file(name)
        if path is None:
            files.outside.append(name)
        elif path not in into:
            into.append(path)


def _imported(options: Mapping[str, str]) -> list[str]:
    """Give what an import was told to read where that is one file; a pattern names many, which may be gone."""
    is_raw = options.get("do_raw")
    skipped = {"Yes": {"fn_in_other"}, "No": {"fn_in_raw"}}.get(is_raw or "", set())
    names = (options.get(name, "") for name in _IMPORTED if name not in skipped)
    return [name for name in names if name and name != "None" and not _PATTERN.search(name)]


def _announced(path: Path) -> list[str]:
    """Read what a job says itself that it wrote."""
    if not path.is_file():
        return []
    try:
        rows = list(read_star(path).block("output_nodes").records())
    except DewarError:
        return []
    return [row[_NODE] for row in rows if row.get(_NODE)]


def _with_other_halves(folder: Path, paths: list[str]) -> list[str]:
    found: list[str] = []
    for path in paths:
        found.append(path)
        half = other_half(path)
        if half is not None and half not in paths and (folder / half).is_file():
            found.append(half)
    return found
