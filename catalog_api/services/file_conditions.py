"""What a filter can name of blocks and of the files in them."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import JSON, exists
from sqlalchemy.orm import aliased
from sqlmodel import col

from catalog_api.json_type import Json
from catalog_api.rules.block_rights import Block
from catalog_api.tables import DatablockFileRow, DatablockRow, DeclaredFileRow, OrigDatablockRow
from catalog_api.wire.conditions import Column, Condition, JsonField, Searchable
from catalog_api.wire.document import names_of
from catalog_api.wire.patterns import Pattern
from catalog_api.wire.written import NOT_WRITTEN

_SAID_OF_OWNERSHIP = ("uid", "gid", "perm", "type", "metadata")


@dataclass(frozen=True)
class OfAnyFile:
    """A property of the files of a block: as in MongoDB, a block is found by any of its files.

    Attributes:
        file: The property, of one file.
        belongs: Tells which files are the block's.
        block: Whose table.
    """

    file: Searchable
    belongs: Condition
    block: type[Block]

    def is_among(self, values: list[Json]) -> Condition:
        """Find blocks with a file that has one of some values."""
        return self._any(self.file.is_among(values))

    def is_within(self, bounds: Mapping[str, Json]) -> Condition:
        """Find blocks with a file whose value lies within bounds."""
        return self._any(self.file.is_within(bounds))

    def exists(self) -> Condition:
        """Find blocks with a file that has a value."""
        return self._any(self.file.exists())

    def matches(self, pattern: Pattern) -> Condition:
        """Find blocks with a file in whose text a pattern is found."""
        return self._any(self.file.matches(pattern))

    def below(self, path: str) -> Searchable:
        """Give what lies below."""
        return OfAnyFile(self.file.below(path), self.belongs, self.block)

    def _any(self, found: Condition) -> Condition:
        return exists().where(self.belongs, found).correlate(self.block)


def _of_blocks(block: type[Block]) -> dict[str, Searchable]:
    names = {column: name for column, name in names_of(block, {}).items() if column not in NOT_WRITTEN}
    columns = {name: getattr(block, column) for column, name in names.items()} | {"_id": col(block.id)}
    return {name: JsonField(on) if isinstance(on.type, JSON) else Column(on) for name, on in columns.items()}


def _of_files(file: Json) -> dict[str, Searchable]:
    names = ("path", "size", "time", "chk")
    known: dict[str, Searchable] = {name: Column(getattr(file, name)) for name in names}
    known |= {name: JsonField(file.owner, (name,)) for name in _SAID_OF_OWNERSHIP}
    return {f"dataFileList.{name}": searchable for name, searchable in known.items()}


def _of_any_file(block: type[Block], file: Json, belongs: Condition) -> dict[str, Searchable]:
    of_files = _of_files(file)
    return {name: OfAnyFile(searchable, belongs, block) for name, searchable in of_files.items()}


_DECLARED, _ARCHIVED = aliased(DeclaredFileRow), aliased(DatablockFileRow)

FILE_LISTS: dict[str, Searchable] = _of_blocks(OrigDatablockRow) | _of_any_file(
    OrigDatablockRow, _DECLARED, col(_DECLARED.orig_datablock_id) == col(OrigDatablockRow.id)
)
"""What a filter on file lists can name."""

FILE_ORDER: dict[str, Searchable] = FILE_LISTS | _of_files(DeclaredFileRow)
"""What files, one by one, can be sorted by."""

DATABLOCKS: dict[str, Searchable] = _of_blocks(DatablockRow) | _of_any_file(
    DatablockRow, _ARCHIVED, col(_ARCHIVED.datablock_id) == col(DatablockRow.id)
)
"""What a filter on datablocks can name."""
