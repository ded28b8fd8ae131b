"""Read a datablock back and compare every byte with what it must be."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from emdewar.datablock import pax
from emdewar.datablock.checksums import Span, TarChecksums, checksums
from emdewar.datablock.cursor import Cursor
from emdewar.datablock.head import Found, read_members
from emdewar.datablock.members import Member, part_size
from emdewar.datablock.second_look import SecondLook, second_look
from emdewar.datablock.threads import Queue, share_out
from emdewar.errors import CHECKSUM_MISMATCH, IntegrityError
from emdewar.stores.store import ObjectReader
from emdewar.stores.system_errors import READ_ERROR

REGION_BYTES: Final = 8 << 20
"""Small files are read in runs of at least this many bytes."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What reading back has shown, beside that all files are right.

    Attributes:
        head: The members before the dataset's files.
        sums: Checksums of all bytes.
    """

    head: list[Found]
    sums: TarChecksums


@dataclass(frozen=True, slots=True)
class _Region:
    """A stretch of the tar that one thread reads; without members it is the head or the end."""

    start: int
    end: int
    members: tuple[Member, ...] = ()


def prove(
    reader: ObjectReader, files: Sequence[Member], *, workers: int, on_progress: Callable[[int], None] | None = None
) -> Proof:
    """Read a whole tar once, in parallel stretches, and compare the dataset's files with their places and digests.

    Args:
        reader: The tar.
        files: The dataset's files, each where it must lie.
        workers: Threads.
        on_progress: Called with the number of bytes just read, from several threads.

    Raises:
        IntegrityError: Files differ or lie where the medium cannot be read (then, if nothing else is wrong, with
            reason `readError`), or the tar is not readable as such; the error lists the files.
        UnavailableError: The store cannot be read.
    """
    proving = _Proving(second_look(reader), on_progress or _ignore)
    share_out(_regions(files, reader.size), proving.work, workers=workers)
    if proving.damaged:
        raise _damage(proving.damaged, proving.reasons)
    return Proof(proving.head, checksums(proving.spans, part_size(reader.size)))


@dataclass(slots=True)
class _Proving:
    reader: SecondLook
    on_progress: Callable[[int], None]
    head: list[Found] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    damaged: dict[str, str] = field(default_factory=dict)
    reasons: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def work(self, queue: Queue[_Region]) -> None:
        def on_read(size: int) -> None:
            queue.check()
            self.on_progress(size)

        for region in queue:
            spans = self._look(region, on_read)
            with self.lock:
                self.spans.extend(spans)

    def _look(self, region: _Region, on_read: Callable[[int], None]) -> list[Span]:
        """Read a stretch; where that fails, its files one by one, as what is read together fails together."""
        cursor = Cursor(self.reader, region.start, region.end, part_size(self.reader.size), on_read)
        try:
            self._read(region, cursor)
        except IntegrityError as error:
            if not region.members:
                raise
            if len(region.members) > 1:
                alone = [_Region(member.header_at, member.end, (member,)) for member in region.members]
                return [span for each in alone for span in self._look(each, on_read)]
            self._note(region.members[0], f"cannot be read: {error}", error.reason)
        return cursor.spans

    def _read(self, region: _Region, cursor: Cursor) -> None:
        if region.members:
            self._compare(region.members, cursor)
        elif region.start == 0:
            self.head.extend(read_members(cursor, region.end))
        elif any(cursor.take(region.end - region.start)):
            raise IntegrityError(f"the end of the tar, from byte {region.start}, is not empty")

    def _compare(self, members: Sequence[Member], cursor: Cursor) -> None:
        for member in members:
            header = cursor.take(member.content_at - member.header_at)
            sha256 = cursor.sha256(member.entry.size)
            padding = cursor.take(member.end - cursor.at)
            if member.file and (why := _difference(member, member.file.chk, header, sha256, padding)):
                self._note(member, why, CHECKSUM_MISMATCH)

    def _note(self, member: Member, why: str, reason: str) -> None:
        if member.file:
            with self.lock:
                self.damaged[member.file.path] = why
                self.reasons.add(reason)


def _difference(member: Member, chk: str, header: bytes, sha256: str, padding: bytes) -> str:
    if sha256 != chk:
        return f"has sha256 {sha256}, on record is {chk}"
    if header != pax.header(member.entry, member.header_at, chk):
        return "has another tar header than its record demands"
    return "is followed by something else than zeros" if any(padding) else ""


def _regions(files: Sequence[Member], size: int) -> Iterator[_Region]:
    yield _Region(0, files[0].header_at)
    run: list[Member] = []
    for member in files:
        run.append(member)
        if member.end - run[0].header_at >= REGION_BYTES:
            yield _Region(run[0].header_at, member.end, tuple(run))
            run = []
    if run:
        yield _Region(run[0].header_at, run[-1].end, tuple(run))
    yield _Region(files[-1].end, size)


def _damage(damaged: dict[str, str], reasons: set[str]) -> IntegrityError:
    names = sorted(damaged)
    msg = f"{len(names)} file(s) differ from the catalog's record, first {names[0]!r}: it {damaged[names[0]]}"
    return IntegrityError(msg, reason=READ_ERROR if reasons == {READ_ERROR} else CHECKSUM_MISMATCH, paths=names)


def _ignore(_size: int) -> None:
    """Nobody wants to know."""
