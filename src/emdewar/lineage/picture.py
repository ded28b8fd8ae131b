"""What a picture of a lineage shows: a box for each job, one for the files that came from outside, and arrows."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from emdewar.lineage.model import JobState, Lineage, LineageJob
from emdewar.lineage.wording import readable


@dataclass(frozen=True)
class Box:
    """One box.

    Attributes:
        title: First line.
        detail: Second line.
        tooltip: All that is known.
        state: Of the job; None for files from outside.
        is_on_way: Whether it is the result, or on the way to it.
    """

    title: str
    detail: str
    tooltip: str
    state: JobState | None
    is_on_way: bool


@dataclass(frozen=True)
class Picture:
    """Boxes by their ids, and arrows between them with the files that they stand for."""

    boxes: Mapping[str, Box]
    arrows: Mapping[tuple[str, str], str]


def picture_of(lineage: Lineage, result: str | None) -> Picture:
    """Choose what to draw; files from outside that the same jobs read are one box."""
    on_way = _ids_on_way(lineage, result)
    boxes = {f"job {job.id}": _box_of(job, is_on_way=job.id in on_way) for job in lineage.jobs}
    arrows: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for consumer in lineage.jobs:
        for path in consumer.inputs:
            for producer in lineage.producers.get(path, ()):
                arrows[f"job {producer}", f"job {consumer.id}"].append(path)
    for consumers, paths in _outside(lineage).items():
        name = f"files {paths[0]}"
        boxes[name] = _box_of_files(paths, is_on_way=not on_way.isdisjoint(consumers))
        for consumer_id in consumers:
            arrows[name, f"job {consumer_id}"] = paths
    return Picture(boxes, {ends: _listed(paths) for ends, paths in arrows.items()})


def _ids_on_way(lineage: Lineage, result: str | None) -> frozenset[str]:
    job = lineage.jobs_by_id.get(result) if result else None
    return frozenset(one.id for one in (job, *lineage.ancestors(job))) if job else frozenset()


def _outside(lineage: Lineage) -> dict[tuple[str, ...], list[str]]:
    found: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for path in lineage.external_inputs:
        found[lineage.consumers[path]].append(path)
    return found


def _box_of(job: LineageJob, *, is_on_way: bool) -> Box:
    program = " ".join(filter(None, (job.program, job.version)))
    lines = [job.id, job.alias, job.kind, program, job.state.value, *job.command[:3]]
    if job.started:
        lines.append(f"started {job.started.isoformat()}")
    if job.ended:
        lines.append(f"ended {job.ended.isoformat()}")
    title = job.alias.strip("/") if job.alias else job.id
    detail = f"{job.id}" if job.alias else job.kind
    tooltip = "\n".join(readable(line) for line in lines if line)
    return Box(readable(title), readable(detail), tooltip, job.state, is_on_way)


def _box_of_files(paths: list[str], *, is_on_way: bool) -> Box:
    title = PurePosixPath(paths[0]).name if len(paths) == 1 else f"{len(paths):,} files"
    return Box(readable(title), "from outside", _listed(paths), None, is_on_way)


def _listed(paths: list[str], most: int = 8) -> str:
    named = list(dict.fromkeys(paths))
    more = [f"and {len(named) - most:,} more"] if len(named) > most else []
    return "\n".join([*map(readable, named[:most]), *more])
