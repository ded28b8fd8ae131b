"""Check a datablock against itself and, where it is there, its index: every byte is read and every digest compared."""

import hashlib
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from emdewar.datablock.members import Member
from emdewar.datablock.proof import prove
from emdewar.datablock.reading import Contents, read_contents
from emdewar.datablock.remains import read_remains
from emdewar.datablock.second_look import SecondLook, second_look
from emdewar.datablock.threads import Queue, share_out
from emdewar.errors import IntegrityError, RefusedError
from emdewar.records import DataFile
from emdewar.stores.store import ObjectReader


@dataclass(slots=True)
class Verdict:
    """What checking a datablock has shown.

    Attributes:
        archive_id: Name of the datablock.
        good: Paths of the members below `data/` whose content has its digest.
        damaged: Paths of those that have not, or are lost.
        problems: What is wrong, in words; nothing is wrong only if this is empty.
        crc64nvme: CRC-64/NVME of the tar, if all of it is right.
        manifest_sha256: sha256 of the manifest, if all of it is right.
    """

    archive_id: str = ""
    good: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    crc64nvme: str | None = None
    manifest_sha256: str | None = None

    @property
    def is_right(self) -> bool:
        """Whether every byte is as the format, the manifest and the index demand."""
        return not self.problems


def check_datablock(
    reader: ObjectReader,
    index: bytes | None = None,
    *,
    workers: int = 4,
    on_progress: Callable[[int], None] | None = None,
) -> Verdict:
    """Check a datablock from its tar alone.

    Whether it is the datablock that was archived, and not another one that is right in itself, only the catalog or an
    index from then can tell: compare `manifest_sha256` with either.

    Args:
        reader: The tar.
        index: Content of its index, to be compared too.
        workers: Threads.
        on_progress: Called with the number of bytes just read, from several threads.

    Raises:
        UnavailableError: It cannot be read.
    """
    reader = second_look(reader)
    try:
        contents = read_contents(reader)
        files = _members(contents)
        proof = prove(reader, files, workers=workers, on_progress=on_progress)
    except (IntegrityError, RefusedError) as error:
        return _verdict_on_remains(reader, index, str(error), workers)
    verdict = Verdict(
        archive_id=contents.archive_id,
        good=[file.path for file in contents.files],
        crc64nvme=proof.sums.crc64nvme,
        manifest_sha256=contents.manifest_sha256,
    )
    if index is not None:
        verdict.problems += _differences(index, reader, contents, proof.sums.crc64nvme)
    return verdict


def _members(contents: Contents) -> list[Member]:
    payload = contents.members[len(contents.members) - len(contents.files) :]
    return [
        Member(seen.entry, seen.header_at, seen.content_at, file=file)
        for seen, file in zip(payload, contents.files, strict=True)
    ]


def _verdict_on_remains(reader: SecondLook, index: bytes | None, why: str, workers: int) -> Verdict:
    """Find out which files the damage concerns."""
    remains = read_remains(reader, index)
    wrong = _wrong(reader, [*remains.files, *remains.unproven], workers)
    good = [file.path for file in remains.files if file.path not in wrong]
    damaged = sorted({*wrong, *remains.lost})
    problems = [why, *(damage for damage in remains.damage if damage not in why)]
    problems += [f"only its own header says that a file is called {f.path!r}" for f in remains.unproven]
    return Verdict(remains.archive_id, good, damaged, problems)


def _wrong(reader: SecondLook, files: Sequence[DataFile], workers: int) -> set[str]:
    wrong: set[str] = set()
    lock = threading.Lock()

    def work(queue: Queue[DataFile]) -> None:
        for file in queue:
            if _sha256(reader, file, queue.check) != file.chk:
                with lock:
                    wrong.add(file.path)

    share_out(files, work, workers=workers)
    return wrong


def _sha256(reader: SecondLook, file: DataFile, check: Callable[[], None]) -> str:
    """Hash a file; gives nothing where its medium cannot be read."""
    digest = hashlib.sha256()
    start = file.offset or 0
    for at in range(start, start + file.size, reader.read_step):
        check()
        try:
            digest.update(reader.read_at(at, min(reader.read_step, start + file.size - at)))
        except IntegrityError:
            return ""
    return digest.hexdigest()


def _differences(index: bytes, reader: ObjectReader, contents: Contents, crc64nvme: str) -> list[str]:
    """Compare with the index what binds all bytes."""
    right = {
        "archiveId": contents.archive_id,
        "size": reader.size,
        "crc64nvme": crc64nvme,
        "manifestSha256": contents.manifest_sha256,
    }
    try:
        told = json.loads(index)
        return [
            f"its index says {key} {told.get(key)!r}, it has {value!r}"
            for key, value in right.items()
            if told.get(key) != value
        ]
    except (ValueError, AttributeError):
        return ["its index cannot be read"]
