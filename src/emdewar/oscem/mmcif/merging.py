"""The EM categories of a record, added to the file of a model; nothing of the file is lost, nothing in it is changed.

Where both say something else, the file's value stays and a finding says so. CIF comments and line breaks between items
are no data, and gemmi does not keep them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from gemmi import cif

from emdewar.errors import RefusedError
from emdewar.oscem.findings import Finding
from emdewar.oscem.mmcif.categories import CONSTANT, IDS, ROW
from emdewar.oscem.mmcif.columns import Table, tables_of, torn
from emdewar.oscem.mmcif.entities import ENTITY_CATEGORIES, same_entities
from emdewar.oscem.mmcif.facts import shipped_facts
from emdewar.oscem.mmcif.rows import Row
from emdewar.oscem.mmcif.turning import UNKNOWN
from emdewar.oscem.mmcif.writing import NO_ENTRY, quoted, write_category

NAMED_BY: Final = {
    "audit_author": ("name",),
    "em_author_list": ("author",),
    "pdbx_contact_author": ("email",),
    "pdbx_audit_support": ("funding_organization", "grant_number"),
    "em_entity_assembly_naturalsource": ("organism",),
    "em_entity_assembly_recombinant": ("organism",),
    "em_image_recording": ("film_or_detector_model",),
    "em_software": ("name", "category"),
    "pdbx_chem_comp_depositor_info": ("descriptor",),
}
"""What makes two rows the same, where a number does not. Of other categories there is one row in a deposition."""

_RECORDINGS: Final = "em_image_recording"
_LIST_OF_ENTITIES: Final = "em_entity_assembly.entity_id_list"


@dataclass(frozen=True)
class Merged:
    """A model with EM categories, and what in them contradicts the model."""

    document: cif.Document
    findings: tuple[Finding, ...]


def merge_model(document: cif.Document, model: cif.Document) -> Merged:
    """Add the categories of a document of ours to a model.

    Ids follow the model: its entry, its entities (found by sequence or name), its specimen. No argument is changed.

    Args:
        document: From `to_mmcif`.
        model: Any mmCIF with a data block; categories go to the one with atoms, or else to the first.

    Raises:
        RefusedError: The model has no data block, or has a category in two places.
    """
    if not len(model):
        raise RefusedError("the model has no data block")
    merged = cif.Document()
    for block in model:
        merged.add_copied_block(block)
    target = next((block for block in merged if block.find_values("_atom_site.id")), merged[0])
    if unclear := torn(target, IDS.keys()):
        raise RefusedError(f"the model has the category _{unclear[0]} in two places; write it as one loop")
    merging = _Merging(target, document[0])
    merging.run()
    return Merged(merged, tuple(merging.findings))


class _Merging:
    """Merges one block into another, parents before children, and keeps what became of each id."""

    def __init__(self, target: cif.Block, source: cif.Block) -> None:
        self._target = target
        self._theirs = tables_of(target, IDS.keys())
        self._ours = tables_of(source, IDS.keys())
        self._ids: dict[str, dict[str, str]] = {}
        self.findings: list[Finding] = []

    def run(self) -> None:
        entities, lost = same_entities(self._ours, self._theirs)
        self._ids["entity.id"] = entities
        for name in lost:
            expectation = "the sequence or name of an entity of the model"
            source = "the model: add the sequence there, or correct sample.molecule"
            self.findings.append(Finding(path="_entity.id", expectation=expectation, value=name, source=source))
        self._entry()
        for category in _parents_first():
            if category in self._ours and category != "entry":
                self._category(category, self._rows(category))

    def _entry(self) -> None:
        ours = self._ours["entry"].texts("id")[0]
        theirs = self._theirs["entry"].texts("id") if "entry" in self._theirs else []
        self._ids["entry.id"] = {ours: theirs[0] if theirs else ours}
        if not theirs:
            self._target.set_pair("_entry.id", quoted(ours))
        elif ours not in {theirs[0], NO_ENTRY}:
            self._conflict("_entry.id", ours, theirs[0])

    def _rows(self, category: str) -> list[Row]:
        """Give our rows with the ids that their parents have in the model."""
        table, facts = self._ours[category], shipped_facts().categories[category]
        rows = []
        for number in range(table.length):
            row = {name: table.text(name, number) or UNKNOWN for name in facts.items if name.lower() in table.columns}
            rows.append({name: self._moved(category, name, value) for name, value in row.items()})
        return rows

    def _moved(self, category: str, name: str, value: str) -> str:
        """Give what became of an id; of an entity that the model does not have, nothing."""
        entities = self._ids["entity.id"]
        if f"{category}.{name}" == _LIST_OF_ENTITIES:
            return ",".join(entities[part] for part in value.split(",") if part in entities) or UNKNOWN
        if category in ENTITY_CATEGORIES and name == _entity_id(category):
            return entities.get(value, UNKNOWN)
        parents = [parent.removeprefix("_") for parent in shipped_facts().categories[category].items[name].parents]
        if target := IDS[category].get(name):
            parents.append(f"{target}.id")
        return next((self._ids[parent].get(value, value) for parent in parents if parent in self._ids), value)

    def _category(self, category: str, rows: list[Row]) -> None:
        if category in ENTITY_CATEGORIES:
            rows = [row for row in rows if row[_entity_id(category)] != UNKNOWN]
        table = self._theirs.get(category)
        if table is None:
            if rows:
                write_category(self._target, category, rows)
            return
        if category == _RECORDINGS:
            self._other_detector(rows, table)
        matched: set[int] = set()
        new = [row for row in rows if not self._is_theirs(category, row, table, len(rows), matched)]
        for row in new:
            self._renumber(category, row, table)
        if new:
            self._append(category, new)

    def _is_theirs(self, category: str, row: Row, table: Table, count: int, matched: set[int]) -> bool:
        """Find our row among theirs that no other row of ours is, and fill in what they do not say."""
        number = _found(category, row, table, count, matched)
        if number is None:
            return False
        matched.add(number)
        own = _own_id(category)
        if own and category not in ENTITY_CATEGORIES:
            self._ids.setdefault(f"{category}.{own}", {})[row[own]] = table.text(own, number) or row[own]
        for name, ours in row.items():
            theirs = table.text(name, number)
            if ours == UNKNOWN or (name in IDS[category] and theirs is not None):
                continue
            if theirs is None:
                self._set(name, number, ours, table)
            elif not _same(ours, theirs):
                self._conflict(f"_{category}.{name}", ours, theirs)
        return True

    def _other_detector(self, rows: Sequence[Row], table: Table) -> None:
        """Say that the model knows none of our detectors: both stay, with what was recorded on them."""
        (name,) = NAMED_BY[_RECORDINGS]
        ours, theirs = [row.get(name, UNKNOWN) for row in rows], table.texts(name)
        if theirs and UNKNOWN not in ours and not any(_same(one, other) for one in ours for other in theirs):
            self._conflict(f"_{_RECORDINGS}.{name}", ", ".join(ours), ", ".join(theirs))

    def _renumber(self, category: str, row: Row, table: Table) -> None:
        """Give a row an id that no row of theirs has."""
        own = _own_id(category)
        taken = set(table.texts(own)) if own else set()
        if own and category not in ENTITY_CATEGORIES and row[own] in taken:
            numbers = [int(number) for number in taken if number.isascii() and number.isdigit()]
            fresh = str(max(numbers, default=len(taken)) + 1)
            self._ids.setdefault(f"{category}.{own}", {})[row[own]] = fresh
            row[own] = fresh
        if own:
            table.columns.setdefault(own, []).append(row[own])

    def _set(self, name: str, number: int, value: str, table: Table) -> None:
        """Write one value into a row of theirs."""
        tag = f"_{table.category}.{table.spelled.get(name.lower(), name)}"
        first = f"_{table.category}.{next(iter(table.spelled.values()))}"
        column = self._target.find_loop(first)
        if not column:
            is_new = name.lower() not in table.columns
            self._target.set_pair(tag, quoted(value))
            if is_new:
                last = max(self._target.get_index(f"_{table.category}.{item}") for item in table.spelled.values())
                self._target.move_item(self._target.get_index(tag), last + 1)
        else:
            if name.lower() not in table.columns:
                column.get_loop().add_columns([tag], UNKNOWN)
            self._target.find_loop(tag)[number] = quoted(value)
        values = table.columns.setdefault(name.lower(), [UNKNOWN] * table.length)
        values[number] = quoted(value)
        table.spelled.setdefault(name.lower(), name)

    def _append(self, category: str, rows: Sequence[Row]) -> None:
        """Add rows to a category of theirs, whichever way it is written."""
        table = self._target.find_mmcif_category(f"_{category}.")
        table.ensure_loop()
        loop = table.loop
        have = {tag.partition(".")[2].lower() for tag in loop.tags}
        fresh = [name for name in dict.fromkeys(name for row in rows for name in row) if name.lower() not in have]
        if fresh:
            prefix = loop.tags[0].partition(".")[0]
            loop.add_columns([f"{prefix}.{name}" for name in fresh], UNKNOWN)
        for row in rows:
            lower = {name.lower(): value for name, value in row.items()}
            loop.add_row([quoted(lower.get(tag.partition(".")[2].lower(), UNKNOWN)) for tag in loop.tags])

    def _conflict(self, item: str, ours: str, theirs: str) -> None:
        expectation = f"{ours}, as the record says"
        self.findings.append(
            Finding(path=item, expectation=expectation, value=theirs, source="the model, which is kept")
        )


def _found(category: str, row: Row, table: Table, count: int, matched: set[int]) -> int | None:
    """Give the number of the row of theirs that is ours, of those that are not matched yet."""
    own = _own_id(category)
    rows = [number for number in range(table.length) if number not in matched]
    if names := NAMED_BY.get(category):
        alike = [
            number for number in rows if all(_same(row.get(name, ""), table.text(name, number) or "") for name in names)
        ]
        unnamed = table.length == count == 1 and any(table.text(name, 0) is None for name in names)
        return alike[0] if alike else 0 if unnamed else None
    if category not in ENTITY_CATEGORIES and table.length == count == 1:
        return 0
    if category == "em_entity_assembly" and count == 1:
        whole = [number for number in rows if table.text("parent_id", number) == CONSTANT[category]["parent_id"]]
        return whole[0] if len(whole) == 1 else None
    key = own or next((name for name in ("entity_id", "entry_id") if name in row), None)
    return next((number for number in rows if key and table.text(key, number) == row[key]), None)


def _same(ours: str, theirs: str) -> bool:
    try:
        return Decimal(ours) == Decimal(theirs)
    except InvalidOperation:
        return "".join(ours.split()).casefold() == "".join(theirs.split()).casefold()


def _entity_id(category: str) -> str:
    return "id" if category == "entity" else "entity_id"


def _own_id(category: str) -> str | None:
    return next((name for name, target in IDS[category].items() if target == ROW), None)


def _parents_first() -> list[str]:
    """Order categories so that what others point to comes first."""
    ordered: list[str] = []

    def add(category: str) -> None:
        if category not in ordered:
            for parent in IDS[category].values():
                if parent:
                    add(parent)
            ordered.append(category)

    add("entity")
    for category in IDS:
        add(category)
    return ordered
