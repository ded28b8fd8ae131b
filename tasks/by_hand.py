"""What people entered into a dataset's metadata: an ingest asks for it, uses it, and never writes over it."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from emdewar.oscem.findings import Finding
from emdewar.records import Dataset

Json: TypeAlias = dict[str, Any]

OURS: Final = "emdewar"
"""The part of the metadata that is the ingest's own: findings, provenance, series, and what it wrote last."""

OF_PEOPLE: Final = ("sample", "organizational", "processing")
"""Parts of OSC-EM that only people fill."""

OF_FILES: Final = ("acquisition", "instrument")
"""Parts that an ingest fills; what differs from what it wrote last is by hand."""

_ADDED_BY_CATALOG: Final = frozenset({"valueSI", "unitSI"})
_DIGITS: Final = 9


def said_by_people(kept: Mapping[str, Any]) -> Json:
    """Pick what people entered from the metadata that a dataset has.

    A value that somebody added to the files' parts, or changed there, is remembered over any number of ingests, until
    somebody takes it out.

    Args:
        kept: The dataset's scientific metadata.
    """
    said: Json = {part: kept[part] for part in OF_PEOPLE if kept.get(part)}
    ours = _object(kept, OURS)
    if ours and "written" not in ours:
        return said
    for part in OF_FILES:
        now, written = _object(kept, part), _object(_object(ours, "written"), part)
        changed = _changed(now, written)
        remembered = _still_there(_object(_object(ours, "by_hand"), part), now)
        if joined := _joined(remembered, changed):
            said[part] = joined
    return said


def with_parts_of_people(kept: Mapping[str, Any], record: Mapping[str, Any], ours: Json) -> Json:
    """Put a new record into a dataset's metadata: only what the ingest wrote gives way.

    Args:
        kept: The dataset's scientific metadata as it is now.
        record: The new OSC-EM record.
        ours: The new part of the ingest.
    """
    new = {part: slots for part, slots in record.items() if part in OF_FILES or not kept.get(part)}
    others = {name: value for name, value in kept.items() if name not in {*OF_FILES, OURS}}
    return {**new, **{name: value for name, value in others.items() if name not in new}, OURS: ours}


def with_place_to_enter(finding: Finding, dataset: Dataset) -> Finding:
    """Say where a person enters what only a person knows, and what the dataset says of it already."""
    if finding.path not in OF_PEOPLE or finding.value != "none":
        return finding
    known = f"owner {dataset.owner}"
    if dataset.proposal_ids:
        known += f", proposal {', '.join(dataset.proposal_ids)}"
    source = f"the catalog, dataset {dataset.pid}: scientificMetadata.{finding.path}; once is enough"
    value = f"none ({known})" if finding.path == "organizational" else finding.value
    return finding.model_copy(update={"source": source, "value": value})


def _changed(now: Json, written: Json) -> Json:
    """Give what is there now and was not written so."""
    changed: Json = {}
    for name, value in now.items():
        before = written.get(name)
        if _is_group(value) and (before is None or _is_group(before)):
            inner = _changed(value, before or {})
            changed |= {name: inner} if inner else {}
        elif _plain(value) != _plain(before):
            changed[name] = value
    return changed


def _still_there(remembered: Json, now: Json) -> Json:
    """Forget what somebody has taken out."""
    kept: Json = {}
    for name, value in remembered.items():
        if name not in now:
            continue
        kept[name] = _still_there(value, now[name]) if _is_group(value) and _is_group(now[name]) else value
    return kept


def _joined(one: Json, other: Json) -> Json:
    """Join two objects; the second counts."""
    joined = dict(one)
    for name, value in other.items():
        both = _is_group(value) and _is_group(joined.get(name))
        joined[name] = _joined(joined[name], value) if both else value
    return joined


def _is_group(value: object) -> bool:
    """Tell an object of slots from a value: a quantity counts as one."""
    return isinstance(value, dict) and "unit" not in value


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON of any shape
    """Leave away what the catalog adds, and digits beyond those that a quantity keeps."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items() if name not in _ADDED_BY_CATALOG}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return f"{value:.{_DIGITS}g}" if isinstance(value, int | float) and not isinstance(value, bool) else value


def _object(holder: Mapping[str, Any], name: str) -> Json:
    found = holder.get(name)
    return found if isinstance(found, dict) else {}
