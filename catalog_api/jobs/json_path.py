"""Paths into JSON, as job types write them: `jobParams.tapeCopies`, `$`, `datasets[*].isPublished`, `$..unit`."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from catalog_api.json_type import Json
from emdewar.errors import RefusedError

_STEP = re.compile(
    r"""(?P<deep>\.\.)?\.?(?:
        (?P<name>[^.\[\]*'"$()?@\s]+)
      | (?P<every>\*)
      | \[\s*(?:(?P<position>-?\d+)|(?P<star>\*)|'(?P<single>[^']*)'|"(?P<double>[^"]*)")\s*\]
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class _Step:
    """One step down; no key means to everything that is there."""

    key: str | int | None
    at_any_depth: bool


@dataclass(frozen=True)
class JsonPath:
    """A path; `text` is how it was written."""

    text: str
    steps: tuple[_Step, ...]

    def find(self, value: Json) -> list[Json]:
        """Give all values that the path leads to, in their order."""
        found = [value]
        for step in self.steps:
            found = [inner for item in found for inner in _down(item, step)]
        return found


def json_path(text: str) -> JsonPath:
    """Read a path.

    Raises:
        RefusedError: It is none, or uses filters and slices, which are not supported.
    """
    rest = text.removeprefix("$")
    steps = []
    while rest:
        match = _STEP.match(rest)
        if match is None:
            msg = f"{text!r} is no path at {rest!r}: write it like jobParams.name, list[0], list[*] or $..name"
            raise RefusedError(msg, reason="badRequest")
        steps.append(_Step(_key(match), match["deep"] is not None))
        rest = rest[match.end() :]
    return JsonPath(text, tuple(steps))


def _key(match: re.Match[str]) -> str | int | None:
    if match["position"] is not None:
        return int(match["position"])
    return next((match[group] for group in ("name", "single", "double") if match[group] is not None), None)


def _down(item: Json, step: _Step) -> Iterator[Json]:
    for place in _with_all_below(item) if step.at_any_depth else (item,):
        if step.key is None:
            yield from _children(place)
        elif isinstance(place, dict) and str(step.key) in place:
            yield place[str(step.key)]
        elif isinstance(place, list) and (position := _position(step.key, place)) is not None:
            yield place[position]


def _position(key: str | int, items: list[Json]) -> int | None:
    """Find the place in a list that a key names; `list.0` is `list[0]`."""
    number = int(key) if isinstance(key, int) or key.isdecimal() else None
    return number if number is not None and -len(items) <= number < len(items) else None


def _children(item: Json) -> Iterable[Json]:
    if isinstance(item, dict):
        return item.values()
    return item if isinstance(item, list) else ()


def _with_all_below(item: Json) -> Iterator[Json]:
    pending = [item]
    while pending:
        place = pending.pop()
        yield place
        pending.extend(reversed(list(_children(place))))
