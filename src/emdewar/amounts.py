"""Amounts as people read them."""

from typing import Final

_STEP: Final = 1000
_UNITS: Final = ("B", "kB", "MB", "GB", "TB")


def show_bytes(size: float) -> str:
    """Write a number of bytes in decimal units, as disks and tapes are sold: `1234567` is `1.235 MB`."""
    for unit in _UNITS:
        if size < _STEP:
            return f"{size:.4g} {unit}"
        size /= _STEP
    return f"{size:.4g} PB"
