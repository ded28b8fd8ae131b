"""Datasets that are archived without the archive flow, on a disk and on a tape library that takes a second."""

import hashlib
import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from blocks.facility import Facility
from emdewar.catalog import Catalog
from emdewar.datablock.layout import plan_block
from emdewar.datablock.lead import lead_members
from emdewar.datablock.slices import BlockSlice, slice_files, sort_files
from emdewar.datablock.verify import verify_copy
from emdewar.datablock.write import write_datablock
from emdewar.lifecycle import ArchiveStatus, JobType
from emdewar.records import (
    CopyRecord,
    DatablockRecord,
    DataFile,
    Dataset,
    DatasetDraft,
    DatasetLifecycle,
    Job,
    LifecyclePatch,
)
from emdewar.stores.store import Locality
from emdewar.testing.rot import flip_bit
from tests.flows.scene import Scene

DISK, TAPE = "archive-disk", "archive-tape"

FILE_BYTES = 100_000
"""Large enough that a tape library makes a stub of it."""

WAY = (ArchiveStatus.SCHEDULED, ArchiveStatus.STARTED, ArchiveStatus.ON_ARCHIVE_DISK)


@dataclass(frozen=True)
class Kept:
    """An archived dataset.

    Attributes:
        scene: Where it is.
        name: Name of the Facility block that has its stores.
        facility: That block.
        pid: The dataset.
        contents: Its files.
    """

    scene: Scene
    name: str
    facility: Facility
    pid: str
    contents: Mapping[str, bytes]

    def blocks(self) -> list[DatablockRecord]:
        """Ask the catalog for its datablocks."""
        with self.scene.site.catalog() as catalog:
            return catalog.datablocks(self.pid)

    def files(self) -> list[DataFile]:
        """Give the files that are on record."""
        with self.scene.site.catalog() as catalog:
            return list(catalog.files(self.pid))

    def copies(self, store: str) -> list[CopyRecord]:
        """Give the copies that are on record for a store."""
        return [copy for block in self.blocks() for copy in block.copies if copy.store == store]

    def lifecycle(self) -> DatasetLifecycle:
        """Ask the catalog where it is."""
        with self.scene.site.catalog() as catalog:
            return catalog.dataset(self.pid).datasetlifecycle

    def open_job(self) -> Job | None:
        """Ask the catalog for the retrieval that is open."""
        with self.scene.site.catalog() as catalog:
            return catalog.find_open_job(JobType.RETRIEVE, self.pid)

    def job(self, job: str) -> Job:
        """Ask the catalog for a job."""
        with self.scene.site.catalog() as catalog:
            return catalog.job(job)

    def locality(self, store: str) -> set[Locality]:
        """Ask a store where its copies are."""
        names = [copy.location for copy in self.copies(store)]
        return {seen.locality for seen in self.facility.store(store).availability(names).values()}

    def tar(self, store: str, number: int = 1) -> Path:
        """Give a copy as a file: on the disk, or on the tape itself."""
        archive = self.facility.archive(store)
        return archive.folders[-1] / self.copies(store)[number - 1].location

    def flip(self, store: str, path: str) -> None:
        """Change one bit of a file in a copy."""
        with self.scene.site.catalog() as catalog:
            for number, block in enumerate(self.blocks(), start=1):
                for file in catalog.datablock_files(block.archive_id):
                    if file.path == path:
                        flip_bit(self.tar(store, number), (file.offset or 0) + 1234)


def keep(
    scene: Scene,
    folder: Path,
    stores: Mapping[int, Sequence[str]],
    *,
    files_per_block: int = 1,
    **tape: Any,  # noqa: ANN401 - fields of a block
) -> Kept:
    """Archive a dataset of files `Data/1.bin`, `Data/2.bin`... at a facility with a disk and a tape library.

    Args:
        scene: Where.
        folder: Folder for the stores.
        stores: Where each datablock has its copies, by its number.
        files_per_block: How many files a datablock holds.
        tape: Fields of the tape library that differ.
    """
    facility = _facility(scene, folder, tape)
    name = "kept-" + re.sub("[^a-z0-9]+", "-", scene.session.name.lower())[:80].strip("-")
    facility.save(name, overwrite=True)
    pid = f"{scene.pid}-kept"
    source = facility.landing_folder(pid) / "data"
    contents = {f"Data/{n}.bin": os.urandom(FILE_BYTES) for n in range(1, 1 + len(stores) * files_per_block)}
    declared = sort_files(written(source, path, content) for path, content in contents.items())
    with scene.site.catalog() as catalog:
        catalog.register_dataset(draft(pid, source))
        catalog.declare_files(pid, declared)
        for status in WAY[:2]:
            catalog.move(pid, LifecyclePatch(archive_status_message=status))
        for block in slice_files(declared, target_bytes=FILE_BYTES * files_per_block):
            _pack(catalog, facility, catalog.dataset(pid), block, block.select(declared), stores[block.number])
        catalog.move(pid, LifecyclePatch(archive_status_message=WAY[2]))
    kept = Kept(scene, name, facility, pid, contents)
    _wait_for_the_tape(kept)
    return kept


def _facility(scene: Scene, folder: Path, tape: Mapping[str, Any]) -> Facility:
    library = {"kind": "simulated", "folder": folder / "tape", "migrate_after_s": 0, "mount_s": 0.5}
    library |= {"evict_after_s": 0, "bytes_per_s": 100_000_000} | dict(tape)
    for name in ("disk", "tape", "tape-disk"):
        (folder / name).mkdir()
    fields = scene.facility.model_dump(exclude={"archives", "policy", "catalog"})
    archives = [
        {"kind": "posix", "store_name": DISK, "root": folder / "disk"},
        {"kind": "nearline", "store_name": TAPE, "root": folder / "tape-disk", "tape": library},
    ]
    copies = [{"store": TAPE, "required": False}, {"store": DISK, "required": False}]
    policy = {"copies": copies, "required_copies": 1}
    return Facility.model_validate(
        {**fields, "catalog": scene.facility.catalog, "archives": archives, "policy": policy}
    )


def _wait_for_the_tape(kept: Kept) -> None:
    """Wait until what the library has is on tape and nowhere else."""
    deadline_s = time.monotonic() + 30
    while kept.locality(TAPE) - {Locality.OFFLINE}:
        assert time.monotonic() < deadline_s, "the library keeps its files on disk"
        time.sleep(0.02)


def _pack(  # noqa: PLR0913, PLR0917 - what, and where
    catalog: Catalog,
    facility: Facility,
    dataset: Dataset,
    block: BlockSlice,
    files: Sequence[DataFile],
    stores: Sequence[str],
) -> None:
    wanted = [facility.store(store) for store in stores]
    layout = plan_block(dataset.pid, block, files, lead_members(dataset))
    record = write_datablock(layout, Path(dataset.source_folder), wanted).record
    catalog.register_datablock(dataset.pid, record)
    for store in wanted:
        catalog.record_copy(record.archive_id, verify_copy(store, record, files))


def written(folder: Path, name: str, content: bytes) -> DataFile:
    """Write a file as an acquisition does, and declare it."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    modified = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=path.stat().st_mtime_ns // 1000)
    return DataFile(path=name, size=len(content), time=modified, chk=hashlib.sha256(content).hexdigest())


def draft(pid: str, source: Path) -> DatasetDraft:
    """Describe a dataset whose files lie in a folder."""
    return DatasetDraft(
        pid=pid,
        dataset_name="kept",
        type="raw",
        owner="Demo Owner",
        owner_group="demo",
        contact_email="a@example.org",
        source_folder=source.as_posix(),
        creation_time=datetime.now(UTC),
    )
