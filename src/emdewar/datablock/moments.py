"""Moments as whole milliseconds, the precision that the catalog keeps."""

from datetime import UTC, datetime, timedelta
from typing import Final

NANOSECONDS_PER_MS: Final = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def time_ms(moment: datetime) -> int:
    """Turn a moment into milliseconds since 1970 UTC, rounded down and without passing through a float."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)
