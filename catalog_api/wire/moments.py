"""Moments as SciCat clients send them."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator


def in_utc(moment: datetime) -> datetime:
    """Bring a moment to UTC and whole milliseconds; one without a zone is taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        aware = aware.astimezone(UTC)
    except OverflowError as error:
        msg = "the moment is out of range"
        raise ValueError(msg) from error
    return aware.replace(microsecond=aware.microsecond // 1000 * 1000)


AnyMoment = Annotated[datetime, AfterValidator(in_utc)]
"""A moment, with or without a zone."""
