"""What is wrong with a filter's JSON, in the words of V8, which SciCat's clients are shown."""

import json
import re

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request
from catalog_api.wire.checked_json import parse

CONTEXT = 10
"""Characters that are quoted before and after an unexpected one; short texts are quoted whole."""

_AT_POSITION = {
    "Expecting ':' delimiter": "Expected ':' after property name",
    "Unterminated string starting at": "Unterminated string",
    "Invalid control character at": "Bad control character in string literal",
    "Invalid \\escape": "Bad escaped character",
    "Invalid \\uXXXX escape": "Bad Unicode escape",
}
_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{},]', re.DOTALL)


def parse_as_v8(text: str, what: str) -> Json:
    """Parse JSON of an address or a header.

    Args:
        text: What was sent.
        what: The parameter's name, for the message.

    Raises:
        RefusedError: It is no JSON, or holds what cannot be kept.
    """
    try:
        json.loads(text)
    except json.JSONDecodeError as fault:
        raise bad_request(f"Invalid JSON in {what}: {in_words(fault)}") from None
    except (ValueError, RecursionError):
        pass  # What parses and cannot be kept has reasons of its own.
    return parse(text)


def in_words(fault: json.JSONDecodeError) -> str:
    """Say what is wrong with JSON and where, as V8's `JSON.parse` does."""
    text, position = fault.doc, fault.pos
    last, opened = _before(text[:position])
    if fault.msg == "Expecting value":
        return _unexpected(text, position)
    if fault.msg == "Extra data":
        return _at("Unexpected non-whitespace character after JSON", text, position, within="")
    if fault.msg.startswith("Expecting property name"):
        words = "Expected double-quoted property name" if last == "," else "Expected property name or '}'"
        return _at(words, text, position)
    if fault.msg == "Expecting ',' delimiter":
        words = (
            "Expected ',' or ']' after array element" if opened == "[" else "Expected ',' or '}' after property value"
        )
        return _at(words, text, position)
    if fault.msg == "Unterminated string starting at":
        position = len(text)
    return _at(_AT_POSITION.get(fault.msg, fault.msg), text, position)


def _at(words: str, text: str, position: int, *, within: str = " in JSON") -> str:
    line, column = text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)
    return f"{words}{within} at position {position} (line {line} column {column})"


def _unexpected(text: str, position: int) -> str:
    position += len(text[position:]) - len(text[position:].lstrip())
    if position >= len(text):
        return "Unexpected end of JSON input"
    start, end = max(position - CONTEXT, 0), position + CONTEXT
    if len(text) <= 2 * CONTEXT:
        start, end = 0, len(text)
    before, after = "..." if start else "", "..." if end < len(text) else ""
    return f"Unexpected token '{text[position]}', {before}\"{text[start:end]}\"{after} is not valid JSON"


def _before(text: str) -> tuple[str, str]:
    """Give the last mark of structure in a text, and the innermost bracket that is open."""
    last, opened = "", [""]
    for found in _STRUCTURE.finditer(text):
        mark = found[0]
        if mark in "[{":
            opened.append(mark)
        elif mark in "]}" and len(opened) > 1:
            opened.pop()
        last = mark if mark in "[]{}," else last
    return last, opened[-1]
