"""Patterns of filters: regular expressions of strangers, matched in time that grows with the text and nothing else.

RE2 decides what is a pattern, on both databases; PostgreSQL then gets the same pattern in its own notation.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import re2
from sqlalchemy import Boolean, ColumnElement, String, func, literal

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request
from catalog_api.wire.by_database import ByDatabase
from catalog_api.wire.postgresql_patterns import in_postgresql

LONGEST_PATTERN = 1_000
SQLITE_FUNCTION = "emdewar_matches"
"""Name of the function that matches on SQLite: `emdewar_matches(pattern, text)`."""

_FLAGS = frozenset("ims")
_IGNORED_FLAGS = frozenset("gu")
_DELIMITED = re.compile(r"/(.*)/([imsgu]*)", re.DOTALL)


@dataclass(frozen=True)
class Pattern:
    """A regular expression in RE2's notation.

    Attributes:
        text: The expression, its flags in front as `(?i)`.
    """

    text: str

    def matches(self, value: ColumnElement[str]) -> ColumnElement[bool]:
        """Give the condition that the pattern is found somewhere in a text."""
        on_sqlite = getattr(func, SQLITE_FUNCTION)(literal(self.text, String), value, type_=Boolean())
        on_postgresql = value.op("~", return_type=Boolean())(literal(in_postgresql(self.text), String))
        return ByDatabase(on_sqlite, on_postgresql)


def pattern(text: Json, options: str = "", *, delimited: bool = False) -> Pattern:
    """Read a pattern, like `^a.*b$`.

    Args:
        text: What was sent.
        options: MongoDB's `$options`: i ignores case, m matches at lines, s lets the dot match line ends.
        delimited: It may also be written `/^a.*b$/i`, as in Loopback.

    Raises:
        RefusedError: It is no regular expression, or one that could take for ever.
    """
    if not isinstance(text, str) or not set(options) <= _FLAGS | _IGNORED_FLAGS:
        raise bad_request('a pattern is a text, like "^grid"; its $options are some of i, m and s')
    if delimited and (parts := _DELIMITED.fullmatch(text)) is not None:
        text, options = parts[1], options + parts[2]
    flags = "".join(sorted(set(options) & _FLAGS))
    whole = f"(?{flags}){text}" if flags else text
    if len(whole) > LONGEST_PATTERN:
        raise bad_request(f"the pattern {text[:40]!r}... is longer than {LONGEST_PATTERN} characters")
    _compiled(whole)
    in_postgresql(whole)
    return Pattern(whole)


def literally(text: str) -> Pattern:
    """Give the pattern that finds a text as it is, in any case."""
    return Pattern(f"(?i){re2.escape(text)}")


def found(expression: str | None, text: str | None) -> bool | None:
    """Tell whether a pattern is found in a text; the function that SQLite calls."""
    if expression is None or text is None:
        return None
    return isinstance(text, str) and _compiled(expression).search(text) is not None


@lru_cache(maxsize=256)
def _compiled(expression: str) -> Json:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    try:
        return re2.compile(expression, options)
    except re2.error as error:
        reason = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else error.args[0]
        raise bad_request(f"{expression[:80]!r} is no pattern that can be searched for: {reason}") from error
