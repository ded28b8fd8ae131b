"""The v3 dialect of datasets: single values where v4 has lists, and a history inside the dataset."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request
from catalog_api.tables import ChangeRecordRow
from catalog_api.wire.shape import plain

SINGULAR = {
    "principalInvestigator": "principalInvestigators",
    "investigator": "principalInvestigators",
    "proposalId": "proposalIds",
    "sampleId": "sampleIds",
    "instrumentId": "instrumentIds",
}
"""v3 names and the v4 lists whose first entry they are."""

_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "raw": ("owner", "principalInvestigator", "creationLocation"),
    "derived": ("owner", "investigator", "inputDatasets", "usedSoftware"),
}
_LISTS = frozenset({"inputDatasets", "usedSoftware"})
_READ = {name: plural for name, plural in SINGULAR.items() if name != "investigator"}


@dataclass(frozen=True)
class Fault:
    """What is wrong with one property.

    Attributes:
        property: Its name.
        constraint: Name of the rule, as class-validator has it.
        message: For people.
    """

    property: str
    constraint: str
    message: str


def faults_of(error: ValidationError) -> list[Fault]:
    """Give the faults that a model found."""
    found = error.errors(include_url=False)
    return [Fault(str(fault["loc"][0]) if fault["loc"] else "", fault["type"], fault["msg"]) for fault in found]


def faults(body: Mapping[str, Any], kind: object, *, whole: bool) -> list[Fault]:
    """Find what is wrong with a body that only v3 knows.

    Args:
        body: What was sent.
        kind: Type of the dataset.
        whole: It is a whole dataset, not some of its fields.
    """
    required = _REQUIRED.get(kind, ()) if whole and isinstance(kind, str) else ()
    found = [fault for name in required if (fault := _lacking(body, name)) is not None]
    singular = [name for name in SINGULAR if name in body and name not in required]
    return found + [_no_string(name) for name in singular if not isinstance(body[name], str | None)]


def refusal(found: Iterable[Fault]) -> Exception:
    """Refuse a body as SciCat's v3 does: the message is JSON text, one entry a property."""
    entries: dict[str, dict[str, str]] = {}
    for fault in found:
        entries.setdefault(fault.property, {})[fault.constraint] = fault.message
    listed = [{"property": name, "children": [], "constraints": rules} for name, rules in entries.items()]
    return bad_request(json.dumps(listed, ensure_ascii=False, separators=(",", ":")))


def to_v4(body: Mapping[str, Any]) -> dict[str, Any]:
    """Translate what a v3 client sends."""
    translated = {name: value for name, value in body.items() if name not in SINGULAR}
    for name, plural in SINGULAR.items():
        if name in body and plural not in translated and isinstance(body[name], str | None):
            translated[plural] = [body[name]] if body[name] else []
    return translated


def with_name(body: Mapping[str, Any]) -> dict[str, Any]:
    """Name a raw or derived dataset after the last two folders of its source, as v3 does when no name is given."""
    if body.get("type") not in ("raw", "derived"):
        return dict(body)
    folders = str(body.get("sourceFolder", "")).strip("/").split("/")
    return {"datasetName": "/".join(folders[-2:]), **body}


def to_v3(dataset: Mapping[str, Any]) -> dict[str, Any]:
    """Write a dataset of the v4 dialect with v3's names beside its own."""
    single = {name: dataset[plural][0] for name, plural in _READ.items() if dataset[plural]}
    if dataset["type"] == "derived" and "principalInvestigator" in single:
        single["investigator"] = single["principalInvestigator"]
    kept = {name: value for name, value in dataset.items() if name != "jobParameters" or value is not None}
    return {**kept, **single}


def history_wire(records: Iterable[ChangeRecordRow]) -> list[dict[str, Any]]:
    """Write the changes of a dataset as v3 has them: each changed field with its previous and its current value."""
    return [
        {"id": str(record.id), "updatedAt": plain(record.timestamp), "updatedBy": record.user, **_changed(record)}
        for record in records
    ]


def _lacking(body: Mapping[str, Any], name: str) -> Fault | None:
    if name in _LISTS:
        missing = body.get(name) is None
        return Fault(name, "isString", f"each value in {name} must be a string") if missing else None
    plural = body.get(SINGULAR.get(name, ""))
    sent = body.get(name, plural[0] if isinstance(plural, list) and plural else None)
    return None if isinstance(sent, str) else _no_string(name)


def _no_string(name: str) -> Fault:
    return Fault(name, "isString", f"{name} must be a string")


def _changed(record: ChangeRecordRow) -> dict[str, Json]:
    before, after = record.before or {}, record.after or {}
    names = [*before, *(name for name in after if name not in before)]
    return {
        name: {"previousValue": _identified(before.get(name)), "currentValue": _identified(after.get(name))}
        for name in names
    }


def _identified(value: Json) -> Json:
    """Name a sub-document by `id` too, as v3 has it in its history."""
    return {"id": value["_id"], **value} if isinstance(value, dict) and "_id" in value else value
