"""The rule that a quantity's value and unit are only changed together."""

from collections.abc import Iterator, Mapping

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request


def check_quantities(pid: str, stored: Mapping[str, Json], patch: Json) -> None:
    """Refuse a patch that has only the value, or only the unit, of a quantity that is stored with both.

    Args:
        pid: Which dataset, for the message.
        stored: Its scientific metadata.
        patch: What is to become of them.

    Raises:
        RefusedError: There is such a quantity.
    """
    if torn := list(_torn(stored, patch, "scientificMetadata")):
        named = ", ".join(torn)
        raise bad_request(
            f"Original dataset {pid} contains both value and unit in {named}. Please provide both when updating."
        )


def _torn(stored: Json, patch: Json, path: str) -> Iterator[str]:
    if not isinstance(patch, dict) or not isinstance(stored, dict):
        return
    if {"value", "unit"} <= stored.keys() and len({"value", "unit"} & patch.keys()) == 1:
        yield path
    for name, inner in patch.items():
        yield from _torn(stored.get(name), inner, f"{path}.{name}")
