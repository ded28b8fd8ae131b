"""`emdewar metadata`: what the files of a session say, before anything is registered."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from emdewar.cli.given_values import given_person, given_site
from emdewar.cli.group import EXIT_CODES
from emdewar.cli.json_output import echo_json
from emdewar.cli.metadata_tables import as_text, show
from emdewar.errors import UnavailableError
from emdewar.oscem.findings import Finding
from emdewar.oscem.person import PersonValues
from emdewar.oscem.schema import module_of, validate_record
from emdewar.oscem.session import SessionMetadata, SiteValues, describe_session

__all__ = ["as_text", "metadata"]

NOT_VALID = 1
"""Exit code of a session whose record is not, or not yet, what OSC-EM demands."""


def metadata(  # noqa: PLR0913 - typer makes an option of each
    folder: Annotated[Path, typer.Argument(help="Session folder, as the microscope left it.")],
    *,
    site: Annotated[Path | None, typer.Option(help="JSON or TOML file: what only the site knows.")] = None,
    person: Annotated[Path | None, typer.Option(help="JSON or TOML file: what only a person knows.")] = None,
    cs_mm: Annotated[float | None, typer.Option(help="Spherical aberration of the microscope, mm.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="Zone of clocks that write none, e.g. Europe/Zurich.")] = None,
    model: Annotated[str | None, typer.Option(help="Microscope as PDBx names it, e.g. 'TFS KRIOS'.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print the OSC-EM record of a session, where each value came from, and what is wrong with it.

    Ends with 0 where each record is as its schema wants it, with 1 where one is not.
    """
    given = {"cs_mm": cs_mm, "time_zone": time_zone, "microscope_model": model}
    site_values = given_site(site, {name: value for name, value in given.items() if value is not None})
    person_values, doubts = (None, []) if person is None else given_person(person)
    described, code = _described(folder, site_values, person_values)
    described = replace(described, findings=(*doubts, *described.findings))
    violations = list(_violations(described))
    if as_json:
        echo_json(_as_json(described))
    else:
        show(described, module_of(described.record), violations, Console(markup=False, emoji=False, highlight=False))
    raise typer.Exit(code or (NOT_VALID if violations else 0))


def _described(folder: Path, site: SiteValues, person: PersonValues | None) -> tuple[SessionMetadata, int]:
    """Read a session; where that cannot be done at all, there is still something to print, and an exit code."""
    try:
        return describe_session(folder, site, person), 0
    except UnavailableError as error:
        expectation = "a session folder that can be read now"
        found = Finding(path="files", expectation=expectation, value=str(error), source=str(folder))
        return SessionMetadata(record={}, findings=(found,), provenance={}), EXIT_CODES[UnavailableError]


def _violations(described: SessionMetadata) -> Iterator[Finding]:
    """Compare what leaves the session with its schema: each tilt series where there are several, else the record.

    A record of another kind than its series, as where tilt series lie beside single particles, leaves the session too.
    """
    kinds = {module_of(one.record) for one in described.series}
    is_apart = module_of(described.record) not in kinds
    for one in (*((described,) if is_apart else ()), *described.series):
        yield from validate_record(one.record)


def _as_json(described: SessionMetadata) -> dict[str, Any]:
    violations = validate_record(described.record)
    return {
        "name": described.name,
        "record": described.record,
        "schema": module_of(described.record),
        "valid": not violations,
        "violations": [violation.model_dump() for violation in violations],
        "findings": [finding.model_dump() for finding in described.findings],
        "provenance": described.provenance,
        "start": described.start.isoformat() if described.start else None,
        "end": described.end.isoformat() if described.end else None,
        "instrument": described.instrument,
        "software": described.software,
        "images": described.images,
        "series": [_as_json(series) for series in described.series],
    }
