"""Optimistic locking: `If-Unmodified-Since` names the version that a client has seen."""

from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Annotated

from fastapi import Depends, Header
from pydantic import TypeAdapter, ValidationError

from catalog_api.refusals import bad_request
from catalog_api.wire.moments import AnyMoment, in_utc
from emdewar.errors import RefusedError

_MOMENT: TypeAdapter[datetime] = TypeAdapter(AnyMoment)
_SENT = Header(
    alias="If-Unmodified-Since", description="The `updatedAt` that was seen; ISO 8601, or an HTTP date (RFC 9110)."
)


async def _seen(sent: Annotated[str | None, _SENT] = None) -> datetime | None:
    if not sent:
        return None
    try:
        return _MOMENT.validate_python(sent)
    except ValidationError:
        return _http_date(sent)


def _http_date(sent: str) -> datetime:
    try:
        return in_utc(parsedate_to_datetime(sent))
    except ValueError as error:
        msg = f"If-Unmodified-Since: {sent[:80]!r} is no moment; send the updatedAt that was read"
        raise bad_request(msg) from error


Seen = Annotated[datetime | None, Depends(_seen)]
"""The moment of the version that a client has seen, or None when it does not say."""


def check_unmodified(updated_at: datetime, seen: datetime | None) -> None:
    """Refuse a change that rests on an older version; call it with the row locked.

    Raises:
        RefusedError: The row was changed after `seen` (`preconditionFailed`, HTTP 412).
    """
    if seen is not None and updated_at > seen:
        msg = "Precondition failed: it was changed by somebody else in the meantime; read it again and repeat"
        raise RefusedError(msg, reason="preconditionFailed")
