"""Prove that a copy of a datablock holds what the catalog says: the only source of a `VerifiedCopy`."""

from collections.abc import Callable, Sequence
from dataclasses import InitVar, dataclass
from datetime import UTC, datetime

from emdewar.datablock import bag
from emdewar.datablock.head import find_member
from emdewar.datablock.members import BlockLayout, Member, Placer, object_name, tar_size
from emdewar.datablock.pace import Pace
from emdewar.datablock.promised import Promised
from emdewar.datablock.proof import Proof, prove
from emdewar.datablock.second_look import opened
from emdewar.datablock.slices import BlockSlice, sort_files
from emdewar.datablock.written import index
from emdewar.errors import IntegrityError, RefusedError
from emdewar.records import CopyRecord, DatablockRecord, DataFile
from emdewar.stores.store import ObjectReader, Store

_SEAL = object()


@dataclass(frozen=True)
class VerifiedCopy:
    """The proof that a copy was read back and matched; `verify_copy` makes it, nothing else can.

    Attributes:
        record: What the catalog keeps of it.
    """

    record: CopyRecord
    seal: InitVar[object] = None

    def __post_init__(self, seal: object) -> None:
        """Refuse to be made elsewhere.

        Raises:
            RefusedError: This was not called by `verify_copy`.
        """
        if seal is not _SEAL:
            msg = "a VerifiedCopy comes from verify_copy only; read the copy back to get one"
            raise RefusedError(msg)


@dataclass(frozen=True)
class ReadBack:
    """A verified copy with all that was read of it.

    Attributes:
        copy: The proof.
        record: The datablock on record.
        proof: Head and checksums.
        members: The dataset's files, each where it lies.
    """

    copy: VerifiedCopy
    record: DatablockRecord
    proof: Proof
    members: list[Member]

    def index(self) -> bytes:
        """Write the index that belongs beside the copy."""
        placer = Placer(self.record.archive_id)
        top = len(self.record.archive_id) + 1
        entries = [found.entry for found in self.proof.head]
        head = tuple(placer.place(entry.name[top:], entry.size, entry.time_ms) for entry in entries)
        layout = BlockLayout(
            pid="",  # no index names it
            archive_id=self.record.archive_id,
            block=BlockSlice(
                number=self.record.number,
                of=self.record.of,
                first_file=self.record.first_file,
                number_of_files=self.record.number_of_files,
                size=self.record.size,
            ),
            tags=head,
            lead=(),
            files=tuple(self.members),
            size=self.record.packed_size,
        )
        digests = [found.sha256 for found in self.proof.head]
        digests += [member.file.chk for member in self.members if member.file]
        promised = Promised(head=(), digests=tuple(digests), manifest_sha256=self.record.manifest_sha256)
        return index(layout, promised, self.proof.sums)


def verify_copy(  # noqa: PLR0913 - three say what, four say how
    store: Store,
    record: DatablockRecord,
    files: Sequence[DataFile],
    *,
    location: str | None = None,
    workers: int = 4,
    on_progress: Callable[[int], None] | None = None,
    bytes_per_s: int | None = None,
) -> VerifiedCopy:
    """Read a copy back from its medium and compare all of it with the catalog, not with what it says of itself.

    Every file is hashed and compared with its `chk`; headers, order, places and padding with what the format demands;
    the bag's own files with the files' digests; CRC-64/NVME and the manifest's sha256 with the record. Something
    unknown, extra or missing makes one of these differ.

    Args:
        store: Where the copy is.
        record: The datablock on record.
        files: The catalog's files of this datablock, declared at ingest.
        location: Name of the object; None for that of the first copy on a store.
        workers: Threads.
        on_progress: Called with the number of bytes just read, from several threads.
        bytes_per_s: Rate that the reading keeps to, for stores that others use meanwhile; None for no limit.

    Raises:
        IntegrityError: The copy is missing or differs, or its medium cannot be read in places (then, if nothing else
            is wrong, with reason `readError`); the error lists the files.
        UnavailableError: The store cannot be read now, or the copy went offline meanwhile.
    """
    return read_back(
        store, record, files, location=location, workers=workers, on_progress=on_progress, bytes_per_s=bytes_per_s
    ).copy


def read_back(  # noqa: PLR0913 - as `verify_copy`
    store: Store,
    record: DatablockRecord,
    files: Sequence[DataFile],
    *,
    location: str | None = None,
    workers: int = 4,
    on_progress: Callable[[int], None] | None = None,
    bytes_per_s: int | None = None,
) -> ReadBack:
    """Verify a copy as `verify_copy` does, and give what was learnt on the way too.

    Raises:
        IntegrityError: The copy is missing or differs.
        UnavailableError: The store cannot be read now.
    """
    check_record(record, files)
    name = location or object_name(record.archive_id)
    pace = Pace(bytes_per_s)

    def on_read(size: int) -> None:
        pace.keep(size)
        if on_progress:
            on_progress(size)

    try:
        with opened(store, name) as reader:
            members = _placed(reader, record, sort_files(files))
            proof = prove(reader, members, workers=workers, on_progress=on_read)
            _check_head(record, proof, members)
    except IntegrityError as error:
        msg = f"the copy of {record.archive_id} on store {store.name}, {name}, is not what was archived: {error}"
        raise IntegrityError(msg, reason=error.reason, paths=error.paths) from error
    copy = CopyRecord(
        store=store.name,
        location=name,
        size=record.packed_size,
        crc64nvme=proof.sums.crc64nvme,
        manifest_sha256=record.manifest_sha256,
        number_of_files=len(members),
        verified_at=datetime.now(UTC),
        read_from=reader.read_from,
    )
    return ReadBack(VerifiedCopy(copy, _SEAL), record, proof, members)


def check_record(record: DatablockRecord, files: Sequence[DataFile]) -> None:
    """Compare the catalog's list of a datablock's files with its record.

    Raises:
        IntegrityError: They differ in number or size.
    """
    counted = len(files), sum(file.size for file in files)
    recorded = record.number_of_files, record.size
    if counted != recorded or not files:
        msg = (
            f"datablock {record.archive_id} holds {recorded[0]} files of {recorded[1]} bytes, but the catalog declares "
            f"{counted[0]} of {counted[1]}; compare both lists before anything is released"
        )
        raise IntegrityError(msg, reason="differentFileList")


def _placed(reader: ObjectReader, record: DatablockRecord, files: Sequence[DataFile]) -> list[Member]:
    """Derive where each file must lie from the catalog's list and the end of the tar's head."""
    if reader.size != record.packed_size:
        raise IntegrityError(f"it has {reader.size} bytes instead of {record.packed_size}")
    top = record.archive_id
    placer = Placer(top, find_member(reader, f"{top}/{bag.PAYLOAD_FOLDER}{files[0].path}"))
    members = [placer.place_file(file) for file in files]
    if tar_size(placer.at) != reader.size:
        raise IntegrityError(f"its files would need {tar_size(placer.at)} bytes, but it has {reader.size}")
    _check_offsets(record, members)
    return members


def _check_offsets(record: DatablockRecord, members: Sequence[Member]) -> None:
    offsets = {file.path: file.offset for file in record.data_file_list}
    wrong = [m.file.path for m in members if m.file and offsets.get(m.file.path, m.content_at) != m.content_at]
    if wrong:
        msg = f"{len(wrong)} file(s) lie elsewhere than the record says, first {wrong[0]!r}"
        raise IntegrityError(msg, reason="differentFileList", paths=wrong)


def _check_head(record: DatablockRecord, proof: Proof, members: Sequence[Member]) -> None:
    """Compare the bag's own files with those that follow from the digests just measured."""
    top = len(record.archive_id) + 1
    found = {member.entry.name[top:]: member.sha256 for member in proof.head}
    lead = {name: sha256 for name, sha256 in found.items() if name.startswith(bag.PAYLOAD_FOLDER)}
    files = {member.entry.name[top:]: member.file.chk for member in members if member.file}
    tags = bag.tag_digests(found.get(bag.INFO_NAME, ""), {**lead, **files})
    if list(found.items()) != [*tags.items(), *lead.items()] or len(found) != len(proof.head):
        msg = "the bag's own files do not fit its contents"
        raise IntegrityError(msg)
    if tags[bag.MANIFEST_NAME] != record.manifest_sha256:
        raise IntegrityError(f"its manifest has sha256 {tags[bag.MANIFEST_NAME]} instead of {record.manifest_sha256}")
    if proof.sums.crc64nvme != record.crc64nvme:
        raise IntegrityError(f"its CRC-64/NVME is {proof.sums.crc64nvme} instead of {record.crc64nvme}")
