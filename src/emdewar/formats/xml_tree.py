"""Vendor XML as a tree of plain names: namespaces and prefixes differ between versions, the local names hardly do."""

import math
from datetime import datetime
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring

from emdewar.errors import INCOMPLETE_FILES, RefusedError, UnavailableError


def read_tree(path: Path) -> Element:
    """Parse a whole XML file and reduce every tag to its local name.

    A document type is refused: no microscope writes one, and entities are how XML is made to explode.

    Raises:
        RefusedError: The file is empty, cut short, followed by something else, or declares a document type.
        UnavailableError: The file cannot be read now.
    """
    try:
        root: Element = fromstring(read_content(path), forbid_dtd=True)
    except (ParseError, ValueError, LookupError) as error:
        msg = f"{path} is not one whole XML document ({error}); copy it again from the microscope"
        raise RefusedError(msg, reason=INCOMPLETE_FILES, paths=[path.name]) from error
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def read_content(path: Path) -> bytes:
    """Read a small file whole.

    Raises:
        UnavailableError: The file cannot be read now.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        msg = f"cannot read {path} now: {error.strerror or error}; check the share and try again"
        raise UnavailableError(msg) from error


def text_at(element: Element, path: str) -> str | None:
    """Give the text at a path of local names, or None where it is absent or blank."""
    return (element.findtext(path) or "").strip() or None


def number_at(element: Element, path: str) -> float | None:
    """Give the finite number at a path of local names, or None."""
    return as_number(text_at(element, path))


def flag_at(element: Element, path: str) -> bool | None:
    """Give the boolean at a path of local names, or None."""
    return as_flag(text_at(element, path))


def as_number(text: str | None) -> float | None:
    """Read a finite number, or None for anything else (`None`, blank, `NaN`)."""
    try:
        value = float(text or "nan")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def as_flag(text: str | None) -> bool | None:
    """Read `true` or `false` in any case, or None for anything else."""
    return {"true": True, "false": False}.get((text or "").strip().lower())


def as_moment(text: str | None) -> datetime | None:
    """Read an ISO moment with offset; without one it is no moment, and nothing is guessed."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def key_values(element: Element | None) -> dict[str, Element]:
    """Give the values of a serialised dictionary (`Key` and `Value` children of each entry) by key."""
    found: dict[str, Element] = {}
    for entry in [] if element is None else element:
        key = entry.findtext("Key") or entry.findtext("key")
        value = entry.find("Value") if entry.find("Value") is not None else entry.find("value")
        if key and value is not None:
            found[key] = value
    return found
