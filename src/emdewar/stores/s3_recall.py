"""Cold classes of S3: whether an object can be read now, as the headers of HEAD tell it."""

import re
from datetime import UTC, datetime
from typing import Final

from emdewar.stores.s3_heads import Head, http_moment
from emdewar.stores.store import Availability, Locality

COLD_CLASSES: Final = frozenset({"GLACIER", "DEEP_ARCHIVE"})
"""Classes whose objects must be restored first; `GLACIER_IR` is read at once."""

_ONGOING = re.compile(r"ongoing-request\s*=\s*[\"']?\s*(true|false)\b", re.IGNORECASE)
_EXPIRY = re.compile(r"expiry-date\s*=\s*[\"']?\s*([^\"']+?)\s*(?:[\"']|,\s*ongoing-request|$)", re.IGNORECASE)


def availability_of(head: Head, now: datetime | None = None) -> Availability:
    """Say whether an object can be read.

    An object of a class that is always online bears no header about a restore, and is online.
    """
    found = _ONGOING.search(head.restore)
    ongoing = found[1].lower() if found else ""
    if ongoing == "true":
        return Availability(Locality.RECALLING, is_durable=True)
    if not is_cold(head):
        return Availability(Locality.ONLINE, is_durable=True)
    until = online_until(head)
    if ongoing != "false" or (until and until <= (now or datetime.now(UTC))):
        return Availability(Locality.OFFLINE, is_durable=True)
    return Availability(Locality.ONLINE, is_durable=True, online_until=until)


def is_cold(head: Head) -> bool:
    """Tell whether the object itself, not a restored copy, must be recalled before it can be read."""
    return head.storage_class in COLD_CLASSES or bool(head.archive_status)


def online_until(head: Head) -> datetime | None:
    """Give the moment at which a restored copy goes; None where no header tells it so that it can be read."""
    found = _EXPIRY.search(head.restore)
    return http_moment(found[1]) if found else None
