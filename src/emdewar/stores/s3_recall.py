"""Cold classes of S3: whether an object can be read now, as the headers of HEAD tell it."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from emdewar.stores.s3_heads import Head
from emdewar.stores.store import Availability, Locality

COLD_CLASSES: Final = frozenset({"GLACIER", "DEEP_ARCHIVE"})
"""Classes whose objects must be restored first; `GLACIER_IR` is read at once."""

_ONGOING: Final = 'ongoing-request="true"'
_DONE: Final = 'ongoing-request="false"'
_EXPIRY = re.compile(r'expiry-date="([^"]+)"')


def availability_of(head: Head, now: datetime | None = None) -> Availability:
    """Say whether an object can be read.

    An object of a class that is always online bears no header about a restore, and is online.
    """
    if _ONGOING in head.restore:
        return Availability(Locality.RECALLING, is_durable=True)
    if not is_cold(head):
        return Availability(Locality.ONLINE, is_durable=True)
    until = online_until(head)
    is_restored = _DONE in head.restore
    if not is_restored or (until and until <= (now or datetime.now(UTC))):
        return Availability(Locality.OFFLINE, is_durable=True)
    return Availability(Locality.ONLINE, is_durable=True, online_until=until)


def is_cold(head: Head) -> bool:
    """Tell whether the object itself, not a restored copy, must be recalled before it can be read."""
    return head.storage_class in COLD_CLASSES or bool(head.archive_status)


def online_until(head: Head) -> datetime | None:
    """Give the moment at which a restored copy goes; None where no header tells."""
    found = _EXPIRY.search(head.restore)
    return parsedate_to_datetime(found[1]) if found else None
