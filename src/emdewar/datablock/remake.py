"""Make a lost or damaged copy anew, bit for bit, from the other copies, even from several damaged ones."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from emdewar.datablock import pax
from emdewar.datablock.checksums import TarChecksums
from emdewar.datablock.members import Member
from emdewar.datablock.parts import PartAssembly
from emdewar.datablock.promised import promise
from emdewar.datablock.recovered_head import recover_layout
from emdewar.datablock.recovery import find_files
from emdewar.datablock.runs import Run, gather_runs
from emdewar.datablock.slices import sort_files
from emdewar.datablock.sources import Sources
from emdewar.datablock.threads import Queue, share_out
from emdewar.datablock.verify import check_record, read_back
from emdewar.datablock.written import index, index_name
from emdewar.errors import CHECKSUM_MISMATCH, OBJECT_EXISTS, IntegrityError, RefusedError
from emdewar.records import DatablockRecord, DataFile
from emdewar.stores.store import ObjectWriter, Store


@dataclass(frozen=True, slots=True)
class Remade:
    """A copy that was made anew. It is no proof: `verify_copy` reads it back.

    Attributes:
        store: Name of the store.
        location: Name of the object.
        size: Bytes of the tar.
        crc64nvme: CRC-64/NVME of what was written, equal to the record's.
        manifest_sha256: sha256 of its manifest, equal to the record's.
        was_there: Whether an earlier run had made it already.
    """

    store: str
    location: str
    size: int
    crc64nvme: str
    manifest_sha256: str
    was_there: bool = False


def remake_copy(  # noqa: PLR0913 - four say what, three say how
    sources: Sequence[tuple[Store, str]],
    target: Store,
    record: DatablockRecord,
    files: Sequence[DataFile],
    *,
    location: str,
    workers: int = 4,
    on_progress: Callable[[int], None] | None = None,
) -> Remade:
    """Write a datablock to a store from its other copies, each byte read once where the first copy is good.

    Each file comes from the first copy whose bytes have its sha256; headers and padding from the format; the head from
    whichever copies still have it. The copy becomes visible only if all of it has the CRC-64/NVME and the manifest the
    sha256 on record. A right copy that an earlier run left under this name is kept,
    and given its index where that run did not come so far.

    Args:
        sources: Verified or damaged copies, the best first: store and name of the object.
        target: Store that lacks a good copy.
        record: The datablock on record.
        files: The catalog's files of this datablock, declared at ingest.
        location: Name of the object to write; see `object_name`.
        workers: Threads.
        on_progress: Called with the number of bytes just written, from several threads.

    Raises:
        IntegrityError: No copy has some of the files, which the error lists, or no head fits the record.
        RefusedError: Something else bears the name on the target; choose the next one.
        UnavailableError: The target, or a copy that is needed, cannot be reached; or the target is full.
    """
    check_record(record, files)
    was_there = target.size_of(location) is not None
    if was_there:
        _keep(target, record, files, location)
    else:
        with Sources(sources) as opened:
            try:
                _Remaking(opened, record, sort_files(files), workers, on_progress).write(target, location)
            except IntegrityError:
                opened.check_reachable()
                raise
    return Remade(target.name, location, record.packed_size, record.crc64nvme, record.manifest_sha256, was_there)


def _keep(target: Store, record: DatablockRecord, files: Sequence[DataFile], location: str) -> None:
    try:
        kept = read_back(target, record, files, location=location)
    except IntegrityError as error:
        msg = f"{location} is on store {target.name} already, but is not what was archived; use the next name: {error}"
        raise RefusedError(msg, reason=OBJECT_EXISTS) from error
    name = index_name(record.archive_id)
    if target.size_of(name) is None:
        target.put_small(name, kept.index())


class _Remaking:
    """Makes one datablock from several copies."""

    def __init__(
        self,
        sources: Sources,
        record: DatablockRecord,
        files: Sequence[DataFile],
        workers: int,
        on_progress: Callable[[int], None] | None,
    ) -> None:
        self._sources = sources
        self._record = record
        self._workers = workers
        self._on_progress = on_progress
        self._layout = recover_layout(sources, record, files)
        self._promised = promise(self._layout)
        self._members = {member.file.path: member for member in self._layout.files if member.file}
        self._files = [m.file.model_copy(update={"offset": m.content_at}) for m in self._layout.files if m.file]

    def write(self, target: Store, location: str) -> None:
        """Write it; where the first copy turns out to be damaged, find out which copy has what and start again."""
        try:
            sums = self._write(target, location, {})
        except IntegrityError as error:
            if not error.paths:
                raise
            sums = self._write(target, location, self._found())
        target.put_small(index_name(self._record.archive_id), index(self._layout, self._promised, sums))

    def _write(self, target: Store, location: str, first: Mapping[str, int]) -> TarChecksums:
        """Write it from the given first sources, and make it visible if it is right."""
        with target.create(location, self._layout.size) as writer:
            sums = self._fill(writer, first)
            if sums.crc64nvme != self._record.crc64nvme:
                msg = (
                    f"{self._layout.archive_id} made anew has CRC-64/NVME {sums.crc64nvme}, on record is "
                    f"{self._record.crc64nvme}: no copy's head is the one that was archived"
                )
                raise IntegrityError(msg)
            writer.commit()
        return sums

    def _found(self) -> dict[str, int]:
        """Find the first good copy of every file."""
        found = find_files(self._sources, self._files, workers=self._workers)
        lost = sorted(path for path, number in found.items() if number is None)
        if lost:
            msg = f"no copy of {self._layout.archive_id} has {len(lost)} of its files any more, first {lost[0]!r}"
            raise IntegrityError(f"{msg}; restore what is left", reason=CHECKSUM_MISMATCH, paths=lost)
        return {path: number for path, number in found.items() if number is not None}

    def _fill(self, writer: ObjectWriter, first: Mapping[str, int]) -> TarChecksums:
        def hand_on(at: int, piece: memoryview, give_back: Callable[[], None]) -> None:
            writer.write_at(at, piece)
            if self._on_progress:
                self._on_progress(len(piece))
            give_back()

        layout, assembly = self._layout, PartAssembly(self._layout.size, hand_on)
        for member, content, sha256 in zip(layout.head, self._promised.head, self._promised.digests, strict=False):
            _put(assembly, member, content, sha256)

        def copy(queue: Queue[Run]) -> None:
            for run in queue:
                queue.check()
                if run.size > self._sources.read_step:
                    file = run.files[0]
                    self._copy_large(file, first.get(file.path, 0), assembly, queue.check)
                else:
                    self._copy_small(run, assembly)

        share_out(gather_runs(self._files, self._sources.read_step), copy, workers=self._workers)
        end = layout.files[-1].end
        assembly.put(end, bytes(layout.size - end))
        return assembly.checksums()

    def _copy_small(self, run: Run, assembly: PartAssembly) -> None:
        for file, content in self._sources.contents(run):
            if content is None:
                raise _not_there(file)
            _put(assembly, self._members[file.path], content, file.chk)

    def _copy_large(self, file: DataFile, number: int, assembly: PartAssembly, check: Callable[[], None]) -> None:
        """Copy a file that is too large to be held; if its source is damaged, that shows at its end."""
        member = self._members[file.path]
        assembly.put(member.header_at, pax.header(member.entry, member.header_at, file.chk))
        digest = hashlib.sha256()
        at = member.content_at
        for piece in self._sources.stream(number, file):
            check()
            digest.update(piece)
            assembly.put(at, piece)
            at += len(piece)
        if digest.hexdigest() != file.chk:
            raise _not_there(file)
        assembly.put(at, bytes(member.end - at))


def _put(assembly: PartAssembly, member: Member, content: bytes, sha256: str) -> None:
    padding = bytes(member.end - member.content_at - len(content))
    assembly.put(member.header_at, pax.header(member.entry, member.header_at, sha256) + content + padding)


def _not_there(file: DataFile) -> IntegrityError:
    msg = f"{file.path} could not be read with the sha256 on record, {file.chk}"
    return IntegrityError(msg, reason=CHECKSUM_MISMATCH, paths=[file.path])
