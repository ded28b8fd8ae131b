"""What an S3 service tells about an object and about the letters of a checksum."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPMessage
from typing import Final

from emdewar.stores.s3_errors import AnswerError

CRC64NVME: Final = "x-amz-checksum-crc64nvme"
METADATA: Final = "x-amz-meta-"
STANDARD: Final = "STANDARD"


@dataclass(frozen=True, slots=True)
class Head:
    """An object as HEAD shows it.

    Attributes:
        size: Bytes.
        etag: Changes when the object does.
        storage_class: S3's word for where it lies.
        restore: The header that tells of a restored copy, empty where there is none.
        archive_status: Tells that an object of an automatic class has become cold.
        crc64nvme: CRC-64/NVME of the whole object, where the service knows it.
        metadata: What its writer noted beside it.
    """

    size: int
    etag: str
    storage_class: str
    restore: str
    archive_status: str
    crc64nvme: int | None
    metadata: Mapping[str, str]


def read_head(headers: HTTPMessage) -> Head:
    """Read the headers of an object; what cannot be read is taken as absent, but not its size.

    Raises:
        AnswerError: The size is not told: some proxies leave it out.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    return Head(
        size=number_of(lower.get("content-length", ""), "the object's size"),
        etag=lower.get("etag", ""),
        storage_class=lower.get("x-amz-storage-class", STANDARD),
        restore=lower.get("x-amz-restore", ""),
        archive_status=lower.get("x-amz-archive-status", ""),
        crc64nvme=from_base64(lower.get(CRC64NVME, "")),
        metadata={name.removeprefix(METADATA): value for name, value in lower.items() if name.startswith(METADATA)},
    )


def service_time(headers: HTTPMessage) -> datetime | None:
    """Give the moment by the service's own clock, where it tells it."""
    return http_moment(headers.get("Date") or "")


def http_moment(text: str) -> datetime | None:
    """Read a moment as HTTP or as ISO 8601 writes it; None where it is neither. Without a zone it is UTC."""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return _with_zone(read(text))
        except (ValueError, IndexError, OverflowError):
            continue
    return None


def moment_of(text: str) -> datetime:
    """Read a moment that a list tells.

    Raises:
        AnswerError: It is none.
    """
    try:
        return _with_zone(datetime.fromisoformat(text))
    except ValueError:
        raise AnswerError(_OK, "", f"the service tells a moment that is none: {text[:40]!r}") from None


def number_of(text: str, what: str) -> int:
    """Read a number of bytes.

    Raises:
        AnswerError: It is none.
    """
    if not (text.isascii() and text.isdigit()):
        raise AnswerError(_OK, "", f"the service does not tell {what}; look at what lies between (a proxy?)")
    return int(text)


def _with_zone(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def to_base64(checksum: int, size: int) -> str:
    """Write a CRC of `size` bytes as S3's headers do."""
    return base64.b64encode(checksum.to_bytes(size, "big")).decode()


def from_base64(text: str) -> int | None:
    """Read a CRC of a whole object; None where there is none, or one that was made of parts (`…-3`)."""
    try:
        content = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return int.from_bytes(content, "big") if len(content) == _CRC_BYTES else None


_CRC_BYTES: Final = 8
_OK: Final = 200
