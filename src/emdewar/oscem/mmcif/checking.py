"""An mmCIF document against the PDBx dictionary: what it demands, what a deposition demands, and who can supply it."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Final

from gemmi import cif

from emdewar.oscem.findings import Finding
from emdewar.oscem.mmcif import ddl
from emdewar.oscem.mmcif.categories import ASKED, ASKED_OF_CELLS, IDS
from emdewar.oscem.mmcif.columns import Table, tables_of
from emdewar.oscem.mmcif.crosswalk import CROSSWALK
from emdewar.oscem.mmcif.dictionary import read_facts
from emdewar.oscem.mmcif.facts import CategoryFacts, Facts, ItemFacts, shipped_facts
from emdewar.oscem.mmcif.values import USUALLY, forbidden, unusual
from emdewar.oscem.suppliers import supplier_of

THE_FILE: Final = "the file itself"
THE_DEPOSITION: Final = "a person, in the deposition: OSC-EM has no slot for it"

_SHOWN_CHARACTERS: Final = 200

_EXTREMES: Final = {
    "em_imaging": (
        ("nominal_defocus_min", "nominal_defocus_max"),
        ("calibrated_defocus_min", "calibrated_defocus_max"),
        ("tilt_angle_min", "tilt_angle_max"),
        ("recording_temperature_minimum", "recording_temperature_maximum"),
    ),
    "em_tomography": (("axis1_min_angle", "axis1_max_angle"), ("axis2_min_angle", "axis2_max_angle")),
}
_DEFOCUS: Final = "_em_imaging.nominal_defocus_max"


def check(document: cif.Document, dictionary: Path | None = None) -> list[Finding]:
    """Judge a document: types, ranges, words, keys, parents, mandatory and unknown items.

    The facts that come with the package cover the em_* and administrative categories; of other categories nothing is
    said without a dictionary.

    Args:
        document: All its blocks are judged.
        dictionary: A full PDBx dictionary (DDL2, `.gz` or not), to be used instead; gemmi's own verdict is added.

    Returns:
        A finding per item and fault, in the order of the file; the path is the item. `source` says who can mend it.

    Raises:
        RefusedError: The dictionary is none.
        UnavailableError: The dictionary cannot be read now.
    """
    facts = read_facts(dictionary, shipped_facts().categories) if dictionary else shipped_facts()
    found = [finding for block in document for finding in _Judge(block, facts).findings()]
    return [*found, *_of_gemmi(document, dictionary, found)] if dictionary else found


def is_unusual(finding: Finding) -> bool:
    """Whether a finding is a question only: the dictionary allows the value, and depositions usually have another."""
    return finding.expectation.startswith(USUALLY)


class _Judge:
    """Judges one block."""

    def __init__(self, block: cif.Block, facts: Facts) -> None:
        self._facts = facts
        self._tables = tables_of(block, facts.categories.keys())

    def findings(self) -> Iterator[Finding]:
        for category, table in self._tables.items():
            if known := self._facts.categories.get(category):
                yield from self._category(table, known)
            else:
                expectation = f"a category of the dictionary {self._facts.version}"
                yield _finding(f"_{table.category}", expectation, "an unknown one", THE_FILE)
        if self._tables.keys() & {"em_experiment", "em_imaging"}:
            yield from self._absent()

    def _category(self, table: Table, known: CategoryFacts) -> Iterator[Finding]:
        lower = {name.lower(): (name, item) for name, item in known.items.items()}
        for name in table.columns.keys() - lower.keys():
            expectation = f"an item of the dictionary {self._facts.version}"
            yield _finding(f"_{table.category}.{table.spelled[name]}", expectation, "an unknown one", THE_FILE)
        for name, item in lower.values():
            yield from self._item(table, name, item)
        yield from _double_keys(table, known)
        yield from _turned_round(table)

    def _item(self, table: Table, name: str, item: ItemFacts) -> Iterator[Finding]:
        full = f"_{table.category}.{name}"
        texts = table.texts(name)
        if item.needed and (lacking := table.length - len(texts)):
            who = "the dictionary" if item.mandatory else "a deposition"
            yield _finding(full, f"a value: {who} requires one", _counted("none", lacking, table.length), _source(full))
        for fault in (forbidden, unusual):
            wrong = [(text, said) for text in dict.fromkeys(texts) if (said := fault(text, item, self._facts))]
            if wrong:
                text, expectation = wrong[0]
                yield _finding(full, expectation, _counted(text, len(wrong)), _source(full))
                break
        if item.parents:
            yield from self._orphans(full, item, texts)

    def _orphans(self, full: str, item: ItemFacts, texts: list[str]) -> Iterator[Finding]:
        parents: set[str] = set()
        for parent in item.parents:
            category, _, name = parent.removeprefix("_").partition(".")
            if category not in self._facts.categories:
                return
            if category in self._tables:
                parents.update(self._tables[category].texts(name))
        lost = [text for text in dict.fromkeys(texts) if text not in parents]
        if lost:
            expectation = f"one of the values of {' or '.join(item.parents)}"
            yield _finding(full, expectation, _counted(lost[0], len(lost)), THE_FILE)

    def _absent(self) -> Iterator[Finding]:
        """Ask for what no instrument can fill."""
        is_tomography = "TOMOGRAPHY" in self._texts("em_experiment", "reconstruction_method")
        is_frozen = "NO" not in self._texts("em_specimen", "vitrification_applied")
        for category, path in (ASKED_OF_CELLS if is_tomography else ASKED).items():
            if category not in self._tables and (is_frozen or category != "em_vitrification"):
                yield _finding(f"_{category}", "at least one row: depositions ask for it", "none", _who(path))

    def _texts(self, category: str, item: str) -> list[str]:
        return self._tables[category].texts(item) if category in self._tables else []


def _double_keys(table: Table, known: CategoryFacts) -> Iterator[Finding]:
    names = [key.partition(".")[2] for key in known.keys]
    if table.length < 2 or not names:  # noqa: PLR2004 - one row is never double
        return
    keys = Counter(tuple(table.text(name, row) for name in names) for row in range(table.length))
    double = [key for key, count in keys.items() if count > 1 and None not in key]
    if double:
        value = _counted(", ".join(str(part) for part in double[0]), len(double))
        yield _finding(f"_{table.category}", f"rows that differ in {', '.join(names)}", value, THE_FILE)


def _turned_round(table: Table) -> Iterator[Finding]:
    """Find a least value that is above the largest, and a largest underfocus that is overfocus."""
    for low, high in _EXTREMES.get(table.category.lower(), ()):
        for row in range(table.length):
            least, most = (_number(table.text(name, row)) for name in (low, high))
            full = f"_{table.category}.{high}"
            if least is not None and most is not None and least > most:
                expectation = f"no less than _{table.category}.{low}, {least}"
                yield _finding(full, expectation, str(most), _source(full))
            elif full == _DEFOCUS and most is not None and most < 0:
                yield _finding(full, f"{USUALLY}underfocus, which is above 0", str(most), _source(full))


def _number(text: str | None) -> Decimal | None:
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:
        return None


def _of_gemmi(document: cif.Document, dictionary: Path | None, found: list[Finding]) -> Iterator[Finding]:
    """Add what gemmi says and we do not say already."""
    if dictionary is None:
        return
    said = {finding.path for finding in found}
    values = {finding.value.partition(", and ")[0] for finding in found}
    for message in ddl.messages(document, dictionary):
        item = ddl.item_of(message)
        if item in said or (item is None and ddl.value_of(message) in values):
            continue
        yield _finding(item or "mmCIF", "what the dictionary allows", message, f"gemmi, with {dictionary.name}")


def _finding(path: str, expectation: str, value: str, source: str) -> Finding:
    return Finding(path=path, expectation=expectation, value=value, source=source)


def _counted(value: str, count: int, of: int | None = None) -> str:
    shown = value if len(value) <= _SHOWN_CHARACTERS else f"{value[:_SHOWN_CHARACTERS]}..."
    if of is not None:
        return shown if count == of else f"{shown} in {count} of {of} rows"
    return shown if count == 1 else f"{shown}, and {count - 1} more"


def _source(item: str) -> str:
    category, _, name = item.removeprefix("_").partition(".")
    if name in IDS.get(category, {}):
        return THE_FILE
    path = _paths().get(item)
    return THE_DEPOSITION if path is None else _who(path)


def _who(path: str) -> str:
    return f"{path}: {supplier_of(path.replace('[]', '.0'))}"


@cache
def _paths() -> dict[str, str]:
    """Give the slot of OSC-EM that each item comes from first."""
    return {link.item: link.oscem or "acquisition.technique" for link in reversed(CROSSWALK)}
