"""Text of a project as it can be shown: no bytes that are no UTF-8, no control characters, no endless lines."""

from typing import Final

_ELLIPSIS: Final = "…"


def readable(text: str) -> str:
    """Write what cannot be shown, controls and bytes that are no UTF-8, as escapes."""
    safe = text.encode("utf-8", "backslashreplace").decode()
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in safe)


def shortened(text: str, most: int) -> str:
    """Cut a text in its middle, where names differ least."""
    if len(text) <= most:
        return text
    head = (most - 1) // 3
    return text[:head] + _ELLIPSIS + text[len(text) - (most - 1 - head) :]


def encodable(name: str) -> str:
    """Give a name that `surrogateescape` can write: bytes of a file system stay, what only JSON can hold is escaped."""
    odd = [char for char in name if "\ud800" <= char <= "\udfff"]
    if all("\udc80" <= char <= "\udcff" for char in odd):
        return name
    return name.encode("utf-8", "backslashreplace").decode()
