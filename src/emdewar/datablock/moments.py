"""Moments as whole milliseconds, the precision that the catalog keeps."""

from datetime import UTC, datetime, timedelta
from typing import Final

NANOSECONDS_PER_MS: Final = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def time_ms(moment: datetime) -> int:
    """Turn a moment into milliseconds since 1970 UTC, rounded down and without passing through a float."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def moment_of(time_ms: int) -> datetime:
    """Turn milliseconds since 1970 UTC into a moment.

    Raises:
        OverflowError: No calendar reaches there.
    """
    return _EPOCH + timedelta(milliseconds=time_ms)
