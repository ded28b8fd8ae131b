"""What a depositor needs to know of a cryoSPARC project's result.

The result is the succeeded job with a resolution of one map that ended last; others that nobody went on from are named
in a finding, so that a person can choose. A field that the project does not tell is None.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from emdewar.cryosparc.documents import as_number
from emdewar.cryosparc.event_log import last_b_factor_a2
from emdewar.cryosparc.job_document import JobDocument, Output, read_job_document
from emdewar.cryosparc.particles import (
    PARTICLE,
    Particles,
    class_figures,
    count_classes_2d,
    particle_output,
    read_particles,
)
from emdewar.cryosparc.places import look_at
from emdewar.cryosparc.resolution import CRITERION, Resolution, crossing_a, resolution_of
from emdewar.cryosparc.volumes import KINDS, Volume, volumes_of
from emdewar.errors import RefusedError
from emdewar.lineage.model import ClassFigure, Figures, JobState, Lineage, LineageJob
from emdewar.oscem.findings import Finding

_MAPS = ("map_sharp", "map")
_HALF_MAPS = ("map_half_A", "map_half_B")
_MASKS = ("mask_fsc_auto", "mask_fsc", "mask_refine", "mask")
_B_FACTOR = re.compile(r"(\w+_)?b_?factor(_A2)?", re.IGNORECASE)
_LOGS = ("events.bson", "job.log")

_SYMMETRY = re.compile(r"([CDI][1-9]\d*|[TOI])", re.IGNORECASE)
_CLASS_OF = re.compile(r"particles_class_(\d+)")

_MOST_DIFFERENCE = 0.05
"""How far the crossing of a curve may be from the resolution that is told, as a part of it."""


@dataclass(frozen=True)
class _Candidate:
    job: LineageJob
    document: JobDocument
    output: Output
    resolution: Resolution

    def order(self) -> tuple[datetime, int]:
        return self.job.ended or datetime.min.replace(tzinfo=UTC), int(self.job.id[1:])


def figures_of(lineage: Lineage, folder: Path) -> Figures:
    """Read the figures of a project's result.

    Args:
        lineage: As `read_cryosparc_project` gave it.
        folder: The project's folder.

    Returns:
        The figures; without a job where no job tells the resolution of a map.

    Raises:
        UnavailableError: A file cannot be read now.
    """
    documents = {job.id: document for job in lineage.jobs if (document := _document(folder, job))}
    candidates = sorted(_candidates(lineage, documents), key=_Candidate.order)
    if not candidates:
        return Figures(findings=(_finding("a map with a resolution", "no job that succeeded has one", "project"),))
    chosen = candidates[-1]
    volumes, findings = _volumes(folder, chosen.document)
    particles = _particles(folder, chosen.document, documents)
    image = next((volumes[name] for name in _MAPS if name in volumes), None)
    box_size_px = (image and image.box_size_px) or chosen.resolution.box_size_px
    pixel_size_a = (image and image.pixel_size_a) or chosen.resolution.pixel_size_a
    curve = chosen.resolution.curve(box_size_px, pixel_size_a)
    return Figures(
        job=chosen.job.id,
        particles=particles.count,
        symmetry=_symmetry(chosen.job),
        resolution_a=chosen.resolution.resolution_a,
        resolution_criterion=CRITERION,
        b_factor_a2=_b_factor_a2(folder, chosen),
        pixel_size_a=pixel_size_a,
        box_size_px=box_size_px,
        map=image.path if image else None,
        half_maps=tuple(volumes[name].path for name in _HALF_MAPS if name in volumes),
        mask=next((volumes[name].path for name in _MASKS if name in volumes), None),
        fsc=curve,
        orientations=particles.orientations,
        classes=_classes(folder, lineage, chosen.job, documents),
        findings=(*findings, *particles.findings, *_curve_findings(chosen, curve), *_others(lineage, candidates)),
    )


def _document(folder: Path, job: LineageJob) -> JobDocument | None:
    try:
        return read_job_document(folder, job.id)
    except RefusedError:
        return None


def _candidates(lineage: Lineage, documents: Mapping[str, JobDocument]) -> list[_Candidate]:
    """Jobs with a resolution of one map; with several, it is a classification."""
    found = []
    for job in lineage.jobs:
        document = documents.get(job.id)
        if job.state is not JobState.SUCCEEDED or document is None:
            continue
        resolved = [
            (output, resolution)
            for output in document.outputs_of("volume")
            if (resolution := resolution_of(output.statistics))
        ]
        if len(resolved) == 1:
            found.append(_Candidate(job, document, *resolved[0]))
    return found


def _volumes(folder: Path, document: JobDocument) -> tuple[dict[str, Volume], list[Finding]]:
    """Images by their names; those of a group of volumes before those of a mask alone."""
    volumes: dict[str, Volume] = {}
    findings: list[Finding] = []
    for kind in KINDS:
        for output in document.outputs_of(kind):
            try:
                found = volumes_of(folder, output)
            except RefusedError as error:
                findings.append(_finding("a readable list of maps", str(error), output.name))
                continue
            volumes = {volume.name: volume for volume in found} | volumes
    return volumes, findings


def _particles(folder: Path, document: JobDocument, documents: Mapping[str, JobDocument]) -> Particles:
    """Read the particles that a map is of: the job's own, or those that it was given."""
    output = particle_output(document)
    if output is None:
        given = {
            (source.job, source.output): output
            for source in document.sources
            if (other := documents.get(source.job))
            and (output := other.output(source.output))
            and output.kind == PARTICLE
        }
        output = next(iter(given.values())) if len(given) == 1 else None
    return read_particles(folder, output) if output else Particles()


def _symmetry(job: LineageJob) -> str | None:
    """Give the symmetry that the job was told to use, where its parameters name one and not two."""
    told = {
        value.upper()
        for name, value in job.parameters.items()
        if (name == "symmetry" or name.endswith("_symmetry"))
        and isinstance(value, str)
        and _SYMMETRY.fullmatch(value.strip())
    }
    return told.pop().strip() if len(told) == 1 else None


def _b_factor_a2(folder: Path, chosen: _Candidate) -> float | None:
    """Give the B-factor of the map's statistics, where they name one and not two, or the last of the job's log."""
    told = {
        number
        for name, value in chosen.output.statistics.items()
        if _B_FACTOR.fullmatch(name) and (number := as_number(value)) is not None
    }
    if told:
        return told.pop() if len(told) == 1 else None
    logs = [f"{chosen.job.id}/{name}" for name in _LOGS]
    found = (last_b_factor_a2(folder / log) for log in logs if look_at(folder, log).is_there)
    return next((number for number in found if number is not None), None)


def _classes(
    folder: Path, lineage: Lineage, job: LineageJob, documents: Mapping[str, JobDocument]
) -> tuple[ClassFigure, ...]:
    """Give the classes of the nearest classification that the result came from."""
    for ancestor in (job, *lineage.ancestors(job)):
        document = documents.get(ancestor.id)
        if document and (found := _classes_3d(document) or _classes_2d(folder, document)):
            return found
    return ()


def _classes_3d(document: JobDocument) -> tuple[ClassFigure, ...]:
    counts = [
        (match[1], output.items)
        for output in document.outputs_of(PARTICLE)
        if (match := _CLASS_OF.fullmatch(output.name)) and output.items is not None
    ]
    resolutions = {
        output.name.removeprefix("volume_class_"): resolution.resolution_a
        for output in document.outputs_of("volume")
        if (resolution := resolution_of(output.statistics))
    }
    return class_figures(counts, resolutions) if len(counts) > 1 else ()


def _classes_2d(folder: Path, document: JobDocument) -> tuple[ClassFigure, ...]:
    output = particle_output(document) if document.kind.startswith("class_2D") else None
    return count_classes_2d(folder, output) if output else ()


def _curve_findings(chosen: _Candidate, curve: tuple[tuple[float, float], ...]) -> list[Finding]:
    crossing = crossing_a(curve)
    told = chosen.resolution.resolution_a
    if crossing is None or abs(crossing - told) <= _MOST_DIFFERENCE * told:
        return []
    value = f"the curve crosses 0.143 at {crossing:.2f} Å"
    return [_finding(f"a resolution of {told} Å", value, f"{chosen.job.id}: {chosen.resolution.name}")]


def _others(lineage: Lineage, candidates: list[_Candidate]) -> list[Finding]:
    """Name the results that nobody went on from, besides the one that was chosen."""
    ends = [candidate for candidate in candidates[:-1] if not lineage.children(candidate.job)]
    if not ends:
        return []
    value = ", ".join(f"{candidate.job.id} with {candidate.resolution.resolution_a} Å" for candidate in ends[-5:])
    return [_finding("one result of the project", f"also {value}", "project")]


def _finding(expectation: str, value: str, source: str) -> Finding:
    return Finding(path="processing", expectation=expectation, value=value, source=source)
