"""One value against the facts of its item: what the dictionary forbids, and what a deposition finds unusual."""

import re
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Final

from emdewar.oscem.mmcif.facts import Facts, ItemFacts, Range
from emdewar.oscem.mmcif.words import key_of

MANY_WORDS: Final = 8
"""An enumeration that is longer is named by its most similar words only."""

FEW_WORDS: Final = 3
"""How many are named where none is similar."""

USUALLY: Final = "usually "
"""How an expectation begins that is no rule: a deposition asks whether the value is meant."""

MATCHED_CHARACTERS: Final = 100_000
"""A value that is longer is judged by its beginning; nothing but a sequence is so long."""

SIMPLE_TYPES: Final = frozenset(
    {"author", "boolean", "code", "float", "int", "int-range", "line", "orcid_id", "positive_int", "text", "uchar1"}
    | {"ucode", "uline", "yyyy-mm-dd", "emd_id", "pdb_id", "point_group", "point_group_helical", "asym_id"}
)
"""Types whose patterns match in linear time. Others of the full dictionary can take for ever, and are left to gemmi."""


TYPES: Final = {
    "code": "one word in ASCII",
    "float": "a number",
    "int": "a whole number",
    "line": "one line in ASCII",
    "orcid_id": "an ORCID, as 0000-0002-1825-0097",
    "positive_int": "a whole number above 0",
    "text": "text in ASCII",
    "yyyy-mm-dd": "a day, as 2026-01-31",
}
"""What a type is called for people."""


def forbidden(value: str, item: ItemFacts, facts: Facts) -> str | None:
    """Say what was expected where a value breaks the dictionary's own rules; None where it keeps them."""
    if item.type in SIMPLE_TYPES and item.type in facts.types:
        kind = facts.types[item.type]
        if not _pattern(kind.pattern).fullmatch(value[:MATCHED_CHARACTERS]):
            return TYPES.get(item.type, f"a value of type {item.type}")
    if item.words and not _is_word(value, item, facts):
        return one_of(item.words, value)
    if item.ranges and not _is_within(value, item.ranges, with_bounds=False):
        return within(item.ranges, item.unit)
    return None


def unusual(value: str, item: ItemFacts, facts: Facts) -> str | None:
    """Say what is usual where a value is allowed and not that; None where it is.

    Bounds of usual ranges count as usual: an aperture of 50 um is one of 50 to 150.
    """
    if item.deposition_words and value not in item.deposition_words:
        return f"{USUALLY}{one_of(item.deposition_words, value)}"
    if item.deposition_ranges and not _is_within(value, item.deposition_ranges, with_bounds=True):
        return f"{USUALLY}{within(item.deposition_ranges, item.unit)}"
    if item.deposition_type in SIMPLE_TYPES and item.deposition_type in facts.types:
        kind = facts.types[item.deposition_type]
        if not _pattern(kind.pattern).fullmatch(value):
            expected = TYPES.get(item.deposition_type, f"a value of type {item.deposition_type}")
            return f"{USUALLY}{expected}"
    return None


def one_of(words: tuple[str, ...], value: str) -> str:
    """Name the words to choose from: all, or the ones most like the value."""
    if len(words) <= MANY_WORDS:
        return f"one of {', '.join(words)}"
    parts = set(re.findall(r"[a-z]{3,}", value.casefold()))
    similar = [
        word for word in words if any(part in word.casefold() for part in parts) or key_of(value) in key_of(word)
    ]
    return f"one of {len(words)} words, as {', '.join(similar[:MANY_WORDS] or words[:FEW_WORDS])}"


def within(ranges: tuple[Range, ...], unit: str | None) -> str:
    """Write ranges for people: `1 to 150 microns`, `above 0`."""
    lows = [Decimal(low) for low, _ in ranges if low]
    highs = [Decimal(high) for _, high in ranges if high]
    low, high = (min(lows) if lows else None), (max(highs) if all(high for _, high in ranges) else None)
    named = f" {unit}" if unit else ""
    if high is None:
        return f"a value from {low}{named} on"
    return f"{low} to {high}{named}" if low is not None else f"a value up to {high}{named}"


def _is_word(value: str, item: ItemFacts, facts: Facts) -> bool:
    kind = facts.types.get(item.type or "")
    if kind is not None and kind.primitive == "uchar":
        return value.casefold() in {word.casefold() for word in item.words}
    return value in item.words


def _is_within(value: str, ranges: tuple[Range, ...], *, with_bounds: bool) -> bool:
    try:
        amount = Decimal(value.partition("(")[0])
    except InvalidOperation:
        return False
    return any(_is_in(amount, low, high, with_bounds=with_bounds) for low, high in ranges)


def _is_in(amount: Decimal, low: str, high: str, *, with_bounds: bool) -> bool:
    above, below = Decimal(low or "-Infinity"), Decimal(high or "Infinity")
    return above <= amount <= below if with_bounds or above == below else above < amount < below


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    # A bracket that opens right after another is a literal one in the dictionary's language; Python warns of it.
    return re.compile(pattern.replace("[][", r"[\]\["))
