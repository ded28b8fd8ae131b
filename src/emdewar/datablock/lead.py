"""The two files that lead every datablock: what this is, for a reader who has nothing but the tape.

`ro-crate-metadata.json` follows RO-Crate 1.1 (a JSON-LD graph with the dataset as its root); `oscem.json` is the
dataset's OSC-EM record. Both are made from the catalog's record alone, so a second run makes the same bytes.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from emdewar.records import Dataset, iso_milliseconds

CRATE: Final = "ro-crate-metadata.json"
OSCEM: Final = "oscem.json"


def lead_members(dataset: Dataset) -> dict[str, bytes]:
    """Give the leading files by name, in the order in which they stand in the tar."""
    return {CRATE: _json(_crate(dataset)), OSCEM: _json(dataset.scientific_metadata)}


def _crate(dataset: Dataset) -> Mapping[str, Any]:
    root = {
        "@id": "./",
        "@type": "Dataset",
        "identifier": dataset.pid,
        "name": dataset.dataset_name,
        "description": dataset.description or dataset.dataset_name,
        "dateCreated": iso_milliseconds(dataset.creation_time),
        "creator": {"@id": "#owner"},
        "hasPart": [{"@id": OSCEM}],
    }
    descriptor = {
        "@id": CRATE,
        "@type": "CreativeWork",
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "about": {"@id": "./"},
    }
    owner = {"@id": "#owner", "@type": "Person", "name": dataset.owner, "email": dataset.contact_email}
    oscem = {"@id": OSCEM, "@type": "File", "name": "OSC-EM metadata", "encodingFormat": "application/json"}
    return {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": [descriptor, root, owner, oscem]}


def _json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
