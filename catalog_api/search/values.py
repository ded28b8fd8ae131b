"""The values of scientific metadata, one by one, as `metadata_value` holds them."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice

from catalog_api.json_type import Json
from catalog_api.search.si import ADDED, quantity_keys

MOST_VALUES = 20_000
"""Values of one dataset that can be searched for; what has more keeps the first ones."""

LONGEST_PATH = 1_500
"""Bytes of a path that can be searched for."""

LONGEST_KEY = 2_500
"""Bytes of an identifier and a path together, which are one entry of PostgreSQL's index."""

LARGEST_NUMBER = 1e300
SIGNIFICANT_DIGITS = 12


@dataclass(frozen=True)
class MetadataValue:
    """One value; see the table's row."""

    path: str
    number: float | None = None
    unit: str | None = None
    text: str | None = None
    flag: bool | None = None


def rows_of(pid: str, metadata: Json) -> list[dict[str, Json]]:
    """Give the rows for a dataset's metadata, which hold their SI values already."""
    positions: dict[str, int] = {}
    rows = []
    longest = LONGEST_KEY - len(pid.encode())
    fitting = (value for value in values_of(metadata, "") if len(value.path.encode()) <= longest)
    for value in islice(fitting, MOST_VALUES):
        position = positions.get(value.path, 0)
        positions[value.path] = position + 1
        rows.append({"pid": pid, "position": position, **asdict(value)})
    return rows


def values_of(value: Json, path: str) -> Iterator[MetadataValue]:
    """Give the values below a path; entries of a list share their path."""
    if len(path.encode()) > LONGEST_PATH:
        return
    if isinstance(value, dict) and value:
        yield from _quantity(value, path)
        skipped = ADDED if quantity_keys(value) else ()
        for key, inner in value.items():
            if key not in skipped:
                yield from values_of(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for inner in value:
            yield from values_of(inner, path)
    elif path:
        yield _leaf(value, path)


def rounded(number: float) -> float:
    """Round a number to the digits that a conversion of units keeps."""
    return float(f"{number:.{SIGNIFICANT_DIGITS}g}")


def _quantity(value: dict[str, Json], path: str) -> Iterator[MetadataValue]:
    unit, numbers = value.get("unitSI"), value.get("valueSI")
    if not isinstance(unit, str) or not path:
        return
    for number in numbers if isinstance(numbers, list) else [numbers]:
        if isinstance(number, int | float) and not isinstance(number, bool):
            yield MetadataValue(path, number=rounded(float(number)), unit=unit)


def _leaf(value: Json, path: str) -> MetadataValue:
    if isinstance(value, bool):
        return MetadataValue(path, flag=value)
    if isinstance(value, int | float):
        return MetadataValue(path, number=max(-LARGEST_NUMBER, min(float(value), LARGEST_NUMBER)))
    if isinstance(value, str):
        return MetadataValue(path, text=value)
    # An empty list is there and is not null: conditions on values look for rows without any unit.
    return MetadataValue(path) if value is None else MetadataValue(path, unit="")
