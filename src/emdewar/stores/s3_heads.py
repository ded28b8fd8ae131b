"""What an S3 service tells about an object and about the letters of a checksum."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPMessage
from typing import Final

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
    """Read the headers of an object."""
    lower = {name.lower(): value for name, value in headers.items()}
    return Head(
        size=int(lower.get("content-length", "0")),
        etag=lower.get("etag", ""),
        storage_class=lower.get("x-amz-storage-class", STANDARD),
        restore=lower.get("x-amz-restore", ""),
        archive_status=lower.get("x-amz-archive-status", ""),
        crc64nvme=from_base64(lower.get(CRC64NVME, "")),
        metadata={name.removeprefix(METADATA): value for name, value in lower.items() if name.startswith(METADATA)},
    )


def service_time(headers: HTTPMessage) -> datetime | None:
    """Give the moment by the service's own clock."""
    value = headers.get("Date")
    return parsedate_to_datetime(value) if value else None


def to_base64(checksum: int, size: int) -> str:
    """Write a CRC of `size` bytes as S3's headers do."""
    return base64.b64encode(checksum.to_bytes(size, "big")).decode()


def from_base64(text: str) -> int | None:
    """Read a CRC of a whole object; None where there is none, or one that was made of parts (`…-3`)."""
    return int.from_bytes(base64.b64decode(text), "big") if text and "-" not in text else None
