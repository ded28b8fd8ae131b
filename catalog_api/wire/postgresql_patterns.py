"""Patterns in PostgreSQL's notation: what RE2 understands, written so that PostgreSQL understands the same."""

import re
from collections.abc import Callable, Iterator, Mapping

from catalog_api.refusals import bad_request

MOST_REPETITIONS = 255
"""PostgreSQL counts no further."""

_TOKEN = re.compile(
    r"""(?P<quoted>\\Q(?:[^\\]|\\(?!E))*(?:\\E|\Z))
    |(?P<hex>\\x\{[0-9A-Fa-f]+\}|\\x[0-9A-Fa-f]{2})
    |(?P<octal>\\0[0-7]{0,2}|\\[1-7][0-7]{1,2})
    |(?P<escape>\\.)
    |(?P<named>\(\?P?<\w+>)
    |(?P<flags>\(\?[a-zA-Z-]+[:)])
    |(?P<posix>\[:\^?\w+:\])
    |(?P<times>\{\d+(?:,\d*)?\})
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_LEADING_FLAGS = re.compile(r"(?:\(\?[imsU]+\))+")
_CLASSES = {"d": "0-9", "w": "0-9A-Za-z_", "s": r" \t\n\f\r"}
_POSIX = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": r" \t",
    "digit": "0-9",
    "lower": "a-z",
    "punct": r"!-/:-@\[-`{-~",
    "space": r" \t-\r",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_IS, _NO = "[0-9A-Za-z_]", "(?![0-9A-Za-z_])"
_ANCHORS = {
    "b": f"(?:(?<!{_IS})(?={_IS})|(?<={_IS}){_NO})",
    "B": f"(?:(?<!{_IS}){_NO}|(?<={_IS})(?={_IS}))",
    "A": r"\A",
    "z": r"\Z",
}

_OUTSIDE = {"{": r"\{", "}": r"\}"}


def in_postgresql(expression: str) -> str:
    """Write a pattern that RE2 understands in PostgreSQL's notation.

    Raises:
        RefusedError: PostgreSQL has no such thing; then SQLite does not get it either, for all catalogs are alike.
    """
    leading = _LEADING_FLAGS.match(expression)
    flags = set(leading[0]) & set("ims") if leading else set()
    parts = "".join(_translated(expression[leading.end() if leading else 0 :], dot="." if "s" in flags else r"[^\n]"))
    ours = ("i" if "i" in flags else "") + ("w" if "m" in flags else "")
    return f"(?{ours}){parts}" if ours else parts


def _translated(expression: str, *, dot: str) -> Iterator[str]:
    in_class = first = anchored = False
    for found in _TOKEN.finditer(expression):
        kind, text = found.lastgroup or "other", found[0]
        if in_class:
            yield _in_class(kind, text, first=first)
            in_class, first = text != "]" or first, first and text == "^"
            continue
        if anchored and (kind == "times" or text in {"*", "+", "?"}):
            raise bad_request(f"there is nothing that {text} could repeat in the pattern")
        anchored = text in {"^", "$"} or (kind == "escape" and text[1] in _ANCHORS)
        in_class = first = text == "["
        yield _OUTSIDE.get(text, dot if text == "." else text) if kind == "other" else _TRANSLATIONS[kind](text, False)


def _in_class(kind: str, text: str, *, first: bool) -> str:
    if kind != "other":
        return _TRANSLATIONS[kind](text, True)
    special = text == "-" or (text == "^" and first) or (text == "]" and not first)
    return text if special else _literal(text)


def _literal(text: str) -> str:
    return "".join(char if char.isalnum() or char.isspace() or char == "_" else f"\\{char}" for char in text)


def _escape(text: str, in_class: bool) -> str:  # noqa: FBT001 (one of a table of translations)
    name = text[1:]
    if name.lower() in _CLASSES and (name.islower() or not in_class):
        inside = _CLASSES[name.lower()]
        return inside if in_class else f"[{'' if name.islower() else '^'}{inside}]"
    if name in _ANCHORS and not in_class:
        return _ANCHORS[name]
    if name.isalnum() and name not in "afnrtv":
        raise _unknown(text)
    return text


def _code(text: str, _in_class: bool) -> str:  # noqa: FBT001 (one of a table of translations)
    number = int(text.strip("\\x{}"), 16) if text.startswith("\\x") else int(text[1:] or "0", 8)
    try:
        char = chr(number)
        char.encode()
    except (ValueError, OverflowError):
        raise _unknown(text) from None
    if number == 0:
        raise _unknown(text)
    return _literal(char)


def _flags(text: str, in_class: bool) -> str:  # noqa: FBT001 (one of a table of translations)
    if in_class:
        return _literal(text)
    raise bad_request(f"flags stand at the beginning of a pattern, as (?i); not {text!r} inside")


def _times(text: str, in_class: bool) -> str:  # noqa: FBT001 (one of a table of translations)
    if in_class:
        return _literal(text)
    if any(int(number) > MOST_REPETITIONS for number in re.findall(r"\d+", text)):
        raise bad_request(f"a pattern repeats at most {MOST_REPETITIONS} times, not {text}")
    return text


def _posix(text: str, in_class: bool) -> str:  # noqa: FBT001 (one of a table of translations)
    if not in_class:
        return text
    name = text.strip("[:]")
    if name not in _POSIX:
        raise _unknown(text)
    return _POSIX[name]


def _unknown(text: str) -> Exception:
    return bad_request(f"{text!r} cannot be searched for in a pattern")


_TRANSLATIONS: Mapping[str, Callable[[str, bool], str]] = {
    "quoted": lambda text, _: _literal(text.removeprefix("\\Q").removesuffix("\\E")),
    "hex": _code,
    "octal": _code,
    "escape": _escape,
    "named": lambda text, in_class: _literal(text) if in_class else "(?:",
    "flags": _flags,
    "posix": _posix,
    "times": _times,
}
