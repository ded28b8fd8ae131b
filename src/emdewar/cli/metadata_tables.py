"""The metadata of a session as tables for people."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from emdewar.oscem.findings import Finding
from emdewar.oscem.leaves import source_of
from emdewar.oscem.session import SessionMetadata


def show(described: SessionMetadata, module: str, violations: Sequence[Finding], console: Console) -> None:
    """Print what was read, each tilt series, what is wrong, and whether the record is valid.

    Args:
        described: What was read.
        module: The module of OSC-EM whose schema the record was compared with.
        violations: What the schema found.
        console: Where to print.
    """
    console.print(_values(described))
    if described.series:
        console.print(_series(described.series))
    if described.findings:
        console.print(_findings(described.findings))
    console.print(_verdict(module, violations))


def _verdict(module: str, violations: Sequence[Finding]) -> str:
    if not violations:
        return f"The record is valid: all that the schema of {module} demands is there."
    paths = dict.fromkeys(finding.path or "the record" for finding in violations)
    return printable(f"The record is not valid by the schema of {module}: {', '.join(paths)}.")


def _values(described: SessionMetadata) -> Table:
    table = _table(f"{described.images} images", "OSC-EM", "value", "from")
    for part, slots in described.record.items():
        for slot, value in slots.items() if isinstance(slots, dict) else [("", slots)]:
            path = f"{part}.{slot}" if slot else part
            _add(table, path, as_text(value), source_of(described.provenance, path))
    return table


def _series(series: Iterable[SessionMetadata]) -> Table:
    table = _table("Records of their own", "name", "images", "angles", "dose of an image")
    for number, one in enumerate(series, start=1):
        acquisition = one.record.get("acquisition", {})
        angles, dose = (as_text(acquisition.get(slot, "")) for slot in ("tilt_angle", "dose_per_movie"))
        _add(table, one.name or str(number), str(one.images), angles, dose)
    return table


def _findings(findings: Iterable[Finding]) -> Table:
    table = _table("Findings", "about", "expected", "found", "where")
    for finding in findings:
        _add(table, finding.path, finding.expectation, finding.value, finding.source)
    return table


def _table(title: str, *columns: str) -> Table:
    return Table(*columns, title=title, title_justify="left")


def _add(table: Table, *cells: str) -> None:
    table.add_row(*map(printable, cells))


def printable(text: str) -> str:
    """Write as an escape whatever a terminal would obey or could not write; file names may hold anything."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


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
