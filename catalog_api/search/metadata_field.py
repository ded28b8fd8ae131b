"""Scientific metadata, as filters name them, searched in the table of their values."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, and_, false, func, literal_column, or_, select, true
from sqlmodel import col

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request
from catalog_api.search.related import Related
from catalog_api.search.values import rounded
from catalog_api.tables import DatasetRow, MetadataValueRow
from catalog_api.tables.metadata_value import INDEXED_CHARACTERS
from catalog_api.wire.by_database import ByCodePoint
from catalog_api.wire.json_field import JsonField
from catalog_api.wire.patterns import Pattern
from catalog_api.wire.quantities import quantity_of
from catalog_api.wire.searchable import RANGE, Condition, Searchable, never

_path, _number, _unit = col(MetadataValueRow.path), col(MetadataValueRow.number), col(MetadataValueRow.unit)
_text, _flag, _pid = col(MetadataValueRow.text), col(MetadataValueRow.flag), col(MetadataValueRow.pid)


@dataclass(frozen=True)
class MetadataField:
    """A place in the scientific metadata; a number or text at `a` is also found where `a` is a quantity of that value.

    Attributes:
        related: How to look for rows of the table of values.
        path: Keys joined by dots.
        in_si: The place is a quantity's `valueSI` or `unitSI`.
    """

    related: Related
    path: str = ""
    in_si: bool = False

    knows_quantities = True

    def is_among(self, values: list[Json]) -> Condition:
        """Find one of some values; null is also what is missing."""
        numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
        found = [self._has(self._compared_number().in_([float(number) for number in numbers]))] if numbers else []
        found += [self._equals(value) for value in values if isinstance(value, bool) or value not in numbers]
        return or_(false(), *found)

    def is_within(self, bounds: Mapping[str, Json]) -> Condition:
        """Find values within bounds; one and the same value keeps them all."""
        quantities = [quantity_of(bound) for bound in bounds.values()]
        units = {found.unit if found else None for found in quantities}
        if len(units) > 1:
            raise bad_request("the bounds of one field have one kind of unit")
        pairs = zip(bounds.items(), quantities, strict=True)
        sized = [(name, rounded(found.number) if found else bound) for (name, bound), found in pairs]
        return self._has(*(self._bound(name, bound) for name, bound in sized), unit=units.pop())

    def exists(self) -> Condition:
        """Find what has anything there, be it null."""
        if not self.path:
            return true()
        if self.in_si:
            return self._has()
        below = and_(_path > f"{self.path}.", _path < f"{self.path}/")
        return self.related.has(_pid, or_(_path == self.path, below))

    def matches(self, pattern: Pattern) -> Condition:
        """Find texts in which a pattern is found."""
        return self._has(pattern.matches(self._own_text()))

    def below(self, path: str) -> Searchable:
        """Give what lies below."""
        whole = f"{self.path}.{path}" if self.path else path
        above, _, last = whole.rpartition(".")
        return (
            replace(self, path=above, in_si=True)
            if above and last in {"valueSI", "unitSI"}
            else replace(self, path=whole)
        )

    def sorting(self) -> Json:
        """Give what is sorted by: the smallest number, for texts have no common measure with numbers."""
        return select(func.min(_number)).where(_pid == col(DatasetRow.pid), self._place()).scalar_subquery()

    def facet(self, chosen: Select[Any], dialect: str) -> Select[Any]:  # noqa: ARG002 (the same on both)
        """Count datasets by text; numbers are too many to count by."""
        word = self._own_text()
        # As a table of its own: conditions on other values are about the same table, and would be taken for this one.
        of = chosen.with_only_columns(col(DatasetRow.pid), maintain_column_froms=True).subquery()
        counted = select(word, func.count()).select_from(MetadataValueRow).join(of, _pid == of.c.pid)
        return counted.where(self._place(), word.is_not(None)).group_by(word)

    def _bound(self, name: str, bound: Json) -> Condition:
        if bound is None:
            return false()
        if isinstance(bound, str):
            return RANGE[name](ByCodePoint(self._own_text()), bound)  # type: ignore[no-any-return]  # SQLAlchemy's comparison
        if isinstance(bound, bool) or not isinstance(bound, int | float):
            raise bad_request(f"{name} takes a number, a text or a quantity, not {str(bound)[:80]!r}")
        return RANGE[name](self._compared_number(), float(bound))  # type: ignore[no-any-return]  # SQLAlchemy's comparison

    def _equals(self, value: Json) -> Condition:
        if (quantity := quantity_of(value)) is not None:
            return self._has(self._compared_number() == rounded(quantity.number), unit=quantity.unit)
        if value is None:
            return or_(never(self.exists()), self._has(*(column.is_(None) for column in (_number, _text, _flag))))
        if isinstance(value, bool):
            return self._has(_flag.is_(value))
        if isinstance(value, str):
            return self._has(self._beginning() == value[:INDEXED_CHARACTERS], self._own_text() == value)
        keys = tuple(self.path.split(".")) if self.path else ()
        return JsonField(col(DatasetRow.scientific_metadata), keys).is_among([value])

    def _has(self, *conditions: Condition, unit: str | None = None) -> Condition:
        if unit is not None:
            return self.related.has(_pid, _path == self.path, _unit == unit, *conditions)
        return self.related.has(_pid, self._place(), *conditions)

    def _place(self) -> Condition:
        if self.in_si:
            return and_(_path == self.path, _unit != "")
        return and_(_path.in_([self.path, f"{self.path}.value", f"{self.path}.v"]), _unit.is_(None))

    def _compared_number(self) -> Json:
        return self.related.compared(_number)

    def _own_text(self) -> Json:
        return _unit if self.in_si else _text

    def _beginning(self) -> Json:
        """Give the beginning of the text, as its index holds it."""
        beginning = func.substr(self._own_text(), literal_column("1"), literal_column(str(INDEXED_CHARACTERS)))
        return self.related.compared(beginning)
