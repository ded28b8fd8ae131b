"""What a person said joins what files said: files count where both speak, and a person's values are never lost."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from emdewar.oscem.findings import Finding
from emdewar.oscem.leaves import leaves
from emdewar.oscem.ledger import Ledger, Said, alike
from emdewar.oscem.person import PersonValues
from emdewar.oscem.session_metadata import SessionMetadata
from emdewar.oscem.suppliers import supplier_of
from emdewar.oscem.units import is_unit, si_value

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
        by_files = Ledger(sources=dict(ledger.sources), findings=ledger.findings)
        ledger.sources.update({path: person.source for path, _ in leaves(values, part)})
        record[part] = _completed(values, record.get(part), part, by_files, person.source)
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
    if isinstance(known, list) and isinstance(said, list) and len(known) == len(said):
        pairs = enumerate(zip(known, said, strict=True))
        return [_filled(mine, its, f"{path}.{number}", ledger, source) for number, (mine, its) in pairs]
    if not _is_same(known, said):
        of_files = Said(_in_words(known), next(iter(_sources_below(ledger, path)), ""))
        ledger.differ(path, of_files, Said(_in_words(said), source))
    return known


def _completed(said: Any, known: Any, path: str, by_files: Ledger, source: str) -> Any:  # noqa: ANN401 - JSON of any shape
    """Keep what only files say of what a person knows best, and compare where both speak."""
    if known is None:
        return said
    if isinstance(known, dict) and isinstance(said, dict) and "unit" not in known:
        common = {name: _completed(said[name], known.get(name), f"{path}.{name}", by_files, source) for name in said}
        return {**known, **common}
    if not _is_same(said, known):
        of_files = next(iter(_sources_below(by_files, path)), "")
        by_files.differ(path, Said(_in_words(said), source), Said(_in_words(known), of_files))
    return said


def _sources_below(ledger: Ledger, path: str) -> Iterator[str]:
    return (source for leaf, source in ledger.sources.items() if leaf == path or leaf.startswith(f"{path}."))


def _is_same(one: Any, other: Any) -> bool:  # noqa: ANN401 - JSON of any shape
    """Compare quantities in SI, so that 0.3 nm are 3 Å, and moments whatever their zone."""
    if isinstance(one, dict) and isinstance(other, dict) and "unit" in one and "unit" in other:
        in_same = si_value(other["value"], other["unit"], one["unitSI"]) if "unitSI" in one else None
        is_written_alike = one["unit"] == other["unit"] and alike(one["value"], other["value"])
        return is_written_alike or (in_same is not None and alike(one["valueSI"], in_same))
    moments = [_moment(value) for value in (one, other)]
    return moments[0] == moments[1] if None not in moments else alike(one, other)


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo else None


def _in_words(value: Any) -> Any:  # noqa: ANN401 - JSON of any shape
    """Give a quantity as it was written."""
    return f"{value['value']} {value['unit']}" if isinstance(value, dict) and "unit" in value else value


def _units(said: object) -> Iterator[Finding]:
    """Say which units nobody knows; such a value stays as it was entered, and cannot be searched for."""
    for path, unit in leaves(said):
        if path.endswith(".unit") and isinstance(unit, str) and not is_unit(unit):
            yield Finding(path=path, expectation="a unit that is known", value=unit, source=supplier_of(path))
