"""A document judged by gemmi with the full dictionary.

What one has to know of gemmi 0.7: `read_ddl` empties the dictionary's document; with its contexts on, it complains of
items that are meant for EMDB; its answer is true whatever it logged; it takes a fraction for an integer, and `?` for a
value that is mandatory. Patterns are matched by recursion: a value of 30,000 letters ends the process.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gemmi import cif

from emdewar.oscem.mmcif.columns import pair_of
from emdewar.oscem.mmcif.files import read_cif

LONGEST_MATCHED: Final = 4000
"""Letters of a value that gemmi may match with a pattern."""

_PLACE: Final = re.compile(r".*?\[[^\]]*\] ", re.DOTALL)
_TAG: Final = re.compile(r"_[\w-]+\.[\w\[\]-]+")
_VALUE: Final = re.compile(r"value out of expected range: (?P<range>.+)|'?(?P<word>.+?)'? is not one of the allowed .*")


def messages(document: cif.Document, dictionary: Path) -> list[str]:
    """Give all that gemmi has to say, in its own words.

    Raises:
        RefusedError: The dictionary is none.
        UnavailableError: The dictionary cannot be read now.
    """
    heard: list[str] = []
    ddl = cif.Ddl(logger=heard.append, use_context=False)
    ddl.read_ddl(read_cif(dictionary))
    heard.clear()
    ddl.validate_cif(_without_long_values(document))
    return [" ".join(message.split()) for message in heard]


def item_of(message: str) -> str | None:
    """Give the item that a message names."""
    found = _TAG.search(_without_place(message))
    return found[0] if found else None


def value_of(message: str) -> str | None:
    """Give the value that a message is about, where it names no item."""
    found = _VALUE.fullmatch(_without_place(message))
    return (found["range"] or found["word"]) if found else None


def _without_place(message: str) -> str:
    """Take away file, line and block, whose names can look like anything."""
    return _PLACE.sub("", message, count=1)


def _without_long_values(document: cif.Document) -> cif.Document:
    """Give the document, or where there is a value that would end the process, a copy that has `?` in its place."""
    if not any(map(_is_long, _values(document))):
        return document
    copied = cif.Document()
    for block in document:
        shortened = copied.add_copied_block(block)
        for entry in block:
            if (pair := pair_of(entry)) and _is_long(pair[1]):
                shortened.set_pair(pair[0], "?")
            for tag in entry.loop.tags if entry.loop is not None else ():
                column = shortened.find_loop(tag)
                for row in [row for row, value in enumerate(column) if _is_long(value)]:
                    column[row] = "?"
    return copied


def _is_long(value: str) -> bool:
    return len(value) > LONGEST_MATCHED


def _values(document: cif.Document) -> Iterator[str]:
    """Give all values one by one: a list of them would be larger than the document."""
    for block in document:
        for entry in block:
            if pair := pair_of(entry):
                yield pair[1]
            for tag in entry.loop.tags if entry.loop is not None else ():
                yield from block.find_loop(tag)
