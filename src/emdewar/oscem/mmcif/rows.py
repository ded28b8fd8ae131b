"""The rows of all categories that a record fills, from the crosswalk; and what of the record PDBx could not take."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from emdewar.oscem.findings import Finding
from emdewar.oscem.mmcif.categories import ALWAYS, CONSTANT, DISTINCT, IDS, ROW
from emdewar.oscem.mmcif.crosswalk import CROSSWALK, Link
from emdewar.oscem.mmcif.facts import ItemFacts, shipped_facts
from emdewar.oscem.mmcif.turning import NO, UNKNOWN, UnfitError
from emdewar.oscem.mmcif.values import forbidden
from emdewar.oscem.suppliers import supplier_of

MOST_ROWS: Final = 1000
"""Of one list; no sample has so many molecules."""

MOST_CONTACTS: Final = 30
"""Authors that can be reached; the dictionary numbers no more."""

_SHOWN_CHARACTERS: Final = 200

Row = dict[str, str]


@dataclass
class Rows:
    """Rows by category and number, from 0 on, and findings."""

    filled: dict[str, dict[int, Row]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def row(self, category: str, number: int = 0) -> Row:
        """Give a row, a new one where there is none."""
        return self.filled.setdefault(category, {}).setdefault(number, {})

    def miss(self, path: str, expectation: str, value: str) -> None:
        """Note what could not be written, once for each slot."""
        if all(finding.path != path for finding in self.findings):
            source = supplier_of(path)
            value = value.encode("utf-8", "backslashreplace").decode()
            self.findings.append(Finding(path=path, expectation=expectation, value=value, source=source))


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a record, its full path, and the row that it is for."""

    row: int
    path: str
    content: Any


def rows_of(record: Mapping[str, Any]) -> Rows:
    """Turn a record into rows without ids."""
    rows = Rows()
    for category in ALWAYS:
        rows.row(category)
    readable = _with_paired_funders(record, rows)
    _look_at_lists(record, rows)
    for link in CROSSWALK:
        for value in _values(readable, link):
            _fill(rows, link, value)
    _tidy(rows)
    return rows


def _look_at_lists(record: Mapping[str, Any], rows: Rows) -> None:
    """Note what cannot be read of lists: none at all, elements that are no objects, and all that is too much."""
    for path in dict.fromkeys(link.oscem.partition("[]")[0] for link in CROSSWALK if "[]." in link.oscem):
        found = _at(record, path)
        if found is None:
            continue
        if not isinstance(found, list):
            rows.miss(path, "a list", _shown(found)[:_SHOWN_CHARACTERS])
        elif len(found) > MOST_ROWS:
            rows.miss(path, f"at most {MOST_ROWS}; the rest is left out", str(len(found)))
        elif odd := [number for number, element in enumerate(found) if not isinstance(element, Mapping)]:
            rows.miss(f"{path}.{odd[0]}", "an object", _shown(found[odd[0]])[:_SHOWN_CHARACTERS])


def _fill(rows: Rows, link: Link, value: Value) -> None:
    category, _, item = link.item.removeprefix("_").partition(".")
    if item in rows.filled.get(category, {}).get(value.row, {}):
        return
    facts = shipped_facts().categories[category].items[item]
    try:
        found = _checked(link.turn(value.content, facts), facts)
    except UnfitError as misfit:
        seen = misfit.seen or _shown(value.content)
        rows.miss(value.path, f"{misfit}, for {link.item}", seen[:_SHOWN_CHARACTERS])
        return
    if found is not None:
        rows.row(category, value.row)[item] = found


def _shown(content: Any) -> str:  # noqa: ANN401 - JSON of any shape
    if isinstance(content, Mapping) and "value" in content:
        return f"{content['value']} {content.get('unit', '')}".rstrip()
    return "a list or an object" if isinstance(content, list | Mapping) else str(content)


def _checked(value: str | None, item: ItemFacts) -> str | None:
    """Let nothing through that the dictionary forbids."""
    if value is not None and value != UNKNOWN and (expected := forbidden(value, item, shipped_facts())):
        raise UnfitError(expected)
    return value


def _tidy(rows: Rows) -> None:
    """Leave out what contradicts itself, is said twice or cannot be numbered; let each part of an entity have one."""
    if rows.row("em_specimen").get("vitrification_applied") == NO and "em_vitrification" in rows.filled:
        del rows.filled["em_vitrification"]
        expectation = "true, or nothing said of cryogen, humidity and temperature, for _em_vitrification"
        rows.miss("sample.specimen.vitrification", expectation, "false")
    for category in DISTINCT & rows.filled.keys():
        distinct = {tuple(sorted(row.items())): row for row in rows.filled[category].values()}
        rows.filled[category] = dict(enumerate(distinct.values()))
    for number in {*rows.filled.get("entity_poly", ()), *rows.filled.get("entity_src_gen", ())}:
        rows.row("entity", number)
    if "entity_id_list" in (assembly := rows.row("em_entity_assembly")):
        known = sorted(rows.filled.get("entity", ()))
        assembly["entity_id_list"] = ",".join(str(number + 1) for number in known) or UNKNOWN
    contacts = rows.filled.get("pdbx_contact_author", {})
    if len(contacts) > MOST_CONTACTS:
        rows.filled["pdbx_contact_author"] = dict(sorted(contacts.items())[:MOST_CONTACTS])
        expectation = f"at most {MOST_CONTACTS} authors that can be reached; the rest are authors only"
        rows.miss("organizational.authors", expectation, str(len(contacts)))


def _with_paired_funders(record: Mapping[str, Any], rows: Rows) -> Mapping[str, Any]:
    """Put each grant's funder beside it: OSC-EM keeps two lists, which only their order connects."""
    part = record.get("organizational")
    grants, funders = (part.get("grants"), part.get("funder")) if isinstance(part, Mapping) else (None, None)
    if not isinstance(grants, list) or not isinstance(funders, list) or len(grants) == len(funders):
        return record
    if len(funders) == 1:
        return {**record, "organizational": {**part, "funder": funders * min(len(grants), MOST_ROWS)}}  # type: ignore[dict-item]
    expectation = "one funder for all grants, or one for each in the same order: OSC-EM does not say whose a grant is"
    rows.miss("organizational.funder", expectation, f"{len(funders)} funders, {len(grants)} grants")
    return record


def _values(record: Mapping[str, Any], link: Link) -> Iterator[Value]:
    """Give the values of a link with the row each is for: its own for each element of a list."""
    before, is_list, behind = link.oscem.partition("[]")
    owner, _, slot = (behind if is_list else before).rpartition(".")
    found = _at(record, before if is_list else "")
    elements = found[:MOST_ROWS] if isinstance(found, list) else []
    for number, element in enumerate(elements if is_list else [record]):
        parent = _at(element, owner.removeprefix("."))
        content = _at(parent, slot)
        if content is None or (link.when and not (isinstance(parent, Mapping) and link.when(parent))):
            continue
        path = f"{before}.{number}{behind}" if is_list else before
        yield Value(number, path or "acquisition.technique", content)


def _at(value: Any, path: str) -> Any:  # noqa: ANN401 - JSON of any shape
    for name in path.split(".") if path else ():
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def numbered(rows: Rows, entry_id: str) -> dict[str, list[Row]]:
    """Complete rows: parents that others point to, ids and keys, constants, and `?` for what is asked and not known."""
    for category in reversed(IDS):
        if category in rows.filled:
            for parent in IDS[category].values():
                if parent and parent not in rows.filled:
                    rows.row(parent)
    return {
        category: [_complete(category, number, row, entry_id) for number, row in sorted(rows.filled[category].items())]
        for category in IDS
        if category in rows.filled
    }


def _complete(category: str, number: int, row: Row, entry_id: str) -> Row:
    if category == "entry":
        return {"id": entry_id}
    ids = {
        item: str(number + 1) if target == ROW else entry_id if target == "entry" else "1"
        for item, target in IDS[category].items()
    }
    known = {**ids, **CONSTANT.get(category, {}), **row}
    facts = shipped_facts().categories[category]
    asked = (name for name, item in facts.items.items() if item.needed and name not in known)
    complete = {**known, **dict.fromkeys(asked, UNKNOWN)}
    ordered = [*ids, *(name for name in facts.items if name in complete and name not in ids)]
    return {name: complete[name] for name in ordered}
