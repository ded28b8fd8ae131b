"""SciCat's list filter, `{"where", "include", "fields", "limits"}`: what a list request asks for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request
from catalog_api.wire.json_faults import parse_as_v8
from catalog_api.wire.projection import NOTHING_LEFT_OUT, Projection, projection

LARGEST_PAGE = 10_000
LARGEST_SKIP = 2**31
MOST_INCLUDES = 20

Order = tuple[tuple[str, bool], ...]
"""Names to sort by, each with whether it descends."""

_KNOWN = frozenset({"where", "include", "fields", "limits", "order"})
_LIMITS = frozenset({"limit", "skip", "order", "sort"})


@dataclass(frozen=True)
class Include:
    """Related documents to answer with.

    Attributes:
        relation: Which ones, like `proposals`; `all` for every relation.
        listing: Which of them, and how much of each.
        required: Leave out what has none ("some"), or what lacks any of them ("all"); None keeps everything.
    """

    relation: str
    listing: "Listing"
    required: str | None = None


@dataclass(frozen=True)
class Listing:
    """What a list request asks for.

    Attributes:
        where: Condition, still as JSON.
        limit: Rows at most.
        skip: Rows to leave out at the start.
        order: Names with whether they descend; empty when the request does not say.
        fields: What each answer is to hold.
        include: Related documents to add.
        default_order: Order where the request does not say; names that are not there are passed over.
    """

    where: Mapping[str, Json] = field(default_factory=dict)
    limit: int = 100
    skip: int = 0
    order: Order = ()
    fields: Projection = NOTHING_LEFT_OUT
    include: tuple[Include, ...] = ()
    default_order: Order = ()

    def project(self, item: dict[str, Json]) -> dict[str, Json]:
        """Keep the fields that were asked for, the identifier, and the related documents that were included."""
        return self.fields.of(item, kept=(asked.relation for asked in self.include))


def parse_filter(
    text: str | None,
    *,
    default_limit: int,
    default_order: Order = (),
    strict: bool = False,
    largest: int = LARGEST_PAGE,
) -> Listing:
    """Read a filter.

    Args:
        text: What was sent, JSON.
        default_limit: Rows where it does not say.
        default_order: Order where it does not say.
        strict: Refuse parts that are not known, as v4 does; v3 passes over them.
        largest: Most rows that may be asked for.

    Raises:
        RefusedError: It is no filter.
    """
    content = object_of(text, "filter")
    return listing_of(
        content, Listing(limit=default_limit, default_order=default_order), strict=strict, largest=largest
    )


def object_of(text: str | None, what: str) -> Mapping[str, Json]:
    """Read a parameter that is a JSON object; nothing is an empty one.

    Raises:
        RefusedError: It is none.
    """
    content = parse_as_v8(text, what) if text and text.strip() else {}
    if not isinstance(content, dict):
        raise bad_request(f"{what} must be a JSON object")
    return content


def listing_of(
    content: Mapping[str, Json], default: Listing, *, strict: bool = False, largest: int = LARGEST_PAGE
) -> Listing:
    """Read a filter that is parsed already; see `parse_filter`.

    Raises:
        RefusedError: It is no filter.
    """
    limits = _object(content, "limits")
    if strict:
        _check_names(content, _KNOWN)
        _check_names(limits, _LIMITS, "limits.")
    return Listing(
        where=_object(content, "where"),
        limit=_count(limits.get("limit", content.get("limit")), default.limit, largest),
        skip=_count(limits.get("skip", content.get("skip", content.get("offset"))), 0, LARGEST_SKIP),
        order=_order(limits.get("order") or limits.get("sort") or content.get("order") or ()),
        fields=projection(content.get("fields")),
        include=_includes(content.get("include"), strict=strict, largest=largest),
        default_order=default.default_order,
    )


def _check_names(content: Iterable[str], known: frozenset[str], above: str = "") -> None:
    for name in content:
        if name not in known:
            raise bad_request(f"Property {above}{name} should not exist in the filter object")


def _includes(value: Json, *, strict: bool, largest: int) -> tuple[Include, ...]:
    entries = value if isinstance(value, list) else [value] if value else []
    if len(entries) > MOST_INCLUDES:
        raise bad_request(f"include names more than {MOST_INCLUDES} relations")
    return tuple(_include(entry, strict=strict, largest=largest) for entry in entries)


def _include(entry: Json, *, strict: bool, largest: int) -> Include:
    everything = Listing(limit=largest)
    if isinstance(entry, str):
        return Include(entry, everything)
    if not isinstance(entry, dict) or not isinstance(entry.get("relation"), str):
        raise bad_request('include lists relations, as "proposals" or {"relation": "proposals", "scope": {}}')
    required = entry.get("required", False)
    if required not in (True, False, "all"):
        raise bad_request(f'required is true, false or "all", not {str(required)[:80]!r}')
    scope = listing_of(_object(entry, "scope"), everything, strict=strict, largest=largest)
    return Include(entry["relation"], scope, {True: "some", False: None}.get(required, "all"))


def _object(content: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    value = content.get(name) or {}
    if not isinstance(value, dict):
        raise bad_request(f"{name} must be a JSON object")
    return value


def _count(value: Json, default: int, largest: int) -> int:
    if value is None:
        return default
    if isinstance(value, str) and value.isdecimal() and value.isascii():
        value = int(value[:20])
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not int or not 0 <= value <= largest:
        raise bad_request(f"limit and skip are whole numbers from 0 to {largest}, not {str(value)[:40]}")
    return value


def _order(value: Json) -> Order:
    if isinstance(value, dict):
        return tuple((name, _descends(direction)) for name, direction in value.items())
    terms = value if isinstance(value, list | tuple) else str(value).split(",")
    pairs = [str(term).strip().replace(" ", ":").partition(":") for term in terms]
    return tuple((name, _descends(direction or "asc")) for name, _, direction in pairs if name)


def _descends(direction: Json) -> bool:
    word = str(direction).strip(": ").lower()
    if word not in {"asc", "ascending", "1", "desc", "descending", "-1"}:
        raise bad_request(f"an order is asc or desc, not {str(direction)[:40]!r}")
    return word in {"desc", "descending", "-1"}
