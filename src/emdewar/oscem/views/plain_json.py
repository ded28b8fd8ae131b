"""JSON that every reader takes: texts without what UTF-8 and XML forbid, no objects where a text belongs."""

import unicodedata
from typing import Any, Final

_KEPT: Final = frozenset("\n\t")
_UNWRITABLE: Final = frozenset({"Cc", "Cs"})


def plain_json(value: Any) -> Any:  # noqa: ANN401 - JSON of any shape
    """Give the same with `\N{REPLACEMENT CHARACTER}` for control characters and halves of surrogate pairs.

    DataCite turns its JSON into XML, which has no way to write them.
    """
    if isinstance(value, dict):
        return {name: plain_json(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [plain_json(inner) for inner in value]
    return "".join(map(_plain, value)) if isinstance(value, str) else value


def text_of(value: object) -> str | None:
    """Give a text, of a number its digits; nothing for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip() or None


def _plain(char: str) -> str:
    is_unwritable = unicodedata.category(char) in _UNWRITABLE and char not in _KEPT
    return "\N{REPLACEMENT CHARACTER}" if is_unwritable else char
