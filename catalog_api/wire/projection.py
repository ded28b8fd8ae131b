"""Which fields of a document a request wants."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request

MOST_FIELDS = 1_000
RELATIONS = frozenset({"attachments", "datablocks", "instruments", "origdatablocks", "proposals", "samples"})
"""Related documents that `all` stands for."""


@dataclass(frozen=True)
class Projection:
    """Some of a document's fields.

    Attributes:
        wanted: Names to keep, dotted ones for parts of what lies below; all when None.
        unwanted: Names to leave out when nothing is said of what to keep.
    """

    wanted: tuple[str, ...] | None = None
    unwanted: tuple[str, ...] = ()

    def leaves_out(self, name: str) -> bool:
        """Tell whether nothing of a field is wanted."""
        if self.wanted is None:
            return name in self.unwanted
        return all(wanted.split(".")[0] != name for wanted in self.wanted)

    def of(self, item: dict[str, Json], kept: Iterable[str] = ()) -> dict[str, Json]:
        """Give the document's part that was asked for.

        Args:
            item: The document.
            kept: Related documents, which stay unless parts of them are named.
        """
        if self.wanted is None:
            return _without(item, _tree(self.unwanted)) if self.unwanted else item
        tree = {"_id": {}, **_tree(self.wanted)}
        names = {name for relation in kept for name in (RELATIONS if relation == "all" else (relation,))}
        chosen: dict[str, Json] = _only(item, tree | {name: {} for name in names if name not in tree})
        return chosen


NOTHING_LEFT_OUT = Projection()


def projection(fields: Json) -> Projection:
    """Read `fields`: a list of names, or an object of names with whether they are wanted.

    Raises:
        RefusedError: It is neither.
    """
    if fields is None or fields in ([], {}):
        return NOTHING_LEFT_OUT
    if isinstance(fields, str):
        fields = [fields]
    if isinstance(fields, list):
        fields = {name: True for name in fields if isinstance(name, str)} if _names(fields) else None
    if not isinstance(fields, dict) or len(fields) > MOST_FIELDS:
        raise bad_request(
            f"fields must be a list of up to {MOST_FIELDS} names, or an object of names and true or false"
        )
    wanted = tuple(name for name, value in fields.items() if value)
    return Projection(wanted) if wanted else Projection(None, tuple(fields))


def _names(fields: list[Json]) -> bool:
    return all(isinstance(name, str) for name in fields)


Tree = dict[str, "Tree"]


def _tree(names: Iterable[str]) -> Tree:
    tree: Tree = {}
    for name in names:
        below = tree
        for part in name.split("."):
            below = below.setdefault(part, {})
    return tree


def _only(item: Json, tree: Mapping[str, Tree]) -> Json:
    if isinstance(item, list):
        return [_only(entry, tree) for entry in item]
    if not isinstance(item, dict):
        return item
    return {name: _only(value, tree[name]) if tree[name] else value for name, value in item.items() if name in tree}


def _without(item: Json, tree: Mapping[str, Tree]) -> Json:
    if isinstance(item, list):
        return [_without(entry, tree) for entry in item]
    if not isinstance(item, dict):
        return item
    return {
        name: _without(value, tree[name]) if tree.get(name) else value
        for name, value in item.items()
        if tree.get(name, True)
    }
