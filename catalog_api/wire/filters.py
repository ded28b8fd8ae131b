"""SciCat's list filter, `{"where", "fields", "limits"}`: what a list request asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request
from catalog_api.wire.checked_json import parse

LARGEST_PAGE = 10_000


@dataclass(frozen=True)
class Listing:
    """What a list request asks for.

    Attributes:
        where: Condition, still as JSON.
        limit: Rows at most.
        skip: Rows to leave out at the start.
        order: Names with whether they descend.
        fields: Names to answer with; all when empty.
    """

    where: Mapping[str, Json] = field(default_factory=dict)
    limit: int = 100
    skip: int = 0
    order: tuple[tuple[str, bool], ...] = ()
    fields: tuple[str, ...] = ()

    def project(self, item: dict[str, Json]) -> dict[str, Json]:
        """Keep the fields that were asked for, and the identifier."""
        if not self.fields:
            return item
        wanted = {name.partition(".")[0] for name in self.fields} | {"_id", "pid"}
        return {name: value for name, value in item.items() if name in wanted}


def parse_filter(text: str | None, *, default_limit: int) -> Listing:
    """Read a filter.

    Raises:
        RefusedError: It is no filter.
    """
    content = parse(text) if text else {}
    if not isinstance(content, dict):
        raise bad_request("the filter must be a JSON object")
    limits = _object(content, "limits")
    return Listing(
        where=_object(content, "where"),
        limit=_count(limits.get("limit", content.get("limit", default_limit)), LARGEST_PAGE),
        skip=_count(limits.get("skip", content.get("skip", 0)), 2**31),
        order=_order(limits.get("order") or limits.get("sort") or content.get("order") or []),
        fields=_fields(content.get("fields") or []),
    )


def _object(content: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    value = content.get(name) or {}
    if not isinstance(value, dict):
        raise bad_request(f"{name} must be a JSON object")
    return value


def _count(value: Json, largest: int) -> int:
    if type(value) is not int or not 0 <= value <= largest:
        raise bad_request(f"limit and skip are whole numbers from 0 to {largest}")
    return value


def _order(value: Json) -> tuple[tuple[str, bool], ...]:
    if isinstance(value, dict):
        value = [f"{name}:{direction}" for name, direction in value.items()]
    terms = value if isinstance(value, list) else [value]
    pairs = [str(term).replace(" ", ":").partition(":") for term in terms]
    return tuple((name, direction.lower() == "desc") for name, _, direction in pairs)


def _fields(value: Json) -> tuple[str, ...]:
    if isinstance(value, dict):
        return tuple(name for name, wanted in value.items() if wanted)
    if not isinstance(value, list):
        raise bad_request("fields must be a list of names")
    return tuple(str(name) for name in value)
