"""Molecules of a record among the entities of a model: by sequence, else by name; never by number."""

from collections.abc import Mapping
from typing import Final

from emdewar.oscem.mmcif.columns import Table
from emdewar.oscem.mmcif.words import key_of

ENTITY_CATEGORIES: Final = frozenset({"entity", "entity_poly", "entity_src_gen"})

_SEQUENCES: Final = ("pdbx_seq_one_letter_code", "pdbx_seq_one_letter_code_can", "pdbx_seq_one_letter_code_sample")


def same_entities(ours: Mapping[str, Table], theirs: Mapping[str, Table]) -> tuple[dict[str, str], list[str]]:
    """Give the model's id of each of our entities, and the names of those that it does not have.

    A model without entities takes ours as they are.
    """
    names = _names(ours)
    if not theirs.keys() & {"entity", "entity_poly"}:
        return {number: number for number in names}, []
    by_sequence = {sequence: number for number, sequence in _sequences(theirs)}
    by_name = {key_of(name): number for number, name in reversed(_names(theirs).items()) if name}
    found: dict[str, str] = {}
    for number, sequence in _sequences(ours):
        if sequence in by_sequence:
            found[number] = by_sequence[sequence]
    for number, name in names.items():
        if number not in found and key_of(name) in by_name and by_name[key_of(name)] not in found.values():
            found[number] = by_name[key_of(name)]
    return found, [name or number for number, name in names.items() if number not in found]


def _names(tables: Mapping[str, Table]) -> dict[str, str]:
    table = tables.get("entity")
    rows = range(table.length) if table else range(0)
    found = {table.text("id", row): table.text("pdbx_description", row) or "" for row in rows} if table else {}
    return {number: name for number, name in found.items() if number}


def _sequences(tables: Mapping[str, Table]) -> list[tuple[str, str]]:
    table = tables.get("entity_poly")
    found = []
    for row in range(table.length) if table else ():
        number = table.text("entity_id", row) if table else None
        for item in _SEQUENCES:
            sequence = table.text(item, row) if table else None
            if number and sequence:
                found.append((number, "".join(sequence.split()).upper()))
    return found
