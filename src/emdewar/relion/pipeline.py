"""Pipelines of RELION: which jobs there are and which files join them.

Versions differ in their columns, not in what they call themselves: RELION 4 writes the format number of 3.1. Which
columns are there decides, as in RELION itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from emdewar.errors import RefusedError, UnavailableError
from emdewar.lineage.model import JobState
from emdewar.relion.star import Star, read_star
from emdewar.relion.star_comments import read_comments
from emdewar.relion.words import job_label, node_label, state_of

_NAME, _ALIAS = "_rlnPipeLineProcessName", "_rlnPipeLineProcessAlias"
_TYPE, _TYPE_LABEL = "_rlnPipeLineProcessType", "_rlnPipeLineProcessTypeLabel"
_STATUS, _STATUS_LABEL = "_rlnPipeLineProcessStatus", "_rlnPipeLineProcessStatusLabel"
_NODE, _NODE_TYPE, _NODE_LABEL = "_rlnPipeLineNodeName", "_rlnPipeLineNodeType", "_rlnPipeLineNodeTypeLabel"
_FROM, _TO, _EDGE_JOB = "_rlnPipeLineEdgeFromNode", "_rlnPipeLineEdgeToNode", "_rlnPipeLineEdgeProcess"
_BLOCKS: Final = ("pipeline_processes", "pipeline_nodes", "pipeline_input_edges", "pipeline_output_edges")
_LOCK: Final = ".relion_lock"


@dataclass(frozen=True)
class Process:
    """A job as a pipeline has it.

    Attributes:
        id: Its folder, without the last `/`.
        kind: Label of its type; of an unknown one what the pipeline says.
        is_known: Whether the type is one that RELION is known to write.
        alias: The name that a person gave it, without the last `/`.
        state: What the pipeline believes.
    """

    id: str
    kind: str
    is_known: bool
    alias: str | None
    state: JobState


@dataclass
class Pipeline:
    """What one or more pipeline files say.

    Attributes:
        processes: Jobs by their ids.
        node_kinds: Labels of files by their paths; None where the type is unknown.
        inputs: Pairs of file and job.
        outputs: Pairs of job and file.
        problems: What is not as it should be.
    """

    processes: dict[str, Process] = field(default_factory=dict)
    node_kinds: dict[str, str | None] = field(default_factory=dict)
    inputs: list[tuple[str, str]] = field(default_factory=list)
    outputs: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_pipeline(path: Path) -> Pipeline:
    """Read a pipeline file.

    Raises:
        RefusedError: It is no pipeline.
        UnavailableError: It cannot be read now, or RELION is writing it.
    """
    try:
        star = read_star(path)
        format_version = read_comments(path).format_version
    except RefusedError as error:
        if is_locked(path.parent):
            msg = f"cannot read {path} now: RELION holds {_LOCK}; try again when it is gone"
            raise UnavailableError(msg) from error
        raise
    return pipeline_of(star, is_since_3_1=format_version is not None)


def is_locked(folder: Path) -> bool:
    """Tell whether RELION is writing the pipeline of a project; its lock is never touched."""
    return (folder / _LOCK).is_dir()


def pipeline_of(star: Star, *, is_since_3_1: bool = True) -> Pipeline:
    """Interpret the tables of a pipeline.

    Args:
        star: The file.
        is_since_3_1: Whether its numbers mean what they do since RELION 3.1.
    """
    found = Pipeline(problems=list(star.problems))
    for row in star.block(_BLOCKS[0]).records():
        _take_process(found, row, is_since_3_1=is_since_3_1)
    for row in star.block(_BLOCKS[1]).records():
        if path := row.get(_NODE):
            found.node_kinds[path] = row.get(_NODE_LABEL) or node_label(row.get(_NODE_TYPE, ""))
    found.inputs = [
        (row[_FROM], row[_EDGE_JOB].rstrip("/"))
        for row in star.block(_BLOCKS[2]).records()
        if row.get(_FROM) and row.get(_EDGE_JOB)
    ]
    found.outputs = [
        (row[_EDGE_JOB].rstrip("/"), row[_TO])
        for row in star.block(_BLOCKS[3]).records()
        if row.get(_TO) and row.get(_EDGE_JOB)
    ]
    return found


def merge(into: Pipeline, other: Pipeline) -> None:
    """Add what another pipeline knows and this one does not: the jobs of a fork, or of a job's own record."""
    into.processes = other.processes | into.processes
    into.node_kinds = other.node_kinds | into.node_kinds
    into.inputs = list(dict.fromkeys([*into.inputs, *other.inputs]))
    into.outputs = list(dict.fromkeys([*into.outputs, *other.outputs]))
    into.problems = [*into.problems, *other.problems]


def _take_process(found: Pipeline, row: Mapping[str, str], *, is_since_3_1: bool) -> None:
    id_ = row.get(_NAME, "").rstrip("/")
    if not id_:
        found.problems.append("a job of the pipeline has no name")
    elif id_ in found.processes:
        found.problems.append(f"the pipeline has {id_} twice")
    else:
        found.processes[id_] = _process(id_, row, is_since_3_1=is_since_3_1)


def _process(id_: str, row: Mapping[str, str], *, is_since_3_1: bool) -> Process:
    alias = row.get(_ALIAS, "None").rstrip("/")
    number = row.get(_TYPE, "")
    label = row.get(_TYPE_LABEL) or job_label(number)
    return Process(
        id=id_,
        kind=label or f"unknown type {number}".rstrip(),
        is_known=label is not None,
        alias=None if alias in {"", "None"} else alias,
        state=state_of(row.get(_STATUS_LABEL) or row.get(_STATUS, ""), is_since_3_1=is_since_3_1),
    )
