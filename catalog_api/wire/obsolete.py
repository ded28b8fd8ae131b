"""The v3 dialect of datasets: single values where v4 has lists."""

from collections.abc import Mapping
from typing import Any

SINGULAR = {
    "principalInvestigator": "principalInvestigators",
    "investigator": "principalInvestigators",
    "proposalId": "proposalIds",
    "sampleId": "sampleIds",
    "instrumentId": "instrumentIds",
}
"""v3 names and the v4 lists whose first entry they are."""

_READ = {name: plural for name, plural in SINGULAR.items() if name != "investigator"}


def to_v4(body: Mapping[str, Any]) -> dict[str, Any]:
    """Translate what a v3 client sends."""
    translated = {name: value for name, value in body.items() if name not in SINGULAR}
    for name, plural in SINGULAR.items():
        if name in body and plural not in translated:
            translated[plural] = [body[name]] if body[name] else []
    return translated


def with_name(body: dict[str, Any]) -> dict[str, Any]:
    """Name a dataset after the last two folders of its source, as v3 does when no name is given."""
    folders = str(body.get("sourceFolder", "")).strip("/").split("/")
    return {"datasetName": "/".join(folders[-2:]), **body}


def to_v3(dataset: Mapping[str, Any]) -> dict[str, Any]:
    """Add the single values to a dataset as v4 writes it."""
    single = {name: next(iter(dataset[plural]), None) for name, plural in _READ.items()}
    if dataset["type"] == "derived":
        single["investigator"] = single["principalInvestigator"]
    return {**dataset, **single}
