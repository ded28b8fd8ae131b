"""`emdewar convert`: an OSC-EM record as mmCIF, into a model's file if there is one, and checked."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from emdewar.cli.given_values import given_person, given_site
from emdewar.cli.json_output import echo_json
from emdewar.cli.metadata_tables import printable
from emdewar.cli.output_file import check_output, write_whole
from emdewar.cli.values_file import read_values
from emdewar.errors import RefusedError
from emdewar.oscem.findings import Finding
from emdewar.oscem.mmcif.checking import check as check_document
from emdewar.oscem.mmcif.checking import is_unusual
from emdewar.oscem.mmcif.files import read_cif
from emdewar.oscem.mmcif.merging import merge_model
from emdewar.oscem.mmcif.writing import NO_ENTRY
from emdewar.oscem.mmcif.writing import convert as convert_record
from emdewar.oscem.session import PersonValues, SiteValues, describe_session

NOT_RIGHT: Final = 1
"""Exit code of a check that found something wrong; what is only unusual is none of that."""

Record = dict[str, Any]


def convert(  # noqa: PLR0913 - typer makes an option of each
    source: Annotated[Path, typer.Argument(help="OSC-EM record (JSON), or session folder.", metavar="RECORD")],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="mmCIF file to write.")],
    model: Annotated[Path | None, typer.Option(help="mmCIF of a model; all of it is kept.")] = None,
    dictionary: Annotated[
        Path | None, typer.Option(help="Full PDBx dictionary to check with; asks for a check.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Check against the dictionary; exit code 1 on what is wrong.")
    ] = False,
    entry_id: Annotated[str, typer.Option(help="Id of the entry, where a deposition gave one.")] = NO_ENTRY,
    series: Annotated[int | None, typer.Option(help="Number of the tilt series wanted, from 1 on.")] = None,
    site: Annotated[Path | None, typer.Option(help="JSON or TOML file: what only the site knows.")] = None,
    person: Annotated[Path | None, typer.Option(help="JSON or TOML file: what only a person knows.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as one JSON object.")] = False,
) -> None:
    """Write an OSC-EM record as mmCIF, and say what of it could not be written.

    Ends with 0; with --check or --dictionary and anything found that is wrong, with 1. What an expectation calls
    usual only is a question, and nothing wrong.
    """
    check_output(output, (source, model, dictionary))
    record, others = _record(source, series, given_site(site, {}), given_person(person) if person else (None, []))
    converted = convert_record(record, entry_id=entry_id)
    document, findings = converted.document, [*others, *converted.findings]
    if model:
        merged = merge_model(document, read_cif(model))
        document, findings = merged.document, [*findings, *merged.findings]
    if check or dictionary:
        findings += check_document(document, dictionary)
    write_whole(output, lambda part: document.write_file(str(part)))
    _tell(output, findings, as_json=as_json)
    is_wrong = not all(map(is_unusual, findings))
    raise typer.Exit(NOT_RIGHT if is_wrong and (check or dictionary) else 0)


def _record(
    source: Path, number: int | None, site: SiteValues, person: tuple[PersonValues | None, list[Finding]]
) -> tuple[Record, list[Finding]]:
    """Give the record asked for, and what is to be said of the choice.

    A file holds a record, what `emdewar metadata --json` printed, or a dataset of the catalog.
    """
    values, found = person
    if source.is_dir():
        described = describe_session(source, site, values)
        whole, several = _object(described.record), [_object(one.record) for one in described.series]
    else:
        content = read_values(source)
        whole = _object(content.get("record", content.get("scientificMetadata", content)))
        listed = content.get("series")
        several = (
            [_object(one.get("record")) for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        )
    if number is not None:
        if not 1 <= number <= len(several):
            raise RefusedError(f"{source} has {len(several)} tilt series; choose one of them with --series")
        whole = several[number - 1]
    elif len(several) > 1:
        expectation = "one tilt series in an entry: choose it with --series"
        value = f"values that span {len(several)}"
        found = [*found, Finding(path="acquisition", expectation=expectation, value=value, source=str(source))]
    if not whole.keys() & {"acquisition", "instrument", "sample", "organizational", "processing"}:
        raise RefusedError(f"{source} holds no OSC-EM record; it is an object with acquisition and instrument")
    return whole, found


def _object(value: object) -> Record:
    return value if isinstance(value, dict) else {}


def _tell(output: Path, findings: Sequence[Finding], *, as_json: bool) -> None:
    if as_json:
        result = {"output": str(output), "findings": [finding.model_dump() for finding in findings]}
        echo_json(result)
        return
    typer.echo(printable(f"{output}: written, {len(findings)} findings"))
    for finding in findings:
        expected = finding.expectation if is_unusual(finding) else f"expected {finding.expectation}"
        typer.echo(printable(f"{finding.path}: {expected}; found {finding.value} ({finding.source})"))
