"""A bucket that files are restored to, as objects under their paths, and links to them that expire."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Final, Self

from emdewar.datablock.destination import in_the_way_error
from emdewar.errors import (
    OBJECT_EXISTS,
    UNSAFE_NAMES,
    IntegrityError,
    RefusedError,
    UnavailableError,
)
from emdewar.paths import join_inside
from emdewar.records import DataFile, iso_milliseconds
from emdewar.stores.s3_account import S3Account
from emdewar.stores.s3_bucket import Bucket
from emdewar.stores.s3_checks import MANNERS
from emdewar.stores.s3_errors import answered
from emdewar.stores.s3_heads import Head
from emdewar.stores.s3_reader import S3Reader
from emdewar.stores.s3_writer import S3Writer, Target

SHA256: Final = "emdewar-sha256"
"""Metadata of a restored file: the digest that was proven while it was written."""

TIME: Final = "emdewar-time"
"""Metadata of a restored file: when the original was last changed."""

LONGEST_LINK: Final = timedelta(days=7)
"""S3 signs for no longer."""

_LONGEST_KEY_BYTES: Final = 1024


class S3Destination:
    """Files below a prefix of a bucket; see `emdewar.datablock.destination.Destination`.

    A file is visible only when it is whole and its sha256 was right. What is there already is read back: others may
    write to the bucket, and what is noted beside an object proves nothing about its bytes.
    """

    def __init__(self, account: S3Account, bucket: str, prefix: str = "") -> None:
        """Name the place; nothing is asked of the service yet."""
        self._bucket = Bucket(account, bucket, prefix)
        self.place = self._bucket.place
        self._lock = Lock()
        self._sizes: dict[str, int] | None = None

    def missing_bytes(self, file: DataFile) -> int:
        """Tell how many bytes of the file are still to come: none where one of its size was there at the start.

        Raises:
            RefusedError: Another object bears its path, or the path leads out of the prefix.
            UnavailableError: The service cannot be asked.
        """
        self._check_path(file.path)
        size = self._at_start().get(file.path)
        if size not in {None, file.size}:
            raise in_the_way_error(self.place, [file.path])
        return 0 if size == file.size else file.size

    def check_room(self, size: int) -> None:
        """Nothing to check: S3 does not tell its room."""

    def holds(self, file: DataFile) -> bool:
        """Tell whether the file is there already, by its content.

        Raises:
            RefusedError: Another object bears its path.
            UnavailableError: The service cannot be asked, or the object changes at this moment.
        """
        self._check_path(file.path)
        # What appears later is found when a file is completed, as nothing is ever written over.
        return file.path in self._at_start() and self.shows(file)

    def shows(self, file: DataFile) -> bool:
        """Tell whether the file is there now, by its content.

        Raises:
            RefusedError: Another object bears its path.
            UnavailableError: The service cannot be asked, or the object changes at this moment.
        """
        with answered(f"look for {file.path} in {self.place}"):
            head = self._bucket.head(file.path)
        if head and not (head.size == file.size and self._sha256_of(file.path, head) == file.chk):
            raise in_the_way_error(self.place, [file.path])
        return head is not None

    def _sha256_of(self, path: str, head: Head) -> str:
        digest = hashlib.sha256()
        subject = f"{path} in {self.place}"
        with _no_fault_of_the_archive(), S3Reader(self._bucket, path, head, subject) as reader:
            for at in range(0, reader.size, reader.read_step):
                digest.update(reader.read_at(at, reader.read_step))
        return digest.hexdigest()

    def create(self, file: DataFile) -> "S3FileWriter":
        """Begin a file, invisibly.

        Raises:
            RefusedError: Its path leads out of the prefix.
            UnavailableError: The service cannot be reached.
        """
        self._check_path(file.path)
        subject = f"{file.path} in {self.place}"
        with answered(f"write {subject}"):
            target = Target(
                self._bucket,
                file.path,
                file.size,
                subject,
                MANNERS.of(self._bucket),
                metadata={SHA256: file.chk, TIME: iso_milliseconds(file.time)},
            )
            return S3FileWriter(self, file, S3Writer(target, lambda: None))

    def settle(self) -> None:
        """Nothing to do: what a bucket shows is durable."""

    def links(self, paths: Iterable[str], *, expires_in: timedelta) -> dict[str, str]:
        """Give an address by path that anybody may read from for a while; whether the files are there is not asked.

        Raises:
            RefusedError: The time is longer than S3 signs for.
        """
        if not timedelta(0) < expires_in <= LONGEST_LINK:
            raise RefusedError(
                f"links cannot be good for {expires_in}: at most {LONGEST_LINK.days} days; ask again then"
            )
        expires_in_s = int(expires_in.total_seconds())
        return {path: self._bucket.link(path, expires_in_s) for path in paths}

    def _at_start(self) -> dict[str, int]:
        """Give the sizes of what was there: a list of thousands costs one request, a look at each costs thousands."""
        with self._lock, answered(f"list {self.place}"):
            if self._sizes is None:
                self._sizes = {found.name: found.size for found in self._bucket.objects(is_deep=True)}
            return self._sizes

    def _check_path(self, path: str) -> None:
        join_inside(Path(self.place), path)
        if len(self._bucket.prefix.encode() + path.encode()) > _LONGEST_KEY_BYTES:
            msg = f"{path!r} below {self.place} has more than {_LONGEST_KEY_BYTES} bytes; restore it to a folder"
            raise RefusedError(msg, reason=UNSAFE_NAMES, paths=[path])


class S3FileWriter:
    """A growing file of an `S3Destination`; see `emdewar.datablock.destination.FileWriter`."""

    def __init__(self, destination: S3Destination, file: DataFile, writer: S3Writer) -> None:
        """Take over the object that was started."""
        self._destination = destination
        self._file = file
        self._writer = writer
        self._at = 0

    def write(self, data: bytes | memoryview) -> None:
        """Put the next bytes.

        Raises:
            UnavailableError: The service is full, cannot be reached, or gets other bytes than were sent.
        """
        with _no_fault_of_the_archive():
            self._writer.write_at(self._at, data)
        self._at += len(data)

    def publish(self) -> None:
        """Make the file visible; one that somebody else restored meanwhile is as good.

        Raises:
            RefusedError: Another object bears the path by now.
            UnavailableError: The service could not complete it, lost it or changed it.
        """
        try:
            with _no_fault_of_the_archive():
                self._writer.commit()
        except RefusedError as error:
            if error.reason != OBJECT_EXISTS:
                raise
        if not (self._writer.is_proven or self._destination.shows(self._file)):
            msg = f"{self._file.path} was in {self._destination.place} a moment ago and is gone; restore it again"
            raise UnavailableError(msg)

    def __enter__(self) -> Self:
        """Start."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Discard what was not published."""
        self._writer.__exit__(kind, error, trace)


@contextmanager
def _no_fault_of_the_archive() -> Iterator[None]:
    """What a bucket of users loses or changes says nothing against the copy that is restored to it."""
    try:
        yield
    except IntegrityError as error:
        raise UnavailableError(f"{error}; look into the bucket, then restore again") from error
