"""JSON that every database can keep: no NUL, no half characters, no endless numbers, no bottomless nesting."""

import json
from collections.abc import Callable
from typing import NoReturn

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request

DEEPEST = 64
"""Levels of nesting that are accepted."""

LARGEST_INTEGER = 2**63 - 1
"""The largest integer that SQLite and PostgreSQL keep exactly."""


def parse(text: bytes | str) -> Json:
    """Parse JSON and check that it can be kept.

    Raises:
        RefusedError: It is no JSON, or holds what cannot be kept.
    """
    try:
        decoded = text.decode("utf-8") if isinstance(text, bytes) else text
        value = json.loads(decoded, parse_constant=_refuse_constant)
    except RecursionError:
        raise bad_request(f"the JSON is nested deeper than {DEEPEST} levels") from None
    except ValueError as error:
        raise bad_request(f"invalid JSON: {error}") from error
    check(value)
    return value


def check(value: Json) -> None:
    """Check that a parsed value can be kept.

    Raises:
        RefusedError: It holds a NUL character, half a surrogate pair, a number out of range, or is nested too deep.
    """
    level, depth = [value], 0
    while level:
        if depth > DEEPEST:
            raise bad_request(f"the JSON is nested deeper than {DEEPEST} levels")
        level = [inner for item in level for inner in _open(item)]
        depth += 1


def check_text(text: str) -> None:
    """Check that a text can be kept.

    Raises:
        RefusedError: It holds a NUL character or half a surrogate pair.
    """
    if "\0" in text:
        raise bad_request("a text holds a NUL character; remove it")
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise bad_request("a text holds half a surrogate pair, which is no character; remove it") from None


def check_number(number: float) -> None:
    """Check that a number can be kept exactly.

    Raises:
        RefusedError: It is infinite, or an integer of more than 64 bits.
    """
    if number in {float("inf"), float("-inf")} or (isinstance(number, int) and abs(number) > LARGEST_INTEGER):
        raise bad_request("a number is out of range: integers have at most 64 bits")


_CHECKS: dict[type, Callable[[Json], None]] = {str: check_text, int: check_number, float: check_number}


def _open(item: Json) -> list[Json]:
    if isinstance(item, dict):
        return [*item.keys(), *item.values()]
    if isinstance(item, list):
        return item
    if leaf_check := _CHECKS.get(type(item)):
        leaf_check(item)
    return []


def _refuse_constant(name: str) -> NoReturn:
    raise bad_request(f"{name} is no JSON number")
