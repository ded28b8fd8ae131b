"""The lineage of a processing project: its jobs, their files and which came from which.

One model for RELION and cryoSPARC. A field that the project does not tell is None; nothing is guessed.
"""

import math
from collections import deque
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    NonNegativeInt,
    model_validator,
)

from emdewar.oscem.findings import Finding

JobParameter = str | bool | int | float | None


class JobState(StrEnum):
    """How far a job came."""

    RUNNING = "running"
    SCHEDULED = "scheduled"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ABORTED = "aborted"
    UNKNOWN = "unknown"


def is_project_path(path: str) -> bool:
    """Tell whether a path stays in its project: POSIX, relative, without `..`, `.`, NUL or an empty part."""
    return "\0" not in path and all(part not in {"", ".", ".."} for part in path.split("/"))


def _checked_path(path: str) -> str:
    if not is_project_path(path):
        raise ValueError(f"{path!r} is not a path inside the project")
    return path


def _numbers_as_json(parameters: object) -> object:
    if not isinstance(parameters, Mapping):
        return parameters
    return {name: _finite_or_text(value) for name, value in parameters.items()}


def _finite_or_text(value: object) -> object:
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


ProjectPath = Annotated[str, AfterValidator(_checked_path)]
"""A path relative to the project's folder: POSIX, without `..`."""

Parameters = Annotated[dict[str, JobParameter], BeforeValidator(_numbers_as_json)]
"""What a job was told; a number that JSON does not know (`nan`, `inf`) is kept as text."""


class _Known(BaseModel):
    """Base of the model: frozen, no other fields, no number that JSON does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class LineageFile(_Known):
    """A file of the project, or one that the project says it had.

    Attributes:
        path: Relative to the project's folder, POSIX.
        kind: What it is, in the program's own word, e.g. `DensityMap.mrc` or `particle.blob`.
        is_there: Whether it was found as a regular file when the project was read.
        size: Bytes, when it is there.
        sha256: Digest of the content, where somebody has taken one.
    """

    path: ProjectPath
    kind: str | None = None
    is_there: bool
    size: NonNegativeInt | None = None
    sha256: str | None = None


class LineageJob(_Known):
    """One job of a project.

    Attributes:
        id: What the project calls it, without a trailing `/`: `Refine3D/job029`, `J12`. Unique in the project.
        kind: The program's own word for its type: `relion.refine3d`, `homo_refine_new`.
        program: Who did the work where that is known: `RELION`, `CTFFIND`, `MotionCor2`.
        version: The version of `program`.
        command: Command lines as they were run, in order.
        parameters: What the job was told.
        inputs: Paths of the files it read.
        outputs: Paths of the files it wrote.
        alias: The name that a person gave it.
        state: How far it came.
        started: When it started, with a time zone.
        ended: When it ended, with a time zone.
        findings: What a person should look at.
    """

    id: str
    kind: str
    program: str | None = None
    version: str | None = None
    command: tuple[str, ...] = ()
    parameters: Parameters = {}
    inputs: tuple[ProjectPath, ...] = ()
    outputs: tuple[ProjectPath, ...] = ()
    alias: str | None = None
    state: JobState = JobState.UNKNOWN
    started: AwareDatetime | None = None
    ended: AwareDatetime | None = None
    findings: tuple[Finding, ...] = ()


class Lineage(_Known):
    """The jobs and files of one project.

    Attributes:
        program: Whose project it is.
        root: The project's folder as it was given.
        jobs: In the project's own order.
        files: Every path that a job names exactly once, and what else was found worth naming.
        findings: What a person should look at.
    """

    program: Literal["RELION", "cryoSPARC"]
    root: str
    jobs: tuple[LineageJob, ...] = ()
    files: tuple[LineageFile, ...] = ()
    findings: tuple[Finding, ...] = ()

    @cached_property
    def jobs_by_id(self) -> dict[str, LineageJob]:
        """Jobs by their ids."""
        return {job.id: job for job in self.jobs}

    @cached_property
    def files_by_path(self) -> dict[str, LineageFile]:
        """Files by their paths."""
        return {file.path: file for file in self.files}

    @cached_property
    def producers(self) -> dict[str, tuple[str, ...]]:
        """Ids of the jobs that wrote a path; a forked project can have more than one."""
        return _ids_by_path((path, job.id) for job in self.jobs for path in job.outputs)

    @cached_property
    def consumers(self) -> dict[str, tuple[str, ...]]:
        """Ids of the jobs that read a path."""
        return _ids_by_path((path, job.id) for job in self.jobs for path in job.inputs)

    @cached_property
    def external_inputs(self) -> tuple[str, ...]:
        """Paths that a job read and no job wrote: what came into the project from outside."""
        return tuple(path for path in self.consumers if path not in self.producers)

    def parents(self, job: LineageJob) -> tuple[LineageJob, ...]:
        """Give the jobs that wrote what this one read, itself left out, in the order of its inputs."""
        return self._jobs((id_ for path in job.inputs for id_ in self.producers.get(path, ())), without=job)

    def children(self, job: LineageJob) -> tuple[LineageJob, ...]:
        """Give the jobs that read what this one wrote, itself left out."""
        return self._jobs((id_ for path in job.outputs for id_ in self.consumers.get(path, ())), without=job)

    def ancestors(self, job: LineageJob) -> tuple[LineageJob, ...]:
        """Give all jobs this one came from, the nearest first, itself left out; safe with cycles."""
        seen = {job.id: job}
        to_visit = deque([job])
        while to_visit:
            for parent in self.parents(to_visit.popleft()):
                if parent.id not in seen:
                    seen[parent.id] = parent
                    to_visit.append(parent)
        return tuple(seen.values())[1:]

    def _jobs(self, ids: Iterable[str], *, without: LineageJob) -> tuple[LineageJob, ...]:
        return tuple(self.jobs_by_id[id_] for id_ in dict.fromkeys(ids) if id_ != without.id)


class ClassFigure(_Known):
    """One class of a classification.

    Attributes:
        name: The program's own number or name, e.g. `1`.
        fraction: Part of the particles in it, 0 to 1.
        particles: Particles in it.
        resolution_a: Estimated resolution in ångström.
    """

    name: str
    fraction: float | None = None
    particles: NonNegativeInt | None = None
    resolution_a: float | None = None


class Orientations(_Known):
    """Counts of particles by viewing direction, on an even grid of rot (-180..180) and tilt (0..180 degrees).

    Attributes:
        counts: One row for each bin of tilt, from 0 on; in a row one count for each bin of rot, from -180 on.
    """

    counts: tuple[tuple[NonNegativeInt, ...], ...]

    @model_validator(mode="after")
    def _rows_are_alike(self) -> Self:
        if not self.counts or not self.counts[0] or len({len(row) for row in self.counts}) != 1:
            raise ValueError("every row of counts needs the same number of bins, at least one")
        return self

    @property
    def tilt_bin_deg(self) -> float:
        """Height of a bin in degrees."""
        return 180 / len(self.counts)

    @property
    def rot_bin_deg(self) -> float:
        """Width of a bin in degrees."""
        return 360 / len(self.counts[0])


class Figures(_Known):
    """What a depositor needs to know of a result; None where the project does not tell.

    Attributes:
        job: Id of the job that the figures are of.
        particles: Particles in the final map.
        symmetry: Point or helical symmetry as the program writes it, e.g. `D7`.
        resolution_a: Final resolution in ångström.
        resolution_criterion: How it was found, e.g. `FSC 0.143 CUT-OFF`.
        b_factor_a2: B-factor used for sharpening, with its sign.
        pixel_size_a: Pixel size of the map.
        box_size_px: Edge of the map.
        map: Path of the final map.
        half_maps: Paths of the unfiltered half maps.
        mask: Path of the mask.
        fsc: Curve as (frequency in 1/ångström, correlation).
        orientations: Where the particles were seen from.
        classes: Classes of the last classification or of this job.
        findings: What a person should look at.
    """

    job: str | None = None
    particles: NonNegativeInt | None = None
    symmetry: str | None = None
    resolution_a: float | None = None
    resolution_criterion: str | None = None
    b_factor_a2: float | None = None
    pixel_size_a: float | None = None
    box_size_px: NonNegativeInt | None = None
    map: ProjectPath | None = None
    half_maps: tuple[ProjectPath, ...] = ()
    mask: ProjectPath | None = None
    fsc: tuple[tuple[float, float], ...] = ()
    orientations: Orientations | None = None
    classes: tuple[ClassFigure, ...] = ()
    findings: tuple[Finding, ...] = ()


def _ids_by_path(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for path, id_ in pairs:
        found.setdefault(path, {})[id_] = None
    return {path: tuple(ids) for path, ids in found.items()}
