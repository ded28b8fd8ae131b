"""A store that is a bucket of an S3 service, the cold classes included."""

import math
import threading
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from emdewar.errors import BUSY, OBJECT_EXISTS, OFFLINE, IntegrityError, RefusedError, UnavailableError
from emdewar.stores.names import check_object_name, is_object_name
from emdewar.stores.s3_account import S3Account
from emdewar.stores.s3_bucket import Bucket, Upload
from emdewar.stores.s3_checks import MANNERS, PROBE_START
from emdewar.stores.s3_errors import AnswerError, answered
from emdewar.stores.s3_heads import STANDARD, Head
from emdewar.stores.s3_reader import S3Reader
from emdewar.stores.s3_recall import availability_of, is_cold
from emdewar.stores.s3_writer import S3Writer, Target
from emdewar.stores.store import MISSING, Availability, Locality, StoredObject

Tier = Literal["Bulk", "Standard", "Expedited"]
"""How fast, and how dear, a recall from a cold class is."""

_DAY: Final = timedelta(days=1)
_ASKING_THREADS: Final = 8
_REFUSED_RECALL: Final = frozenset({"RestoreAlreadyInProgress", "InvalidObjectState"})


@dataclass(frozen=True, slots=True)
class ColdStorage:
    """Where datablocks lie in an S3 service, and how they are called back.

    Attributes:
        storage_class: S3's word for it, e.g. `DEEP_ARCHIVE`; empty for the bucket's own rule.
        tier: How fast a recall is to be.
    """

    storage_class: str = ""
    tier: Tier = "Standard"


class S3Store:
    """Objects below a prefix of a bucket.

    A datablock is an upload in parts, each sent with a checksum; it becomes visible when it is whole, only where no
    object bears its name, and counts once the service shows it with our size and checksum. How much of that the service
    enforces is found out before the first write, and told by `enforces`. Companions stay in the class that is always
    online.
    """

    def __init__(
        self, name: str, account: S3Account, bucket: str, prefix: str = "", *, cold: ColdStorage | None = None
    ) -> None:
        """Name the store and its place; nothing is asked of the service yet.

        Args:
            name: Name of the store on record.
            account: The service and the keys.
            bucket: A bucket that is there.
            prefix: Part of the bucket; everything directly below it belongs to the store.
            cold: Class of the datablocks, and how they are recalled.
        """
        self.name = name
        self._bucket = Bucket(account, bucket, prefix)
        self._cold = cold or ColdStorage()
        self._writing: set[str] = set()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        """Tell where it is, and nothing of the keys."""
        return f"S3Store({self.name!r}, {self._bucket.place!r})"

    @property
    def enforces(self) -> frozenset[str]:
        """What the service enforces; asked with an object of a few bytes at the first use.

        Raises:
            UnavailableError: The service cannot be asked.
        """
        with answered(f"probe {self._place}"):
            return MANNERS.of(self._bucket).enforces

    @property
    def _place(self) -> str:
        return f"store {self.name} at {self._bucket.place}"

    def _subject(self, name: str) -> str:
        return f"{name} on {self._place}"

    def size_of(self, name: str) -> int | None:
        """Give the size of an object in bytes, or None where there is none.

        Raises:
            UnavailableError: The service cannot be asked, or the bucket is not there.
            RefusedError: The name is not a plain one.
        """
        head = self._head(name)
        return head.size if head else None

    def free_bytes(self) -> int | None:
        """Give nothing: S3 does not tell."""
        return None

    def create(self, name: str, size: int) -> S3Writer:
        """Start to write an object.

        Raises:
            RefusedError: An object of that name is there, or the name is not a plain one.
            UnavailableError: This process is writing it already, or the service cannot be reached.
        """
        if self._head(name):
            msg = f"{self._subject(name)} is there already and is never rewritten; verify it instead"
            raise RefusedError(msg, reason=OBJECT_EXISTS)
        self._enter(name)
        try:
            with answered(f"write {self._subject(name)}"):
                return self._writer(name, size, self._cold.storage_class)
        except BaseException:
            self._leave(name)
            raise

    def _writer(self, name: str, size: int, storage_class: str) -> S3Writer:
        target = Target(self._bucket, name, size, self._subject(name), MANNERS.of(self._bucket), storage_class)
        return S3Writer(target, lambda: self._leave(name))

    def _enter(self, name: str) -> None:
        """Note that we write it. Other processes are kept apart when they complete: only one of them can."""
        with self._lock:
            if name in self._writing:
                msg = f"{self._subject(name)} is being written by somebody else; try again when they are done"
                raise UnavailableError(msg, reason=BUSY)
            self._writing.add(name)

    def _leave(self, name: str) -> None:
        with self._lock:
            self._writing.discard(name)

    def open(self, name: str) -> S3Reader:
        """Open an object to read it back over the network.

        Raises:
            IntegrityError: There is no object of that name.
            UnavailableError: It is in a cold class (reason `offline`), or the service cannot be reached.
        """
        head = self._there(name)
        if availability_of(head).locality is not Locality.ONLINE:
            msg = f"{self._subject(name)} is in class {head.storage_class} and cannot be read now; recall it first"
            raise UnavailableError(msg, reason=OFFLINE)
        return S3Reader(self._bucket, name, head, self._subject(name))

    def put_small(self, name: str, content: bytes) -> None:
        """Write or replace a small companion object in one step.

        Raises:
            RefusedError: The name is not a plain one.
            UnavailableError: The service cannot be reached.
            IntegrityError: The service lost or changed it.
        """
        check_object_name(name)
        subject = self._subject(name)
        with answered(f"write {subject}"):
            target = Target(
                self._bucket, name, len(content), subject, MANNERS.of(self._bucket), STANDARD, may_replace=True
            )
            writer = S3Writer(target, lambda: None)
        with writer:
            writer.write_at(0, content)
            writer.commit()

    def read_small(self, name: str) -> bytes:
        """Read a companion object whole.

        Raises:
            IntegrityError: There is none.
            UnavailableError: The service cannot be reached.
        """
        with self.open(name) as reader:
            return bytes(reader.read_at(0, reader.size))

    def remove(self, name: str) -> None:
        """Remove an object.

        Raises:
            IntegrityError: There is no object of that name.
            UnavailableError: This process is writing it, or the service cannot be reached or forbids it.
        """
        check_object_name(name)
        self._enter(name)
        try:
            self._there(name)
            with answered(f"remove {self._subject(name)}"):
                self._bucket.delete(name)
        finally:
            self._leave(name)

    def objects(self) -> Iterator[StoredObject]:
        """List the objects in the order of their names.

        Raises:
            UnavailableError: The service cannot be asked.
        """
        with answered(f"list {self._place}"):
            yield from (found for found in self._bucket.objects() if is_object_name(found.name))

    def discard_unfinished(self, *, older_than: timedelta) -> list[str]:
        """Give up uploads that have not grown for a time; gives the names they were for.

        Raises:
            UnavailableError: The service cannot be asked.
        """
        with answered(f"look for unfinished uploads on {self._place}"):
            uploads, now = self._bucket.uploads()
            limit = (now or datetime.now(UTC)) - older_than
            dead = [upload for upload in uploads if self._is_dead(upload, limit)]
            for upload in dead:
                self._bucket.abort(upload)
            for probe in list(self._bucket.objects(PROBE_START)):
                if probe.modified <= limit:
                    self._bucket.delete(probe.name)
        return sorted({upload.name for upload in dead if is_object_name(upload.name)})

    def _is_dead(self, upload: Upload, limit: datetime) -> bool:
        is_ours = is_object_name(upload.name) or upload.name.startswith(PROBE_START)
        if not is_ours or upload.name in self._writing or upload.started > limit:
            return False
        try:
            return self._bucket.newest_part(upload) <= limit
        except AnswerError as error:
            if not error.is_missing_object:
                raise
            return False

    def availability(self, names: Collection[str]) -> dict[str, Availability]:
        """Say of each object whether it can be read now.

        Raises:
            UnavailableError: The service cannot be asked.
        """
        heads = self._heads(names)
        return {name: availability_of(head) if head else MISSING for name, head in heads.items()}

    def recall(self, names: Sequence[str], *, keep_for: timedelta) -> None:
        """Ask for copies that can be read, for at least so long; the service works on all of them at once.

        Raises:
            UnavailableError: The service cannot be asked.
        """
        days = max(1, math.ceil(keep_for / _DAY))
        wanted_until = datetime.now(UTC) + keep_for
        for name, head in self._heads(names).items():
            if head and is_cold(head) and not _is_recalled(availability_of(head), wanted_until):
                self._recall(name, None if head.archive_status else days)

    def _recall(self, name: str, days: int | None) -> None:
        try:
            with answered(f"recall {self._subject(name)}"):
                self._bucket.restore(name, days, self._cold.tier)
        except UnavailableError as error:
            refusal = error.__cause__
            if not (isinstance(refusal, AnswerError) and refusal.code in _REFUSED_RECALL):
                raise

    def release(self, names: Collection[str]) -> None:
        """Do nothing: restored copies go by themselves when their time is over."""
        for name in names:
            check_object_name(name)

    def _heads(self, names: Collection[str]) -> dict[str, Head | None]:
        with ThreadPoolExecutor(_ASKING_THREADS) as pool:
            return dict(zip(names, pool.map(self._head, names), strict=True))

    def _there(self, name: str) -> Head:
        head = self._head(name)
        if head is None:
            msg = f"{self._subject(name)} is not there: it is lost or was never written; use another copy"
            raise IntegrityError(msg, reason="objectMissing")
        return head

    def _head(self, name: str) -> Head | None:
        check_object_name(name)
        with answered(f"look for {self._subject(name)}"):
            return self._bucket.head(name)


def _is_recalled(now: Availability, wanted_until: datetime) -> bool:
    is_long_enough = now.online_until is None or now.online_until >= wanted_until
    return now.locality is Locality.RECALLING or (now.locality is Locality.ONLINE and is_long_enough)
