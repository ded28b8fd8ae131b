"""Particles of a job's result: how many, from where they were seen, and of which class."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emdewar.cryosparc.columns import iterate_columns
from emdewar.cryosparc.header import read_header
from emdewar.cryosparc.job_document import JobDocument, Output
from emdewar.cryosparc.orientations import count_orientations
from emdewar.cryosparc.places import look_at, project_path
from emdewar.errors import RefusedError
from emdewar.lineage.model import ClassFigure, Orientations
from emdewar.oscem.findings import Finding

PARTICLE = "particle"
_POSE, _CLASS = "alignments3D/pose", "alignments2D/class"
_MOST_CLASSES = 10_000


@dataclass(frozen=True)
class Particles:
    """What is known of the particles of a result.

    Attributes:
        count: How many.
        orientations: From where they were seen.
        findings: What contradicts, or could not be read.
    """

    count: int | None = None
    orientations: Orientations | None = None
    findings: tuple[Finding, ...] = ()


def particle_output(document: JobDocument) -> Output | None:
    """Give the group of particles that a map is of: the one of that name, or the only one."""
    groups = document.outputs_of(PARTICLE)
    named = [group for group in groups if group.name == "particles"]
    return (named or groups)[0] if named or len(groups) == 1 else None


def read_particles(root: Path, output: Output) -> Particles:
    """Read what the files of a group tell, and compare it with what the job's document says.

    Raises:
        UnavailableError: A file cannot be read now.
    """
    path = _file_of(root, output, _POSE)
    if path is None:
        return Particles(output.items)
    try:
        rows = read_header(root / path).rows
        orientations = count_orientations(_column(root / path, _POSE))
    except RefusedError as error:
        return Particles(output.items, None, (_finding("a readable list of the particles", str(error), path),))
    differs = output.items not in {None, rows}
    findings = [_finding(f"{output.items} particles", f"{rows} rows", path)] if differs else []
    return Particles(rows if output.items is None else output.items, orientations, tuple(findings))


def count_classes_2d(root: Path, output: Output) -> tuple[ClassFigure, ...]:
    """Count the particles of each 2D class; nothing where the files do not tell.

    Raises:
        UnavailableError: A file cannot be read now.
    """
    path = _file_of(root, output, _CLASS)
    if path is None:
        return ()
    counts: Counter[int] = Counter()
    try:
        for piece in _column(root / path, _CLASS):
            if piece.dtype.kind not in "iu":
                return ()
            classes, numbers = np.unique(piece, return_counts=True)
            counts.update(dict(zip(classes.tolist(), numbers.tolist(), strict=True)))
    except RefusedError:
        return ()
    return class_figures([(str(name), count) for name, count in sorted(counts.items())[:_MOST_CLASSES]])


def class_figures(
    counts: Sequence[tuple[str, int]], resolutions: dict[str, float] | None = None
) -> tuple[ClassFigure, ...]:
    """Make the figures of classes from their names and numbers of particles."""
    total = sum(count for _, count in counts)
    return tuple(
        ClassFigure(
            name=name,
            particles=count,
            fraction=count / total if total else None,
            resolution_a=(resolutions or {}).get(name),
        )
        for name, count in counts
    )


def _file_of(root: Path, output: Output, column: str) -> str | None:
    name = column.partition("/")[0]
    text = next((file for result in output.results if result.name == name and (file := result.file())), None)
    path = project_path(text or "")
    return path if path and look_at(root, path).is_there else None


def _column(path: Path, name: str) -> Iterator[NDArray[Any]]:
    return (piece[name] for piece in iterate_columns(path, [name]))


def _finding(expectation: str, value: str, path: str) -> Finding:
    return Finding(path="processing.particles", expectation=expectation, value=value, source=path)
