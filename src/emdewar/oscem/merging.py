"""What a person said joins what files said: files count where both speak, and a person's values are never lost."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from emdewar.oscem.findings import Finding
from emdewar.oscem.leaves import leaves
from emdewar.oscem.ledger import Ledger, Said, alike
from emdewar.oscem.person import PersonValues
from emdewar.oscem.session_metadata import SessionMetadata
from emdewar.oscem.suppliers import supplier_of
from emdewar.oscem.units import is_unit

ASKED = {
    "sample": "what was imaged, which no file holds: name and source at least",
    "organizational": "authors, and grants where there are some, which no file holds",
}
"""What only a person knows, and is asked for once."""

_OF_FILES = ("acquisition", "instrument")
_WITH_SI = (*_OF_FILES, "sample")
"""Parts whose quantities have an SI value; a budget is counted in what there is."""

_TECHNIQUE = "acquisition.technique"


def with_person(metadata: SessionMetadata, person: PersonValues | None) -> SessionMetadata:
    """Join what a person said to the record of a session and to those of its series.

    Args:
        metadata: What files and site said.
        person: What the person said; None where there is nobody to ask.
    """
    if person is None:
        return metadata
    joined = _joined(metadata, person)
    missing = tuple(_missing(part) for part in ASKED if part not in joined.record)
    series = tuple(_joined(one, person) for one in metadata.series)
    return replace(joined, findings=(*joined.findings, *missing), series=series)


def _missing(part: str) -> Finding:
    return Finding(path=part, expectation=ASKED[part], value="none", source=supplier_of(part))


def _joined(metadata: SessionMetadata, person: PersonValues) -> SessionMetadata:
    said = person.parts()
    units = tuple(_units({part: values for part, values in said.items() if part in _WITH_SI}))
    ledger = Ledger(sources=dict(metadata.provenance))
    record = {part: dict(slots) for part, slots in metadata.record.items()}
    technique = said.get("acquisition", {}).pop("technique", None)
    if technique is not None:
        by_others = Said(record["acquisition"].get("technique"), ledger.sources.get(_TECHNIQUE, ""))
        record["acquisition"]["technique"] = ledger.settle(_TECHNIQUE, Said(technique, person.source), by_others)
    for part in _OF_FILES:
        record[part] = _filled(record.get(part, {}), said.pop(part, {}), part, ledger, person.source)
    for part, values in said.items():
        record[part] = values
        ledger.sources.update({path: person.source for path, _ in leaves(values, part)})
    findings = (*metadata.findings, *ledger.findings, *units)
    return replace(metadata, record=record, provenance=ledger.sources, findings=findings)


def _filled(known: Any, said: Any, path: str, ledger: Ledger, source: str) -> Any:  # noqa: ANN401 - JSON of any shape
    """Put what a person said where nothing is known; compare it where something is."""
    if isinstance(known, dict) and isinstance(said, dict) and "unit" not in known:
        new = {}
        for name, value in said.items():
            new[name] = _filled(known.get(name), value, f"{path}.{name}", ledger, source)
        return {**known, **new}
    if known is None:
        ledger.sources.update({leaf: source for leaf, _ in leaves(said, path)})
        return said
    if not alike(_comparable(known), _comparable(said)):
        of_files = Said(_comparable(known), next(iter(_sources_below(ledger, path)), ""))
        ledger.differ(path, of_files, Said(_comparable(said), source))
    return known


def _sources_below(ledger: Ledger, path: str) -> Iterator[str]:
    return (source for leaf, source in ledger.sources.items() if leaf == path or leaf.startswith(f"{path}."))


def _comparable(value: Any) -> Any:  # noqa: ANN401 - JSON of any shape
    """Give the SI value of a quantity, so that 0.3 nm are 3 Å."""
    if isinstance(value, dict) and "unit" in value:
        return value.get("valueSI", value["value"])
    return value


def _units(said: object) -> Iterator[Finding]:
    """Say which units nobody knows; such a value stays as it was entered, and cannot be searched for."""
    for path, unit in leaves(said):
        if path.endswith(".unit") and isinstance(unit, str) and not is_unit(unit):
            yield Finding(path=path, expectation="a unit that is known", value=unit, source=supplier_of(path))
