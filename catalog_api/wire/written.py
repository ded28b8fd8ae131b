"""File lists and datablocks as they are written on the wire."""

from collections.abc import Iterable, Sequence

from catalog_api.json_type import Json
from catalog_api.tables import CopyRow, DatablockRow, OrigDatablockRow
from catalog_api.wire.shape import plain, wire


def files_wire(files: Iterable[Json]) -> list[dict[str, Json]]:
    """Write files; each is (path, size, time, chk) and then either an offset or what clients said about ownership."""
    return [
        {"path": path, "size": size, "time": plain(time), "chk": chk, **_more(more)}
        for path, size, time, chk, more in files
    ]


def list_wire(row: OrigDatablockRow, files: Sequence[Json] | None) -> dict[str, Json]:
    """Write a file list, with its files unless they are left out."""
    listed = {} if files is None else {"dataFileList": files_wire(files)}
    return {"_id": row.id, **wire(row), **listed}


def block_wire(row: DatablockRow, copies: Sequence[CopyRow]) -> dict[str, Json]:
    """Write a datablock with its copies."""
    return {"_id": row.id, **wire(row), "copies": [copy_wire(copy) for copy in copies]}


def copy_wire(copy: CopyRow) -> dict[str, Json]:
    """Write a verified copy."""
    return wire(copy, without={"datablock_id"})


def _more(more: Json) -> dict[str, Json]:
    if more is None:
        return {}
    return more if isinstance(more, dict) else {"offset": more}
