"""The form of a publication's metadata: a JSON schema of the site's, by which it is filled and checked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from jsonschema import Draft201909Validator
from jsonschema.exceptions import SchemaError

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request
from emdewar.errors import RefusedError

MOST_FAULTS = 20
_NAMED = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "minLength": 1}}}
WHAT_DATACITE_ASKS: Mapping[str, Json] = {
    "metadataSchema": {
        "type": "object",
        "dynamicDefaults": {"publicationYear": "currentYear"},
        "properties": {
            "creators": {"type": "array", "minItems": 1, "items": _NAMED},
            "publisher": _NAMED,
            "publicationYear": {"type": "integer"},
            "resourceType": {"type": "string", "minLength": 1},
        },
        "required": ["creators", "publisher", "publicationYear", "resourceType"],
    },
    "uiSchema": {},
}
"""The form of a site that brings none: what a DOI cannot be registered without."""


@dataclass(frozen=True)
class PublicationForm:
    """A form as SciCat's clients read it.

    Attributes:
        config: `metadataSchema`, and `uiSchema` for those who draw it.
    """

    config: Mapping[str, Json]

    def filled(self, metadata: Mapping[str, Json]) -> dict[str, Json]:
        """Put in what the schema can know by itself, where nothing was given."""
        return dict(_filled(self._schema(), metadata))

    def check(self, doi: str, metadata: Mapping[str, Json]) -> None:
        """Check metadata against the schema.

        Raises:
            RefusedError: It is not complete or not right; the message lists where.
        """
        faults = islice(Draft201909Validator(self._schema()).iter_errors(metadata), MOST_FAULTS)
        listed = sorted(f"metadata{fault.json_path[1:]}: {fault.message[:200]}" for fault in faults)
        if listed:
            raise bad_request(f"published data {doi} cannot be published yet: {'; '.join(listed)}")

    def _schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = self.config.get("metadataSchema") or {}
        return schema


@cache
def publication_form(path: Path | None) -> PublicationForm:
    """Read the form of a site.

    Args:
        path: SciCat's `publishedDataConfig` file; without one, what DataCite asks for.

    Raises:
        RefusedError: The file is no such form.
    """
    if path is None:
        return PublicationForm(WHAT_DATACITE_ASKS)
    try:
        config = json.loads(path.read_text("utf-8"))
        Draft201909Validator.check_schema(config.get("metadataSchema") or {})
    except (OSError, ValueError, AttributeError, SchemaError) as error:
        reason = getattr(error, "message", error)
        raise RefusedError(f"{path} is no form of published data: {reason}; give it a metadataSchema") from error
    return PublicationForm(config)


def _filled(schema: Json, value: Json) -> Json:
    """Fill an object by its schema, what it combines, and what lies below its properties."""
    if not isinstance(schema, dict) or not isinstance(value, dict):
        return value
    filled = dict(value)
    for name, word in (schema.get("dynamicDefaults") or {}).items():
        if word == "currentYear" and filled.get(name) in (None, ""):
            filled[name] = datetime.now(UTC).year
    for name, below in (schema.get("properties") or {}).items():
        if isinstance(below, dict) and "default" in below and filled.get(name) in (None, ""):
            filled[name] = below["default"]
        elif name in filled:
            filled[name] = _filled(below, filled[name])
    for part in schema.get("allOf") or []:
        filled = _filled(part, filled)
    return filled
