"""JSON documents that cryoSPARC dumps from its database, and the few ways in which it writes a value there."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, TypeAlias

from emdewar.cryosparc.damaged import damaged
from emdewar.formats.regular_file import read_regular

Document: TypeAlias = Mapping[str, Any]

NOTHING: Document = {}
_MOST_THINGS = 1 << 62
MOST_BYTES = 64 << 20
"""The longest document; a refinement with all its curves has some hundred kB."""


def read_json(path: Path) -> object:
    """Read a JSON file of a bounded size.

    Raises:
        RefusedError: It is no file, too long, or not one whole JSON document.
        UnavailableError: It cannot be read now.
    """
    content = read_regular(path, MOST_BYTES)
    try:
        found = json.loads(content)
        if b"\\u" in content:
            # Half of a pair of escapes is no text, and nobody else could write it down again.
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise damaged(path, f"it is not a whole JSON document: {type(error).__name__}") from error
    return found


def as_document(value: object) -> Document:
    """Take an object of JSON, or an empty one where there is none."""
    return value if isinstance(value, dict) else NOTHING


def as_documents(value: object) -> list[Document]:
    """Take the objects of a JSON list; whatever else is in it is left out."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def as_texts(value: object) -> tuple[str, ...]:
    """Take the texts of a JSON list that say something."""
    return tuple(item for item in value if isinstance(item, str) and item) if isinstance(value, list) else ()


def as_text(value: object) -> str | None:
    """Take a text that says something."""
    return value.strip() or None if isinstance(value, str) else None


def as_number(value: object) -> float | None:
    """Take a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def as_count(value: object) -> int | None:
    """Take a number of things; older versions write one for each version of a result, of which the last is final."""
    if isinstance(value, list):
        return as_count(value[-1]) if value else None
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= _MOST_THINGS else None


def as_moment(value: object) -> datetime | None:
    """Take a moment: ISO 8601, an HTTP date, or MongoDB's `{"$date": ...}`, text or milliseconds.

    MongoDB keeps UTC, so a moment without a zone is in UTC.
    """
    if isinstance(value, dict):
        return as_moment(value.get("$date", value.get("$numberLong")))
    try:
        moment = _parsed(value)
    except (ValueError, OverflowError, OSError, TypeError):
        return None
    if moment is None or moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=UTC)


def _parsed(value: object) -> datetime | None:
    if isinstance(value, str) and value.strip().lstrip("-").isdigit():
        return datetime.fromtimestamp(int(value) / 1000, UTC)
    if isinstance(value, str):
        return parsedate_to_datetime(value) if "," in value else datetime.fromisoformat(value)
    number = as_number(value)
    return None if number is None else datetime.fromtimestamp(number / 1000, UTC)
