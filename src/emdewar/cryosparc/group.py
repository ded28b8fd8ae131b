"""Groups of results: a `.csg` names the `.cs` files over which the columns of the same items are spread.

The files list the items in their own order and may not all list the same ones, so they are joined on `uid`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from emdewar.cryosparc.columns import Columns, read_columns
from emdewar.cryosparc.damaged import damaged
from emdewar.cryosparc.documents import as_count, as_document, as_text
from emdewar.cryosparc.header import read_header
from emdewar.cryosparc.places import look_at, project_path
from emdewar.formats.regular_file import read_regular

MOST_BYTES = 4 << 20
UID = "uid"


@dataclass(frozen=True)
class GroupResult:
    """One result of a group.

    Attributes:
        name: Also the prefix of its columns, e.g. `alignments3D`.
        kind: e.g. `particle.alignments3D`.
        path: Of its `.cs`, relative to the project.
        items: How many items it has, as the group says.
    """

    name: str
    kind: str | None
    path: str
    items: int | None


@dataclass(frozen=True)
class Group:
    """What a `.csg` says.

    Attributes:
        name: e.g. `particles`.
        kind: e.g. `particle`.
        version: Of cryoSPARC.
        results: In the file's order.
    """

    name: str | None
    kind: str | None
    version: str | None
    results: tuple[GroupResult, ...]


@dataclass(frozen=True)
class JoinedColumns:
    """Columns of a group, of the items that all its files have.

    Attributes:
        columns: By name, with `uid`; in the order of the first file.
        left_out: Items that one of the files lacks.
    """

    columns: Columns
    left_out: int


def read_group(root: Path, path: str) -> Group:
    """Read a `.csg` of a project.

    Args:
        root: The project's folder.
        path: Of the `.csg`, relative to it.

    Raises:
        RefusedError: It is not such a file, or names a file outside the project.
        UnavailableError: It cannot be read now.
    """
    place = root / path
    found = as_document(_load(place))
    results = as_document(found.get("results"))
    if not results:
        raise damaged(place, "it names no results")
    about = as_document(found.get("group"))
    folder = str(PurePosixPath(path).parent)
    return Group(
        name=as_text(about.get("name")),
        kind=as_text(about.get("type")),
        version=as_text(found.get("version")),
        results=tuple(_result(place, folder, str(name), as_document(result)) for name, result in results.items()),
    )


def read_joined(root: Path, group: Group, names: Sequence[str]) -> JoinedColumns:
    """Read columns of a group, joined on `uid` over its files.

    Args:
        root: The project's folder.
        group: The group.
        names: Columns as `result/name`.

    Raises:
        RefusedError: A column or file is not there, is damaged, or lists an item twice.
        UnavailableError: A file cannot be read now.
    """
    joined: JoinedColumns | None = None
    for path, wanted in _by_file(root, group, names).items():
        place = root / path
        found = read_columns(place, list(dict.fromkeys((UID, *wanted))))
        if found[UID].dtype.kind != "u" or found[UID].ndim != 1:
            raise damaged(place, "its uid are no numbers")
        if len(np.unique(found[UID])) < len(found[UID]):
            raise damaged(place, "it lists an item twice")
        joined = JoinedColumns(found, 0) if joined is None else _join(joined, found)
    return joined or JoinedColumns({}, 0)


def _load(path: Path) -> object:
    try:
        return yaml.load(read_regular(path, MOST_BYTES), _Loader)  # noqa: S506 - a safe loader, and stricter
    except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:
        raise damaged(path, f"it is not YAML as cryoSPARC writes it: {type(error).__name__}") from error


class _Loader(yaml.SafeLoader):
    """Plain values only, without aliases, through which a few lines become a billion."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("an alias")
        return super().compose_node(parent, index)


def _result(place: Path, folder: str, name: str, result: Mapping[str, Any]) -> GroupResult:
    text = as_text(result.get("metafile")) or ""
    path = project_path(text if text.startswith(">") else f">{text}", folder) if text else None
    if path is None:
        raise damaged(place, f"the file of its result {name} is not in the project: {text!r}")
    return GroupResult(name, as_text(result.get("type")), path, as_count(result.get("num_items")))


def _by_file(root: Path, group: Group, names: Sequence[str]) -> dict[str, list[str]]:
    """Say which columns come from which file: the one of their result, or whichever has them."""
    by_result = {result.name: result.path for result in group.results}
    found: dict[str, list[str]] = {}
    for name in names:
        path = by_result.get(name.partition("/")[0]) or next(
            (result.path for result in group.results if name in read_header(root / result.path).fields), None
        )
        if path is None:
            raise damaged(root, f"no file of the group {group.name} has the column {name}")
        if not look_at(root, path).is_there:
            raise damaged(root / path, "it is not there, or leads out of the project")
        found.setdefault(path, []).append(name)
    return found


def _join(joined: JoinedColumns, found: Columns) -> JoinedColumns:
    ours, theirs = joined.columns[UID], found[UID]
    order = np.argsort(theirs)
    places = np.minimum(np.searchsorted(theirs, ours, sorter=order), max(0, len(theirs) - 1))
    if len(theirs):
        rows: NDArray[np.intp] = order[places]
        both = theirs[rows] == ours
    else:
        rows, both = places, np.zeros(len(ours), dtype=bool)
    columns = {name: column[both] for name, column in joined.columns.items()}
    columns |= {name: column[rows[both]] for name, column in found.items() if name != UID}
    lost = int((~both).sum()) + len(theirs) - int(both.sum())
    return JoinedColumns(columns, joined.left_out + lost)
