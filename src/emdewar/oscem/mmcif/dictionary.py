"""A full PDBx dictionary (DDL2), read into the same facts as those that come with the package."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from pathlib import Path

from gemmi import cif

from emdewar.errors import RefusedError
from emdewar.oscem.mmcif.facts import CategoryFacts, Facts, ItemFacts, Range, TypeFacts
from emdewar.oscem.mmcif.files import read_cif


def read_facts(path: Path, categories: Collection[str] | None = None) -> Facts:
    """Read a dictionary.

    Args:
        path: The dictionary, `.gz` or not.
        categories: The only ones wanted; all without.

    Raises:
        RefusedError: It is no dictionary.
        UnavailableError: It cannot be read now.
    """
    block = read_cif(path)[0]
    frames = [item.frame for item in block if item.frame is not None]
    if not frames or block.find_value("_dictionary.version") is None:
        raise RefusedError(f"{path} is no PDBx dictionary; name one, as mmcif_pdbx.dic")
    parents = _parents(block)
    items: dict[str, dict[str, ItemFacts]] = defaultdict(dict)
    keys: dict[str, tuple[str, ...]] = {}
    for frame in frames:
        if name := frame.find_value("_category.id"):
            keys[cif.as_string(name).lower()] = tuple(_texts(frame, "_category_key.name"))
        for full in _texts(frame, "_item.name")[:1]:
            category, _, item = full.removeprefix("_").partition(".")
            if categories is None or category.lower() in categories:
                items[category.lower()][item] = _item(frame, parents.get(full, []))
    wanted = sorted(name for name in keys if categories is None or name in categories)
    return Facts(
        version=cif.as_string(block.find_value("_dictionary.version") or ""),
        types=_types(block),
        categories={name: CategoryFacts(keys=keys[name], items=items[name]) for name in wanted},
    )


def _item(frame: cif.Block, parents: list[str]) -> ItemFacts:
    return ItemFacts(
        type=_text(frame, "_item_type.code"),
        mandatory=_text(frame, "_item.mandatory_code") == "yes",
        deposition_mandatory=_text(frame, "_pdbx_item.mandatory_code") == "yes",
        unit=_text(frame, "_item_units.code"),
        ranges=tuple(_ranges(frame, "_item_range.")),
        deposition_ranges=tuple(_ranges(frame, "_pdbx_item_range.")),
        words=tuple(dict.fromkeys(_texts(frame, "_item_enumeration.value"))),
        deposition_words=tuple(dict.fromkeys(_texts(frame, "_pdbx_item_enumeration.value"))),
        deposition_type=_text(frame, "_pdbx_item_type.code"),
        parents=tuple(parents),
    )


def _types(block: cif.Block) -> dict[str, TypeFacts]:
    rows = block.find("_item_type_list.", ["code", "primitive_code", "construct"])
    return {row.str(0): TypeFacts(primitive=row.str(1), pattern=row.str(2)) for row in rows}


def _parents(block: cif.Block) -> dict[str, list[str]]:
    """Give the parents of each item, from links that consist of one item alone."""
    rows = block.find(
        "_pdbx_item_linked_group_list.", ["child_category_id", "link_group_id", "child_name", "parent_name"]
    )
    groups: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for row in rows:
        groups[row.str(0), row.str(1)].append((row.str(2), row.str(3)))
    parents: dict[str, list[str]] = defaultdict(list)
    for links in groups.values():
        if len(links) == 1:
            child, parent = links[0]
            parents[child].append(parent)
    return parents


def _ranges(frame: cif.Block, prefix: str) -> Iterator[Range]:
    for row in frame.find(prefix, ["minimum", "maximum"]):
        low, high = ("" if cif.is_null(bound) else cif.as_string(bound) for bound in row)
        yield low, high


def _text(frame: cif.Block, tag: str) -> str | None:
    return next(iter(_texts(frame, tag)), None)


def _texts(frame: cif.Block, tag: str) -> list[str]:
    return [cif.as_string(value) for value in frame.find_values(tag)]
