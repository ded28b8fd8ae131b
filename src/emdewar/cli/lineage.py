"""`emdewar lineage`: how a RELION or cryoSPARC project was done, and what came out of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from emdewar.cli.output_file import check_output, write_whole
from emdewar.lineage.files import project_files
from emdewar.lineage.keeping import what_to_keep
from emdewar.lineage.model import Figures, Lineage, LineageJob
from emdewar.lineage.prov import prov_json
from emdewar.lineage.reading import figures_of, read_project
from emdewar.lineage.record import processing_record
from emdewar.lineage.selection import Selection
from emdewar.lineage.svg import lineage_svg
from emdewar.lineage.wording import readable

_UNKNOWN = "unknown"


def lineage(
    folder: Annotated[Path, typer.Argument(help="Folder of a RELION or cryoSPARC project; only read.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    svg: Annotated[Path | None, typer.Option(help="Write the graph of the jobs as a picture.")] = None,
    prov: Annotated[Path | None, typer.Option(help="Write the lineage as W3C PROV-JSON.")] = None,
    keep: Annotated[Path | None, typer.Option(help="Write what to keep, file by file, as JSON.")] = None,
) -> None:
    """Print the jobs of a project, the figures of its result, what to keep of it, and what is wrong with it."""
    for output in filter(None, (svg, prov, keep)):
        check_output(output, never_in=folder)
    found = read_project(folder)
    figures = figures_of(found, folder)
    selection = what_to_keep(found, figures, files=project_files(folder))
    if svg:
        _write(svg, lineage_svg(found, result=figures.job))
    if prov:
        _write(prov, _json(prov_json(found)))
    if keep:
        _write(keep, _json(selection.model_dump(mode="json")))
    text = _json(_as_json(found, figures, selection)) if as_json else "\n".join(_lines(found, figures, selection))
    typer.echo(text)


def _as_json(found: Lineage, figures: Figures, selection: Selection) -> dict[str, Any]:
    return {
        "lineage": found.model_dump(mode="json"),
        "external_inputs": list(found.external_inputs),
        "figures": figures.model_dump(mode="json"),
        "processing": processing_record(found, figures).model_dump(mode="json", exclude_none=True),
        "keep": selection.amounts(),
    }


def _json(content: object) -> str:
    """Write JSON that any terminal and any file can hold: bytes of names that are no UTF-8 stay escapes."""
    return json.dumps(content, indent=2, ensure_ascii=True)


def _lines(found: Lineage, figures: Figures, selection: Selection) -> Iterator[str]:
    yield f"{found.program} project {readable(found.root)}: {len(found.jobs)} jobs"
    yield ""
    for job in found.jobs:
        yield readable(_job(job))
    yield ""
    for name, value in _figures(figures).items():
        yield readable(f"{name}: {_UNKNOWN if value is None else value}")
    yield ""
    yield selection.as_text()
    findings = [*found.findings, *(one for job in found.jobs for one in job.findings), *figures.findings]
    if findings:
        yield ""
        yield "findings:"
    for one in dict.fromkeys(findings):
        yield readable(f"  {one.path}: expected {one.expectation}; found {one.value} ({one.source})")


def _job(job: LineageJob) -> str:
    program = " ".join(filter(None, (job.program, job.version)))
    ended = job.ended.isoformat(sep=" ", timespec="seconds") if job.ended else None
    parts = (job.id, job.alias and f"({job.alias})", job.kind, program, job.state.value, ended)
    return "  ".join(part for part in parts if part)


def _figures(figures: Figures) -> dict[str, object]:
    def with_unit(value: float | None, unit: str) -> str | None:
        return None if value is None else f"{value:g} {unit}"

    criterion = f" ({figures.resolution_criterion})" if figures.resolution_criterion else ""
    resolution = with_unit(figures.resolution_a, "Å")
    return {
        "result of job": figures.job,
        "particles": figures.particles,
        "symmetry": figures.symmetry,
        "resolution": resolution and resolution + criterion,
        "B-factor": with_unit(figures.b_factor_a2, "Å²"),
        "pixel size": with_unit(figures.pixel_size_a, "Å"),
        "box size": with_unit(figures.box_size_px, "pixels"),
        "map": figures.map,
        "half maps": ", ".join(figures.half_maps) or None,
        "mask": figures.mask,
        "FSC curve": f"{len(figures.fsc)} points" if figures.fsc else None,
        "classes": len(figures.classes) or None,
    }


def _write(output: Path, text: str) -> None:
    write_whole(output, lambda part: part.write_text(text, encoding="utf-8"))
