"""How a value of OSC-EM becomes a value of PDBx. Each turn takes the value and the facts of the item that it is for."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from emdewar.oscem.mmcif.facts import ItemFacts
from emdewar.oscem.mmcif.plain import one_line, plain_text
from emdewar.oscem.mmcif.quantities import PDBX_UNITS, in_unit, number, written
from emdewar.oscem.mmcif.values import one_of
from emdewar.oscem.mmcif.words import NOTHING, key_of, matched
from emdewar.oscem.views.people import orcid_url

Turn = Callable[[Any, ItemFacts], str | None]
"""Gives the text of a value, or None where there is nothing to say.

Raises:
    UnfitError: PDBx cannot take the value.
"""

UNKNOWN: Final = "?"
"""Says that a row is there, and that its value is not known."""

YES, NO = "YES", "NO"

_ONE_LINE: Final = frozenset({"line", "code", "ucode", "uline"})
_SEQUENCE: Final = re.compile(r"(?:[A-Z]|\([0-9A-Z]{1,5}\))+")
_THICKNESS: Final = re.compile(r"(?P<value>\d+(?:\.\d+)?)\s*(?P<unit>\D+)")
_LINE_LENGTH: Final = 80


class UnfitError(Exception):
    """A value that PDBx cannot take; the message says what it would.

    Attributes:
        seen: The value, where it is not the whole of what was turned.
    """

    def __init__(self, expected: str, seen: str | None = None) -> None:
        """Keep both."""
        super().__init__(expected)
        self.seen = seen


def text(value: Any, item: ItemFacts) -> str | None:  # noqa: ANN401 - JSON of any shape
    """Write a text in ASCII."""
    if not isinstance(value, str):
        raise UnfitError("a text")
    plain = one_line(value) if item.type in _ONE_LINE else plain_text(value)
    if plain is None:
        raise UnfitError("a text in Latin letters")
    return plain or None


def word(words: Mapping[str, str]) -> Turn:
    """Find the dictionary's word; another text is kept only where the dictionary allows any."""

    def turn(value: Any, item: ItemFacts) -> str | None:  # noqa: ANN401
        written_out = text(value, item)
        if written_out is None or key_of(written_out) in NOTHING:
            return None
        allowed = item.words or item.deposition_words
        found = matched(written_out, allowed, words)
        if found is None and item.words:
            raise UnfitError(one_of(item.words, written_out))
        return found or written_out

    return turn


def amount(value: Any, item: ItemFacts) -> str | None:  # noqa: ANN401
    """Write a quantity in the item's unit."""
    return written(_amount(value, _unit_of(item)))


def amount_in(unit: str) -> Turn:
    """Write a quantity in a unit that the dictionary names in its prose only."""
    return lambda value, _item: written(_amount(value, unit))


def underfocus(value: Any, item: ItemFacts) -> str | None:  # noqa: ANN401
    """Turn the sign of a defocus: OSC-EM counts underfocus as negative, PDBx as positive."""
    return written(-_amount(value, _unit_of(item)))


def estimated_underfocus(value: Any, item: ItemFacts) -> str | None:  # noqa: ANN401
    """Write a defocus that a program estimated; those count underfocus as positive, as PDBx does.

    OSC-EM does not say which sign it wants: one below 0 may be underfocus after OSC-EM's other items, or overfocus.
    """
    found = _amount(value, _unit_of(item))
    if found < 0:
        raise UnfitError("a defocus as programs estimate it, underfocus above 0")
    return written(found)


def taxon(value: Any, item: ItemFacts) -> str | None:  # noqa: ANN401
    """Write a number of NCBI's taxonomy."""
    found = text(value, item)
    if found is not None and not (found.isascii() and found.isdigit() and int(found[:20]) > 0):
        raise UnfitError("a number of NCBI's taxonomy, as 9606")
    return found


def whole(value: Any, item: ItemFacts) -> str | None:  # noqa: ANN401
    """Write a whole number, of a count or of a quantity; a fraction is refused, not rounded."""
    found = _amount(value, _unit_of(item)) if item.unit and isinstance(value, Mapping) else number(value)
    if found is None or found != found.to_integral_value():
        raise UnfitError("a whole number")
    return f"{found:.0f}"


def plain_number(value: Any, _item: ItemFacts) -> str | None:  # noqa: ANN401
    """Write a number that has no unit."""
    found = number(value)
    if found is None:
        raise UnfitError("a number")
    return written(found)


def yes_no(value: Any, _item: ItemFacts) -> str | None:  # noqa: ANN401
    """Write a boolean in PDBx's capitals."""
    if not isinstance(value, bool):
        raise UnfitError("true or false")
    return YES if value else NO


def day(value: Any, _item: ItemFacts) -> str | None:  # noqa: ANN401
    """Write the day of a moment, as it was where the clock stood."""
    try:
        return datetime.fromisoformat(value).date().isoformat()
    except (TypeError, ValueError) as error:
        raise UnfitError("a date-time, as 2026-01-31T12:00:00+01:00") from error


def sequence(value: Any, _item: ItemFacts) -> str | None:  # noqa: ANN401
    """Write a sequence in one-letter codes, in lines of 80."""
    letters = "".join(value.split()).rstrip("*").upper() if isinstance(value, str) else ""
    if not _SEQUENCE.fullmatch(letters):
        raise UnfitError("a sequence in one-letter codes, others as (MSE)")
    return "\n".join(letters[start : start + _LINE_LENGTH] for start in range(0, len(letters), _LINE_LENGTH))


def orcid(value: Any, _item: ItemFacts) -> str | None:  # noqa: ANN401
    """Write an ORCID without the address in front."""
    found = orcid_url(value.strip().removesuffix("/").rpartition("/")[2]) if isinstance(value, str) else None
    if found is None:
        raise UnfitError("an ORCID with the right check digit, as 0000-0002-1825-0097")
    return found.rpartition("/")[2]


def thickness(value: Any, item: ItemFacts) -> str | None:  # noqa: ANN401
    """Write a thickness that was given as a text with its unit, `12 nm`."""
    parts = _THICKNESS.fullmatch(value.strip()) if isinstance(value, str) else None
    if parts is None:
        raise UnfitError("a thickness with its unit, as 12 nm")
    return written(_amount({"value": float(parts["value"]), "unit": parts["unit"]}, _unit_of(item)))


def always(fixed: str) -> Turn:
    """Write the same wherever there is a value."""
    return lambda value, _item: None if value in ([], {}, "") else fixed


def _unit_of(item: ItemFacts) -> str:
    return PDBX_UNITS[item.unit or ""]


def _amount(value: Any, unit: str) -> Decimal:  # noqa: ANN401
    found = in_unit(value, unit) if isinstance(value, Mapping) else None
    if found is None:
        raise UnfitError(f"a value in {unit}, or in a unit that can be turned into it")
    return found
