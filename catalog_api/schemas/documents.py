"""Schemas by name: OSC-EM's, JSON Schema's own, those of the site's folder, and JSON text of a dataset's own."""

import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from jsonschema.exceptions import SchemaError
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for

from catalog_api.json_type import Json
from catalog_api.schemas.careful import FORMATS, bare, drafts, validator_of
from catalog_api.wire.checked_json import parse
from emdewar.errors import RefusedError
from emdewar.oscem.published import MODULES, schema_document

_OSCEM_ADDRESS = re.compile(
    r"w3id\.org/oscem-schemas/(?:latest|v?1\.0\.2)/(\w+)(?:/jsonschema(?:/oscem_schemas_\w+\.schema\.json)?)?/?"
)
_COSTLY = frozenset({"unevaluatedProperties", "unevaluatedItems", "$dynamicRef", "$recursiveRef"})
"""Keywords for which jsonschema goes through parts of a schema again and again, uncounted."""


def schema_named(name: str, folder: Path | None = None) -> Validator | None:
    """Find the schema that a dataset names.

    Args:
        name: An address, or a JSON schema as text.
        folder: The site's own schemas.

    Returns:
        Its validator, or None where the address is not known here.

    Raises:
        RefusedError: The text is no schema that can be used.
    """
    if name.lstrip().startswith("{"):
        return _of_text(name)
    address = bare(name)
    if (found := _OSCEM_ADDRESS.fullmatch(address)) is not None:
        return _oscem().get(found[1])
    return _drafts().get(address) or known_to_site(folder).get(address)


@cache
def known_to_site(folder: Path | None) -> dict[str, Validator]:
    """Read the schemas of a site's folder, each known by its `$id`.

    Raises:
        RefusedError: A file holds no schema, or one without `$id`.
    """
    if folder is None:
        return {}
    if not folder.is_dir():
        raise RefusedError(f"{folder} is no folder of JSON schemas; correct EMDEWAR_CATALOG_METADATA_SCHEMAS_FOLDER")
    read = [_of_file(path) for path in sorted(folder.glob("*.json"))]
    return {bare(document["$id"]): validator_of(document) for document in read}


@cache
def _oscem() -> dict[str, Validator]:
    return {module: validator_of(schema_document(module)) for module in MODULES}


@cache
def _drafts() -> dict[str, Validator]:
    return {name: draft(draft.META_SCHEMA, format_checker=FORMATS) for name, draft in drafts().items()}


def _of_text(text: str) -> Validator:
    document = parse(text)
    _check_inside(document)
    for inner in document.values():
        _check_unnamed(inner)
    return validator_of(document)


def _check_inside(document: Json) -> None:
    if isinstance(document, dict):
        if costly := _COSTLY & document.keys():
            raise RefusedError(f"the schema has {', '.join(sorted(costly))}; only schemas of the site may have that")
        reference = document.get("$ref")
        if isinstance(reference, str) and not (reference == "#" or reference.startswith("#/")):
            msg = f"the schema refers to {reference[:200]!r}; only what is inside it can be used, as '#/$defs/...'"
            raise RefusedError(msg)
    for inner in _parts(document):
        _check_inside(inner)


def _check_unnamed(document: Json) -> None:
    """Refuse parts with addresses of their own: for each reference below one, the whole schema would be read again."""
    named = [name for name in ("$id", "id") if isinstance(document, dict) and isinstance(document.get(name), str)]
    if named:
        raise RefusedError(f"a part of the schema has {named[0]}; only the whole schema can have an address")
    for inner in _parts(document):
        _check_unnamed(inner)


def _parts(document: Json) -> Iterable[Json]:
    return document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()


def _of_file(path: Path) -> dict[str, Json]:
    try:
        document = json.loads(path.read_text("utf-8"))
        validator_for(document).check_schema(document)
    except (OSError, ValueError, SchemaError) as error:
        raise RefusedError(f"{path} holds no JSON schema: {str(error)[:500]}") from error
    if not isinstance(document, dict) or not isinstance(document.get("$id"), str):
        raise RefusedError(f"the schema in {path} has no $id, by which datasets could name it")
    return document
