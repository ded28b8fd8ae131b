"""`valueSI` and `unitSI` beside every quantity of the metadata."""

from catalog_api.json_type import Json
from catalog_api.search.units import in_si

ADDED = ("valueSI", "unitSI")
"""Keys that the catalog adds to a quantity, whatever was sent under these names."""

SHAPES = (("value", "unit"), ("v", "u"))
"""The keys of a quantity: its number, or several, and its unit."""


def quantity_keys(item: dict[str, Json]) -> tuple[str, str] | None:
    """Tell under which keys an object holds a value and its unit; None when it is no quantity."""
    return next((shape for shape in SHAPES if shape[0] in item and isinstance(item.get(shape[1]), str)), None)


def with_si(metadata: Json) -> Json:
    """Add `valueSI` and `unitSI` to every quantity; quantities whose unit is not known get none."""
    if isinstance(metadata, list):
        return [with_si(item) for item in metadata]
    if not isinstance(metadata, dict):
        return metadata
    keys = quantity_keys(metadata)
    if keys is None:
        return {key: with_si(value) for key, value in metadata.items()}
    sent = {key: with_si(value) for key, value in metadata.items() if key not in ADDED}
    return sent | _converted(sent[keys[0]], sent[keys[1]])


def _converted(value: Json, unit: str) -> dict[str, Json]:
    numbers = value if isinstance(value, list) else [value]
    if not numbers or not all(type(number) in {int, float} for number in numbers):
        return {}
    converted = [in_si(number, unit) for number in numbers]
    if any(found is None for found in converted):
        return {}
    known = [found for found in converted if found is not None]
    values = [number for number, _ in known]
    return {"valueSI": values if isinstance(value, list) else values[0], "unitSI": known[0][1]}
