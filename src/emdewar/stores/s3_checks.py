"""The checksums that can go with a part, and what a service does with a wrong one, found out by sending one."""

import base64
import hashlib
import threading
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from awscrt.checksums import crc32c, crc64nvme

from emdewar.stores.s3_bucket import Body, Bucket, Part, Upload
from emdewar.stores.s3_connections import CUT
from emdewar.stores.s3_errors import AnswerError
from emdewar.stores.s3_heads import CRC64NVME, to_base64

WRITE_ONCE: Final[Mapping[str, str]] = {"If-None-Match": "*"}
PROBE_START: Final = ".emdewar-probe-"
"""How names of probe objects begin; no datablock's name begins with a dot."""

_PROBE: Final = b"EM Dewar asks whether this service rejects damaged uploads"
_OTHER: Final = b"something else"
_ACCESS_STATUS: Final = frozenset({401, 403})
_REDIRECTS: Final = range(300, 400)
_CLASH: Final = 412


@dataclass(frozen=True, slots=True)
class PartCheck:
    """One kind of checksum.

    Attributes:
        name: How it is called where it is told.
        header: The header that carries it.
        tag: Its name in the list of parts; empty where it has none there.
        algorithm: Its name when an upload is started; empty where it has none there.
        compute: Takes the checksum of bytes, as the header wants it.
    """

    name: str
    header: str
    tag: str
    algorithm: str
    compute: Callable[[bytes | memoryview], str]


def _md5(content: bytes | memoryview) -> str:
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


CRC64NVME_CHECK: Final = PartCheck(
    "crc64nvme", CRC64NVME, "ChecksumCRC64NVME", "CRC64NVME", lambda content: to_base64(crc64nvme(content), 8)
)
CRC32C_CHECK: Final = PartCheck(
    "crc32c", "x-amz-checksum-crc32c", "ChecksumCRC32C", "CRC32C", lambda content: to_base64(crc32c(content), 4)
)
MD5_CHECK: Final = PartCheck("content-md5", "Content-MD5", "", "", _md5)
CHECKS: Final = (CRC64NVME_CHECK, CRC32C_CHECK, MD5_CHECK)
"""In the order of preference: the fast ones first."""


class Treatment(StrEnum):
    """What a service does with a demand.

    ENFORCED: It refuses what does not meet it. IGNORED: It takes everything. REFUSED: It does not know the demand.
    """

    ENFORCED = "enforced"
    IGNORED = "ignored"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a service was seen to act.

    Attributes:
        checks: On a wrong checksum of a part, by the check's name.
        whole: On a wrong CRC-64/NVME of an object that is completed of parts.
        put_once: On writing over an object that must not be there.
        complete_once: On completing one over an object that must not be there.
    """

    checks: Mapping[str, Treatment]
    whole: Treatment
    put_once: Treatment
    complete_once: Treatment

    @property
    def enforces(self) -> frozenset[str]:
        """What the service enforces, in words."""
        others = {"whole crc64nvme": self.whole, "put once": self.put_once, "complete once": self.complete_once}
        return frozenset(name for name, seen in {**self.checks, **others}.items() if seen is Treatment.ENFORCED)

    @property
    def check(self) -> PartCheck | None:
        """The checksum to send: the fastest that is enforced, else one that does no harm."""
        for wanted in (Treatment.ENFORCED, Treatment.IGNORED):
            for check in CHECKS:
                if self.checks[check.name] is wanted:
                    return check
        return None

    @property
    def protects(self) -> bool:
        """Whether a part that was damaged on the way is refused."""
        return Treatment.ENFORCED in self.checks.values()


class Manners:
    """How services act, asked once in the life of a process for each bucket."""

    def __init__(self) -> None:
        """Know nothing."""
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], Conduct] = {}

    def of(self, bucket: Bucket) -> Conduct:
        """Give how a bucket's service acts.

        Raises:
            AnswerError: The bucket may not be written at all.
        """
        place = bucket.account.endpoint_url, bucket.bucket
        with self._lock:
            if place not in self._known:
                self._known[place] = probe(bucket)
            return self._known[place]


MANNERS: Final = Manners()


def probe(bucket: Bucket) -> Conduct:
    """Find out how a service acts, with an object of a few bytes that is removed at the end.

    Raises:
        AnswerError: The bucket may not be written at all.
    """
    return _Probe(bucket).run()


class _Probe:
    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._name = PROBE_START + uuid.uuid4().hex
        self._uploads: list[Upload] = []

    def run(self) -> Conduct:
        self._put({MD5_CHECK.header: MD5_CHECK.compute(_PROBE)})
        try:
            return Conduct(
                checks={check.name: self._treatment_of(check) for check in CHECKS},
                whole=self._whole(),
                put_once=_clash(lambda: self._put(WRITE_ONCE)),
                complete_once=_clash(lambda: self._complete({}, WRITE_ONCE)),
            )
        finally:
            self._tidy()

    def _treatment_of(self, check: PartCheck) -> Treatment:
        if not _is_refused(lambda: self._put({check.header: check.compute(_OTHER)})):
            return Treatment.IGNORED
        is_unknown = _is_refused(lambda: self._put({check.header: check.compute(_PROBE)}))
        return Treatment.REFUSED if is_unknown else Treatment.ENFORCED

    def _whole(self) -> Treatment:
        start = whole_headers()
        wrong, right = ({CRC64NVME: CRC64NVME_CHECK.compute(content)} for content in (_OTHER, _PROBE))
        if not _is_refused(lambda: self._complete(start, wrong)):
            return Treatment.IGNORED
        is_unknown = _is_refused(lambda: self._complete(start, right))
        return Treatment.REFUSED if is_unknown else Treatment.ENFORCED

    def _put(self, headers: Mapping[str, str]) -> None:
        self._bucket.put(self._name, Body(_PROBE, headers))

    def _complete(self, start: Mapping[str, str], headers: Mapping[str, str]) -> None:
        upload = self._bucket.start_upload(self._name, start)
        self._uploads.append(upload)
        part_headers = {CRC64NVME: CRC64NVME_CHECK.compute(_PROBE)} if start else {}
        etag = self._bucket.put_part(upload, 1, Body(_PROBE, part_headers))
        self._bucket.complete(upload, [Part(1, etag, {})], headers)

    def _tidy(self) -> None:
        for upload in self._uploads:
            with suppress(AnswerError, *CUT):
                self._bucket.abort(upload)
        with suppress(AnswerError, *CUT):
            self._bucket.delete(self._name)


def whole_headers() -> dict[str, str]:
    """Announce that an object completed of parts has one CRC-64/NVME."""
    return {"x-amz-checksum-algorithm": CRC64NVME_CHECK.algorithm, "x-amz-checksum-type": "FULL_OBJECT"}


def _is_refused(attempt: Callable[[], None]) -> bool:
    try:
        attempt()
    except AnswerError as error:
        _check_judged(error)
        return True
    return False


def _clash(attempt: Callable[[], None]) -> Treatment:
    try:
        attempt()
    except AnswerError as error:
        _check_judged(error)
        return Treatment.ENFORCED if error.status == _CLASH else Treatment.REFUSED
    return Treatment.IGNORED


def _check_judged(error: AnswerError) -> None:
    """Keep apart what a service says of the demand and what keeps it from listening."""
    if error.is_passing or error.status in _ACCESS_STATUS or error.status in _REDIRECTS:
        raise error
