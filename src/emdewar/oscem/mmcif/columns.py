"""The categories of a data block as plain tables, whether they are written as pairs or as loops."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import cast

from gemmi import cif


@dataclass(frozen=True, slots=True)
class Table:
    """One category: values as written (quotes and all) by item, in lower case, and the items as they are spelled."""

    category: str
    columns: dict[str, list[str]] = field(default_factory=dict)
    spelled: dict[str, str] = field(default_factory=dict)

    @property
    def length(self) -> int:
        """Number of rows."""
        return max(map(len, self.columns.values()), default=0)

    def text(self, item: str, row: int) -> str | None:
        """Give a value without its quotes; None where it is unknown, does not apply, or is not there."""
        column = self.columns.get(item.lower(), [])
        return None if row >= len(column) or cif.is_null(column[row]) else cif.as_string(column[row])

    def texts(self, item: str) -> list[str]:
        """Give all known values of an item."""
        return [text for row in range(self.length) if (text := self.text(item, row)) is not None]


def tables_of(block: cif.Block, categories: Collection[str] | None = None) -> dict[str, Table]:
    """Give the categories of a block by name in lower case.

    Args:
        block: The block.
        categories: Names in lower case of the only ones wanted; all that begin with `em_` come with them.
    """
    tables: dict[str, Table] = {}
    for tag, values in _columns(block, categories):
        category, _, item = tag.removeprefix("_").partition(".")
        table = tables.setdefault(category.lower(), Table(category))
        table.columns[item.lower()] = values
        table.spelled[item.lower()] = item
    return tables


def pair_of(entry: cif.Item) -> tuple[str, str] | None:
    """Give tag and value of a pair, which gemmi's stubs do not type."""
    return cast("tuple[str, str] | None", entry.pair)


def _columns(block: cif.Block, categories: Collection[str] | None) -> Iterator[tuple[str, list[str]]]:
    for entry in block:
        if pair := pair_of(entry):
            if _is_wanted(pair[0], categories):
                yield pair[0], [pair[1]]
        elif entry.loop is not None and _is_wanted(entry.loop.tags[0], categories):
            yield from ((tag, list(block.find_loop(tag))) for tag in entry.loop.tags)


def torn(block: cif.Block, categories: Collection[str]) -> list[str]:
    """Name categories whose items stand in two loops, or in a loop and in pairs: nobody can tell their rows."""
    places: dict[str, set[str]] = {}
    for entry in block:
        pair = pair_of(entry)
        tags = [pair[0]] if pair else entry.loop.tags if entry.loop is not None else []
        for tag in tags:
            if _is_wanted(tag, categories):
                category = tag.removeprefix("_").partition(".")[0].lower()
                places.setdefault(category, set()).add("" if pair else tags[0])
    return [category for category, found in places.items() if len(found) > 1]


def _is_wanted(tag: str, categories: Collection[str] | None) -> bool:
    category, _, item = tag.removeprefix("_").partition(".")
    if not item:
        return False
    category = category.lower()
    return categories is None or category in categories or category.startswith("em_")
