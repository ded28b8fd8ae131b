"""What a depositor needs to know of a project of RELION: of its last post-processing and the refinement before it."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from emdewar.formats.mrc import read_mrc
from emdewar.lineage.model import Figures, JobState, Lineage, LineageJob
from emdewar.relion.edges import other_half
from emdewar.relion.model_star import ModelFigures, read_model
from emdewar.relion.orientations import read_particles
from emdewar.relion.postprocess import CRITERION, PostprocessFigures, read_postprocess
from emdewar.relion.result_files import ResultFiles
from emdewar.relion.symmetry import symmetries_of

_POSTPROCESS: Final = ("relion.postprocess",)
_REFINE: Final = ("relion.refine3d", "relion.multibody")
_CLASS_2D: Final = ("relion.class2d",)
_CLASSIFY: Final = ("relion.class3d", "relion.initialmodel", *_CLASS_2D)
_JOB_NUMBER: Final = re.compile(r"job(\d+)$")
_MAPS: Final = ("postprocess.mrc", "postprocess_masked.mrc", "_class001.mrc")
_PIXEL_TOLERANCE: Final = 1e-3


def figures_of(lineage: Lineage, folder: Path) -> Figures:
    """Read the figures of a project's result.

    The result is the last post-processing that succeeded, else the last refinement, else the last classification.

    Args:
        lineage: As `read_relion_project` gave it.
        folder: The project.
    """
    files = ResultFiles(lineage, folder)
    post = _last(lineage, _POSTPROCESS)
    refined = _refinement_before(lineage, post, files) if post else _last_aligned(lineage)
    result = post or refined
    if result is None:
        files.note("a job that ends with a map", "none succeeded", "pipeline")
        return Figures(findings=tuple(files.findings))
    known = _of_post(post, files) if post else {}
    known = (_of_refinement(refined, files) if refined else {}) | known
    known |= _of_map(result, known, files)
    files.expect([*known.get("half_maps", ()), *([known["mask"]] if "mask" in known else [])])
    return Figures(job=result.id, findings=tuple(files.findings), **known)


def _last(lineage: Lineage, kinds: Sequence[str]) -> LineageJob | None:
    found = [job for job in lineage.jobs if job.state is JobState.SUCCEEDED and _is_any(job, kinds)]
    return max(found, key=_job_number, default=None)


def _last_aligned(lineage: Lineage) -> LineageJob | None:
    kinds = (_REFINE, *((kind,) for kind in _CLASSIFY))
    return next((job for kind in kinds if (job := _last(lineage, kind))), None)


def _refinement_before(lineage: Lineage, job: LineageJob, files: ResultFiles) -> LineageJob | None:
    """Find the nearest job before this one that aligns particles, a refinement before a classification."""
    before = lineage.ancestors(job)
    found = next((one for kinds in (_REFINE, _CLASSIFY) for one in before if _is_any(one, kinds)), None)
    if found is None:
        files.note("the refinement that the half maps are from", "none in the pipeline", job.id)
    return found


def _of_post(job: LineageJob, files: ResultFiles) -> dict[str, Any]:
    found = files.read(files.last(job, "postprocess.star"), read_postprocess) or PostprocessFigures()
    files.note_problems(found.problems, job)
    known: dict[str, Any] = {
        "resolution_a": found.resolution_a,
        "resolution_criterion": None if found.resolution_a is None else CRITERION,
        "b_factor_a2": found.b_factor_a2,
        "fsc": found.fsc,
        "half_maps": files.inside(found.half_maps),
        "mask": next(iter(files.inside([found.mask] if found.mask else [])), None),
    }
    return _without_unknown(known)


def _of_refinement(job: LineageJob, files: ResultFiles) -> dict[str, Any]:
    model = files.read(files.last(job, "_model.star"), read_model) or ModelFigures()
    files.note_problems(model.problems, job)
    view = files.read(files.last(job, "_data.star"), read_particles)
    is_flat = _is_any(job, _CLASS_2D)
    known: dict[str, Any] = {
        "particles": view.particles if view else None,
        "orientations": view.orientations if view and not is_flat else None,
        "symmetry": None if is_flat else _symmetry(job, files),
        "pixel_size_a": model.pixel_size_a,
        "box_size_px": model.box_size_px,
        "classes": model.classes,
    }
    return _without_unknown(known | (_of_halves(job, model) if _is_any(job, _REFINE) else {}))


def _of_halves(job: LineageJob, model: ModelFigures) -> dict[str, Any]:
    """Give what only a refinement of independent halves knows; a classification's resolution is another thing."""
    first = next((path for path in job.outputs if other_half(path) and path.endswith("_unfil.mrc")), None)
    second = other_half(first) if first else None
    return {
        "fsc": model.fsc,
        "half_maps": (first, second) if first and second else (),
        "resolution_a": model.resolution_a,
        "resolution_criterion": None if model.resolution_a is None else CRITERION,
    }


def _symmetry(job: LineageJob, files: ResultFiles) -> str | None:
    sampling = files.last(job, "_sampling.star", is_needed=False)
    said = symmetries_of(job, files.folder / sampling if sampling else None)
    if len(set(said.values())) > 1:
        text = ", ".join(f"{value} ({source})" for source, value in said.items())
        files.note("one symmetry", text, job.id)
    return next(iter(said.values()), None)


def _of_map(job: LineageJob, known: dict[str, Any], files: ResultFiles) -> dict[str, Any]:
    """Find the map and take pixel and box size from its header, which counts where a person corrected them.

    Of several classes none is the result before a person chooses one.
    """
    if _is_any(job, _CLASSIFY) and len(known.get("classes", ())) != 1:
        return {}
    path = next((path for end in _MAPS for path in job.outputs if path.endswith(end) and files.is_there(path)), None)
    header = files.read(path, read_mrc)
    if path is None or header is None:
        return {}
    pixel_a = None if header.pixel_size_a is None else round(header.pixel_size_a, 6)
    known_a = known.get("pixel_size_a")
    if known_a is not None and pixel_a is not None and abs(known_a - pixel_a) > _PIXEL_TOLERANCE * known_a:
        files.note(f"{known_a} Å, the pixel size of the refinement", f"{pixel_a} Å in the map", path)
    is_cube = header.nx == header.ny == header.nz
    return _without_unknown({"map": path, "pixel_size_a": pixel_a, "box_size_px": header.nx if is_cube else None})


def _without_unknown(known: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in known.items() if value is not None and value != ()}


def _is_any(job: LineageJob, kinds: Iterable[str]) -> bool:
    return any(job.kind == kind or job.kind.startswith(f"{kind}.") for kind in kinds)


def _job_number(job: LineageJob) -> int:
    match = _JOB_NUMBER.search(job.id)
    return int(match[1]) if match else -1
