"""One object that is written to S3: its parts in any order, each with a checksum, visible once it is whole and ours."""

import hashlib
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

from awscrt.checksums import crc64nvme

from emdewar.datablock.checksums import Span, join
from emdewar.datablock.members import part_size
from emdewar.errors import CHECKSUM_MISMATCH, OBJECT_EXISTS, IntegrityError, RefusedError, UnavailableError
from emdewar.stores.s3_account import UNSIGNED
from emdewar.stores.s3_bucket import Body, Bucket, Part, Upload
from emdewar.stores.s3_checks import CRC64NVME_CHECK, WRITE_ONCE, Conduct, Treatment, whole_headers
from emdewar.stores.s3_connections import CUT
from emdewar.stores.s3_errors import AnswerError, answered
from emdewar.stores.s3_heads import CRC64NVME, METADATA, Head, to_base64

WRITER: Final = "emdewar-writer"
"""Metadata that tells an object of ours from one that somebody else wrote at the same time."""

_DAMAGE_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be written, and where.

    Attributes:
        bucket: The place.
        name: Name of the object there.
        size: Its bytes.
        subject: How messages call it.
        conduct: How the service acts.
        storage_class: S3's word for where it is to lie; empty for the bucket's own rule.
        metadata: What to note beside it.
        may_replace: Whether it may be written over another object.
    """

    bucket: Bucket
    name: str
    size: int
    subject: str
    conduct: Conduct
    storage_class: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    may_replace: bool = False

    def headers(self, token: str) -> dict[str, str]:
        """Give the headers of a new object."""
        headers = {METADATA + name: value for name, value in {**self.metadata, WRITER: token}.items()}
        return headers | ({"x-amz-storage-class": self.storage_class} if self.storage_class else {})


class S3Writer:
    """An object that grows; see `emdewar.stores.store.ObjectWriter`.

    A whole part goes out as it is given, without a copy; smaller pieces are gathered until their part is full. What is
    held in memory is what the callers hold, and the parts that are begun.

    Attributes:
        is_proven: Whether the service showed that the committed object is ours and not just as large.
    """

    def __init__(self, target: Target, on_end: Callable[[], None]) -> None:
        """Start; an object of more than one part becomes an upload at once.

        Args:
            target: What to write.
            on_end: Called once nothing more is written.

        Raises:
            AnswerError: The service does not take it.
        """
        self._target = target
        self._on_end = on_end
        self._token = uuid.uuid4().hex
        self._part_size = part_size(target.size)
        self._lock = threading.Lock()
        self._missing = target.size
        self._begun: dict[int, _Gathering] = {}
        self._spans: list[Span] = []
        self._parts: list[Part] = []
        self._is_visible = False
        self.is_proven = False
        self._single = b""
        self._upload: Upload | None = None
        if target.size > self._part_size:
            self._upload = target.bucket.start_upload(target.name, self._start_headers())

    def write_at(self, offset: int, data: bytes | memoryview) -> None:
        """Put bytes at a position.

        Raises:
            UnavailableError: The service is full, cannot be reached or refuses the keys.
            IntegrityError: A part arrived damaged, again and again.
        """
        with answered(f"write {self._target.subject}"):
            for at, piece in self._cut(offset, memoryview(data).cast("B")):
                self._take(at, piece)

    def _cut(self, at: int, data: memoryview) -> Iterator[tuple[int, memoryview]]:
        """Cut bytes where parts end."""
        while data:
            size = self._part_size - at % self._part_size
            yield at, data[:size]
            at, data = at + size, data[size:]

    def _take(self, at: int, piece: memoryview) -> None:
        number, start = divmod(at, self._part_size)
        if len(piece) == self._size_of(number):
            self._send(number, piece)
            self._count(len(piece))
        elif part := self._gathered(number, start, piece):
            self._send(number, memoryview(part))

    def _size_of(self, number: int) -> int:
        return min(self._part_size, self._target.size - number * self._part_size)

    def _gathered(self, number: int, start: int, piece: memoryview) -> bytearray | None:
        """Add a piece to its part; gives the part once it is full."""
        with self._lock:
            part = self._begun.get(number)
            if part is None:
                size = self._size_of(number)
                part = self._begun[number] = _Gathering(bytearray(size), size)
            part.content[start : start + len(piece)] = piece
            part.missing -= len(piece)
            self._missing -= len(piece)
            return None if part.missing else self._begun.pop(number).content

    def _count(self, size: int) -> None:
        with self._lock:
            self._missing -= size

    def _send(self, number: int, content: memoryview) -> None:
        span = Span(number * self._part_size, len(content), crc64nvme(content))
        if self._upload is None:
            self._single = bytes(content)
        else:
            self._send_part(self._upload, number + 1, self._body(content, span.crc))
        with self._lock:
            self._spans.append(span)

    def _send_part(self, upload: Upload, number: int, body: Body) -> None:
        etag = self._repeat_damaged(lambda: self._target.bucket.put_part(upload, number, body))
        check = self._target.conduct.check
        checksums = {check.tag: body.headers[check.header]} if check and check.tag else {}
        with self._lock:
            self._parts.append(Part(number, etag, checksums))

    def _body(self, content: bytes | memoryview, crc: int, headers: Mapping[str, str] | None = None) -> Body:
        """Give bytes their checksum; a signature over all of them only where nothing else protects them."""
        conduct = self._target.conduct
        is_protected = conduct.protects or self._target.bucket.account.is_encrypted
        sha256 = UNSIGNED if is_protected else hashlib.sha256(content).hexdigest()
        checksum: dict[str, str] = {}
        if conduct.check:
            is_known = conduct.check is CRC64NVME_CHECK
            checksum[conduct.check.header] = to_base64(crc, 8) if is_known else conduct.check.compute(content)
        return Body(content, {**checksum, **(headers or {})}, sha256)

    def _start_headers(self) -> dict[str, str]:
        headers = self._target.headers(self._token)
        check = self._target.conduct.check
        if check is CRC64NVME_CHECK and self._target.conduct.whole is not Treatment.REFUSED:
            return headers | whole_headers()
        return headers | ({"x-amz-checksum-algorithm": check.algorithm} if check and check.algorithm else {})

    def commit(self) -> None:
        """Make the object visible, and look whether it is there as it was sent.

        Raises:
            IntegrityError: Not all announced bytes were written, or the service lost or changed the object.
            RefusedError: Somebody else wrote an object of that name meanwhile.
            UnavailableError: The service cannot be reached, or discarded the parts meanwhile.
        """
        subject = self._target.subject
        missing = self._missing or self._target.size - sum(span.size for span in self._spans)
        if missing:
            msg = f"{subject} lacks {missing} of its bytes, so it stays invisible; write it again"
            raise IntegrityError(msg)
        with answered(f"complete {subject}"):
            self._refuse_other()
            self._complete()
            self._confirm()
        self._is_visible = True

    def _refuse_other(self) -> None:
        """Look for an object of that name where the service would write over it."""
        conduct = self._target.conduct
        once = conduct.complete_once if self._upload else conduct.put_once
        is_open = once is not Treatment.ENFORCED and not self._target.may_replace
        if is_open and self._target.bucket.head(self._target.name):
            raise self._other_error()

    def _complete(self) -> None:
        try:
            self._make_visible()
        except AnswerError as error:
            # An answer that was lost on its way looks like this on the second try.
            if not (error.is_clash or error.is_gone_upload):
                raise
            head = self._target.bucket.head(self._target.name)
            if head and self._is_ours(head):
                return
            if head:
                raise self._other_error() from error
            msg = f"cannot complete {self._target.subject}: its parts were discarded meanwhile; write it again"
            raise UnavailableError(msg) from error

    def _make_visible(self) -> None:
        bucket, conduct = self._target.bucket, self._target.conduct
        once = conduct.complete_once if self._upload else conduct.put_once
        headers = {} if once is Treatment.REFUSED or self._target.may_replace else dict(WRITE_ONCE)
        if self._upload is None:
            body = self._body(self._single, self._crc(), headers | self._target.headers(self._token))
            self._repeat_damaged(lambda: bucket.put(self._target.name, body))
            return
        if conduct.check is CRC64NVME_CHECK and conduct.whole is not Treatment.REFUSED:
            headers |= {CRC64NVME: to_base64(self._crc(), 8), "x-amz-checksum-type": "FULL_OBJECT"}
        bucket.complete(self._upload, sorted(self._parts, key=lambda part: part.number), headers)

    def _confirm(self) -> None:
        """See that what was taken with thanks is there."""
        target = self._target
        head = target.bucket.head(target.name)
        if head is None:
            msg = f"{target.subject} was taken without complaint, but is not there; the store loses data: stop using it"
            raise IntegrityError(msg, reason="objectMissing")
        if not self._is_ours(head):
            if target.may_replace:
                return
            raise self._other_error()
        self.is_proven = WRITER in head.metadata or head.crc64nvme is not None
        expected = target.size, self._crc()
        found = head.size, expected[1] if head.crc64nvme is None else head.crc64nvme
        if found != expected:
            with suppress(AnswerError, *CUT):
                target.bucket.delete(target.name)
            msg = (
                f"{target.subject} became {found[0]} bytes with CRC-64/NVME {found[1]:016x} instead of "
                f"{expected[0]} with {expected[1]:016x} and was removed; check the store before it is used again"
            )
            raise IntegrityError(msg, reason=CHECKSUM_MISMATCH)

    def _crc(self) -> int:
        return join(self._spans).crc if self._spans else 0

    def _is_ours(self, head: Head) -> bool:
        """Tell whether we wrote it; a service that forgets metadata is asked for size and checksum only."""
        if WRITER in head.metadata:
            return head.metadata[WRITER] == self._token
        return head.size == self._target.size and head.crc64nvme in {None, self._crc()}

    def _other_error(self) -> RefusedError:
        msg = f"{self._target.subject} was written by somebody else meanwhile and is never rewritten; verify it instead"
        return RefusedError(msg, reason=OBJECT_EXISTS)

    def _repeat_damaged(self, send: Callable[[], str]) -> str:
        for _ in range(_DAMAGE_TRIES - 1):
            try:
                return send()
            except AnswerError as error:
                if not error.is_damage:
                    raise
        return send()

    def __enter__(self) -> Self:
        """Start."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the upload up unless it was committed; what cannot be given up now, a sweep does later."""
        try:
            if self._upload and not self._is_visible:
                with suppress(AnswerError, *CUT):
                    self._target.bucket.abort(self._upload)
        finally:
            self._on_end()


@dataclass(slots=True)
class _Gathering:
    content: bytearray
    missing: int
