"""`emdewar metadata`: what the files of a session say, before anything is registered."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from emdewar.oscem.session import SessionMetadata, SiteValues, describe_session


def metadata(
    folder: Annotated[Path, typer.Argument(help="Session folder, as the microscope left it.")],
    *,
    cs_mm: Annotated[float | None, typer.Option(help="Spherical aberration of the microscope, mm.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="Zone of clocks that write none, e.g. Europe/Zurich.")] = None,
    model: Annotated[str | None, typer.Option(help="Microscope as PDBx names it, e.g. 'TFS KRIOS'.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print the OSC-EM record of a session, where each value came from, and what is wrong with it."""
    site = SiteValues(cs_mm=cs_mm, time_zone=time_zone, microscope_model=model)
    described = describe_session(folder, site)
    if as_json:
        typer.echo(json.dumps(_as_json(described), indent=2, ensure_ascii=False))
    else:
        _show(described, Console())


def _as_json(described: SessionMetadata) -> dict[str, Any]:
    return {
        "record": described.record,
        "findings": [finding.model_dump() for finding in described.findings],
        "provenance": described.provenance,
        "start": described.start.isoformat() if described.start else None,
        "end": described.end.isoformat() if described.end else None,
        "instrument": described.instrument,
        "software": described.software,
        "images": described.images,
        "series": [_as_json(series) for series in described.series],
    }


def _show(described: SessionMetadata, console: Console) -> None:
    console.print(_values(described))
    if described.findings:
        console.print(_findings(described))


def _values(described: SessionMetadata) -> Table:
    table = Table("OSC-EM", "value", "from", title=f"{described.images} images", title_justify="left")
    for part, slots in described.record.items():
        for slot, value in slots.items():
            path = f"{part}.{slot}"
            table.add_row(path, as_text(value), described.provenance.get(path, ""))
    return table


def _findings(described: SessionMetadata) -> Table:
    table = Table("about", "expected", "found", "where", title="Findings", title_justify="left")
    for finding in described.findings:
        table.add_row(finding.path, finding.expectation, finding.value, finding.source)
    return table


def as_text(value: object) -> str:
    """Write a value of a record for people: `300 kV`, `-1200 nm .. -1000 nm`, `5760 x 4092`."""
    match value:
        case {"value": float() | int() as number, "unit": unit}:
            return f"{number:g} {unit}"
        case {"minimal": low, "maximal": high, **step}:
            return ", step ".join((f"{as_text(low)} .. {as_text(high)}", *map(as_text, step.values())))
        case {"width": width, "height": height}:
            return f"{width} x {height}"
        case dict():
            return ", ".join(f"{name} {as_text(inner)}" for name, inner in value.items())
        case list():
            return "; ".join(as_text(inner) for inner in value)
        case _:
            return str(value)
