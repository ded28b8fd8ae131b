"""File lists and datablocks as they are written on the wire."""

from collections.abc import Iterable, Iterator, Sequence

from catalog_api.json_type import Json
from catalog_api.tables import CopyRow, DatablockRow, OrigDatablockRow
from catalog_api.wire.blocks import SentFile
from catalog_api.wire.shape import plain, wire

NOT_WRITTEN = frozenset({"verified_on"})
"""Columns of a datablock that follow from its copies, which say more."""


def file_items(files: Iterable[Json]) -> Iterator[dict[str, Json]]:
    """Write files; each is (path, size, time, chk, what was said about ownership), and its offset in a datablock."""
    for path, size, time, chk, owner, *offset in files:
        file = {"path": path, "size": size, "time": plain(time), "chk": chk, **(owner or {})}
        yield file if not offset or offset[0] is None else {**file, "offset": offset[0]}


def sent_items(files: Iterable[SentFile]) -> Iterator[dict[str, Json]]:
    """Write files as a client sent them."""
    for file in files:
        said = {name: value for name, value in file.items() if value is not None}
        yield {"chk": None, **said, "time": plain(file["time"])}


def list_wire(row: OrigDatablockRow, files: Json = None) -> dict[str, Json]:
    """Write a file list, with its files unless they are left out."""
    own = wire(row, without={"number"} if row.chk_alg else {"number", "chk_alg"})
    return {"_id": row.id, **own, **({} if files is None else {"dataFileList": files}), "__v": 0}


def block_wire(row: DatablockRow, copies: Sequence[CopyRow] | None = None, files: Json = None) -> dict[str, Json]:
    """Write a datablock, with its copies and files unless they are left out."""
    item = {"_id": row.id, **wire(row, without=NOT_WRITTEN if row.chk_alg else NOT_WRITTEN | {"chk_alg"})}
    if copies is not None:
        item["copies"] = [copy_wire(copy) for copy in copies]
    return {**item, **({} if files is None else {"dataFileList": files}), "__v": 0}


def copy_wire(copy: CopyRow) -> dict[str, Json]:
    """Write a copy; a good one has no finding."""
    return wire(copy, without={"datablock_id"} if copy.finding else {"datablock_id", "finding"})
