"""What became of the data, as OSC-EM `processing`: from the figures of a result and the programs on the way to it."""

from collections.abc import Iterator
from typing import Any, Final

from emdewar.lineage.model import Figures, Lineage, LineageJob
from emdewar.lineage.wording import readable
from emdewar.oscem.processing import Classes2D, Classes3D, Descriptor, Processing, Volumes
from emdewar.oscem.slots import QuantityValue

FINAL_MAP: Final = "final map"
"""`volume_type` of the result."""


def processing_record(lineage: Lineage, figures: Figures) -> Processing:
    """Write OSC-EM `processing`, the part that only records of single particles have; what is unknown is left out."""
    result = lineage.jobs_by_id.get(figures.job) if figures.job else None
    two, three = _classes(result, figures)
    return Processing(volumes=_volumes(lineage, result, figures), classes2D=two, classes3D=three)


def _volumes(lineage: Lineage, result: LineageJob | None, figures: Figures) -> tuple[Volumes, ...] | None:
    if figures.map is None and figures.resolution_a is None and not figures.half_maps:
        return None
    edge = figures.box_size_px
    resolution = figures.resolution_a
    volume = Volumes(
        volume_type=FINAL_MAP,
        size=(edge, edge, edge) if edge else None,
        vol_number_particles=figures.particles,
        vol_resolution=QuantityValue(value=resolution, unit="Å") if resolution is not None else None,
        descriptors=tuple(_descriptors(lineage, result, figures)) or None,
    )
    return (volume,)


def _descriptors(lineage: Lineage, result: LineageJob | None, figures: Figures) -> Iterator[Descriptor]:
    told: dict[str, Any] = {
        "map": figures.map,
        **{f"half_map_{number}": path for number, path in enumerate(figures.half_maps, 1)},
        "mask": figures.mask,
        "symmetry": figures.symmetry,
        "resolution_criterion": figures.resolution_criterion,
        "b_factor": _quantity(figures.b_factor_a2, "Å^2"),
        "pixel_size": _quantity(figures.pixel_size_a, "Å"),
        "fsc": _fsc(figures),
        "job": figures.job,
        "software": programs(lineage, result) or None,
    }
    for name, thing in told.items():
        if thing is not None:
            yield Descriptor(
                descriptor_name=name, descriptor_thing=readable(thing) if isinstance(thing, str) else thing
            )


def programs(lineage: Lineage, result: LineageJob | None) -> dict[str, str]:
    """Name the programs on the way to a result, or of all jobs where there is none, with their versions."""
    found: dict[str, dict[str, None]] = {}
    for job in (result, *lineage.ancestors(result)) if result else lineage.jobs:
        if job.program:
            found.setdefault(readable(job.program), {})[readable(job.version or "version unknown")] = None
    return {program: ", ".join(versions) for program, versions in sorted(found.items())}


def _classes(result: LineageJob | None, figures: Figures) -> tuple[Classes2D | None, Classes3D | None]:
    """Sort classes into 2D or 3D, where the job tells which they are and each has its particles counted."""
    counts = tuple(one.particles for one in figures.classes if one.particles is not None)
    if result is None or not counts or len(counts) != len(figures.classes):
        return None, None
    kind = f"{result.kind} {result.id}".lower().replace("_", "")
    if "class2d" in kind:
        return Classes2D(particles_per_2Dclass=counts), None
    return None, Classes3D(particles_per_3Dclass=counts) if "class3d" in kind else None


def _quantity(value: float | None, unit: str) -> dict[str, Any] | None:
    return None if value is None else {"value": value, "unit": unit}


def _fsc(figures: Figures) -> dict[str, Any] | None:
    if not figures.fsc:
        return None
    frequencies, correlations = zip(*figures.fsc, strict=True)
    return {"frequency_per_angstrom": list(frequencies), "correlation": list(correlations)}
