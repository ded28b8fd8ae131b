"""One object that is read from S3, range by range."""

import re
import threading
import time
from types import TracebackType
from typing import Final, Self

from emdewar.errors import CHECKSUM_MISMATCH, IntegrityError, UnavailableError
from emdewar.stores.s3_bucket import Bucket, wait_s
from emdewar.stores.s3_connections import CUT, Answer
from emdewar.stores.s3_errors import AnswerError, answered
from emdewar.stores.s3_heads import Head
from emdewar.stores.store import ReadFrom

_PROGRESS_BYTES: Final = 1 << 16
_RANGE = re.compile(r"\s*bytes\s+(\d+)-\d+/(\d+|\*)\s*", re.ASCII)
_WHOLE: Final = 200


class S3Reader:
    """An object opened for reading; see `emdewar.stores.store.ObjectReader`."""

    read_step = 8 << 20
    """Bytes to ask for at once: each read is a request. It divides every part size of a datablock."""

    def __init__(self, bucket: Bucket, name: str, head: Head, subject: str) -> None:
        """Take an object that was looked at; `subject` names it in messages."""
        self.size = head.size
        self.read_from: ReadFrom = "object-store"
        self._bucket = bucket
        self._name = name
        self._etag = head.etag
        self._subject = subject
        self._buffers = threading.local()

    def read_at(self, offset: int, size: int) -> memoryview:
        """Read up to `size` bytes at `offset`; good until the same thread reads again.

        Where the connection is cut, reading goes on at the byte where it stopped.

        Raises:
            UnavailableError: The service cannot be read now, gives other bytes than those asked for, or the object has
                gone cold.
            IntegrityError: The object is gone, or is another one by now.
        """
        size = min(size, self.size - offset)
        if size <= 0:
            return memoryview(b"")
        view = self._buffer(size)
        with answered(f"read {self._subject}"):
            self._fill(offset, view)
        return view

    def _fill(self, at: int, rest: memoryview) -> None:
        pauses = iter(self._bucket.account.pauses_s)
        while rest:
            received = self._some(at, rest, next(pauses, None))
            at, rest = at + received, rest[received:]
            if received >= _PROGRESS_BYTES:
                pauses = iter(self._bucket.account.pauses_s)

    def _some(self, at: int, into: memoryview, pause_s: float | None) -> int:
        """Read as far as one request comes; without a pause it is the last try."""
        try:
            answer = self._bucket.read(self._name, at, into, self._etag)
            self._check_range(answer, at)
            if answer.received == len(into) or answer.received >= _PROGRESS_BYTES:
                return answer.received
            raise ConnectionResetError(f"the connection was cut after {answer.received} of {len(into)} bytes")
        except AnswerError as error:
            if error.is_clash:
                msg = f"{self._subject} became another object while it was read; verify it from the start"
                raise IntegrityError(msg, reason=CHECKSUM_MISMATCH) from error
            self._pause(error, pause_s)
        except CUT as error:
            self._pause(error, pause_s)
        return 0

    def _check_range(self, answer: Answer, at: int) -> None:
        """Take only the bytes that were asked for; others are nothing against the object, unless its size differs."""
        start, size = _place_of(answer)
        if size not in {None, self.size}:
            msg = f"{self._subject} has {size} bytes instead of {self.size}: it became another object while it was read"
            raise IntegrityError(msg, reason=CHECKSUM_MISMATCH)
        if start != at:
            came = "it does not say which" if start is None else f"those from byte {start} on"
            msg = f"cannot read {self._subject} from byte {at} on: the service, or a proxy, gives other bytes ({came})"
            raise UnavailableError(f"{msg}; correct the endpoint and try again")

    def _pause(self, error: Exception, pause_s: float | None) -> None:
        if pause_s is None:
            raise error
        time.sleep(wait_s(error, pause_s))

    def _buffer(self, size: int) -> memoryview:
        """Give this thread's memory."""
        memory: bytearray | None = getattr(self._buffers, "memory", None)
        if memory is None or len(memory) < size:
            memory = self._buffers.memory = bytearray(size)
        return memoryview(memory)[:size]

    def __enter__(self) -> Self:
        """Start."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to close: the connections are the store's."""


def _place_of(answer: Answer) -> tuple[int | None, int | None]:
    """Tell where the bytes of an answer begin in their object, and how large that is, as far as the answer does."""
    # Some services send the right range with status 200.
    if found := _RANGE.fullmatch(answer.headers.get("Content-Range", "")):
        return int(found[1]), None if found[2] == "*" else int(found[2])
    if answer.status != _WHOLE:
        return None, None
    length = answer.headers.get("Content-Length", "")
    return 0, int(length) if length.isascii() and length.isdigit() else None
