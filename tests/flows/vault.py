"""A facility of a test's own, with its stores, and a dataset in its landing zone."""

import hashlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prefect.client.schemas.filters import FlowFilter, FlowFilterName

from blocks.facility import Facility
from emdewar.catalog import Catalog
from emdewar.datablock.members import object_name
from emdewar.lifecycle import ArchiveStatus
from emdewar.records import CopyRecord, DatablockRecord, DataFile, Dataset, DatasetDraft, LifecyclePatch
from emdewar.stores.store import Availability, Locality
from emdewar.testing.datasets import ACQUIRED_AT
from emdewar.testing.rot import flip_bit
from flows.archive import archive
from tests.flows.scene import Scene

TRIES, PAUSE_S = 200, 0.1

FILES = {"Data/a.bin": 200_000, "Data/b.bin": 150_000, "notes.txt": 20}
"""Paths and sizes of the files of its datasets: one datablock."""


@dataclass(frozen=True)
class Vault:
    """A facility with stores of its own, and one dataset.

    Attributes:
        scene: The site.
        name: Name of the Facility block.
        pid: The dataset.
        contents: Its files.
    """

    scene: Scene
    name: str
    pid: str
    contents: Mapping[str, bytes]

    @property
    def facility(self) -> Facility:
        """Load the block."""
        return Facility.named(self.name)

    @property
    def stores(self) -> list[str]:
        """The names of its stores, in the order of the policy."""
        return [rule.store for rule in self.facility.policy.copies]

    @property
    def landed(self) -> Path:
        """The dataset's folder in the landing zone."""
        return self.facility.landing_folder(self.pid) / "data"

    def archived(self) -> "Vault":
        """Archive the dataset."""
        archive(self.pid, facility=self.name)
        return self

    def dataset(self) -> Dataset:
        """Ask the catalog."""
        with self.scene.site.catalog() as catalog:
            return catalog.dataset(self.pid)

    @property
    def status(self) -> str:
        """Its archive status."""
        return self.dataset().datasetlifecycle.archive_status_message

    def block(self) -> DatablockRecord:
        """Ask the catalog for the one datablock."""
        with self.scene.site.catalog() as catalog:
            (block,) = catalog.datablocks(self.pid)
        return block

    def copy(self, store: str) -> CopyRecord:
        """Give the copy on record for a store."""
        (copy,) = (copy for copy in self.block().copies if copy.store == store)
        return copy

    def good_on(self) -> set[str]:
        """Give the stores with a verified copy."""
        return {copy.store for copy in self.block().copies if copy.is_good}

    def folder(self, store: str) -> Path:
        """Give the folder of a store."""
        folder: Path = self.facility.archive(store).folders[0]
        return folder

    def tar(self, store: str) -> Path:
        """Give the copy on record as a file."""
        return self.folder(store) / self.copy(store).location

    def flip(self, store: str, path: str) -> None:
        """Change one bit of a file in a copy, as a disk would: the times stay."""
        with self.scene.site.catalog() as catalog:
            (file,) = (file for file in catalog.datablock_files(self.block().archive_id) if file.path == path)
        flip_bit(self.tar(store), (file.offset or 0) + 5)

    def archive(self, pid: str) -> None:
        """Archive another dataset of the facility."""
        archive(pid, facility=self.name)

    def archived_through_tape(self) -> "Vault":
        """Archive the dataset, however often it takes until the tape has it."""
        for _ in range(TRIES):
            archive(self.pid, facility=self.name)
            if self.status == ArchiveStatus.ON_ARCHIVE_DISK:
                return self
            time.sleep(PAUSE_S)
        raise AssertionError(f"{self.pid} says {self.status}")

    def evict(self, store: str, name: str = "") -> None:
        """Wait until a copy, or the object of this name, is on tape only."""
        self._wait_for(store, lambda there: there.locality is Locality.OFFLINE, name)

    def wait_until_online(self, store: str) -> None:
        """Wait until a recalled copy can be read."""
        self._wait_for(store, lambda there: there.locality is Locality.ONLINE)

    def wait_until_durable(self, store: str) -> None:
        """Let a copy be old enough for the tape library to write it, and wait until it has."""
        os.utime(self.folder(store) / object_name(self.block().archive_id), (1, 1))
        self._wait_for(store, lambda there: there.is_durable)

    def _wait_for(self, store: str, is_so: Callable[[Availability], bool], name: str = "") -> None:
        name = name or object_name(self.block().archive_id)
        for _ in range(TRIES):
            if is_so(self.facility.store(store).availability([name])[name]):
                return
            time.sleep(PAUSE_S)
        raise AssertionError(f"{name} on {store} never became what it should")

    def listing(self) -> dict[str, tuple[int, int, int]]:
        """Say what lies on the stores, and when it was written."""
        paths = [path for store in self.stores for path in self.folder(store).rglob("*.tar*")]
        return {str(path): (stat.st_ino, stat.st_size, stat.st_mtime_ns) for path in paths if (stat := path.stat())}

    def scheduled(self, flow: str) -> int:
        """Count the runs of a flow that were started for this facility."""
        with self.scene.site.prefect() as client:
            runs = client.read_flow_runs(flow_filter=FlowFilter(name=FlowFilterName(any_=[flow])), limit=200)
        return sum(run.parameters.get("facility") == self.name and run.deployment_id is not None for run in runs)

    def findings_in_history(self) -> int:
        """Count how often a copy was reported."""
        with self.scene.site.catalog() as catalog:
            return sum(event.to_status in {"damaged", "lost"} for event in catalog.history(self.pid))

    def mark_damaged(self, catalog: Catalog) -> None:
        """Say that the dataset has no good copy, as a repair does that found it so."""
        told = {"noGoodCopy": {"message": "gone", "datablocks": [self.block().archive_id]}}
        patch = LifecyclePatch(archive_status_message=ArchiveStatus.DAMAGED, archive_return_message=told)
        catalog.move(self.pid, patch)

    def history(self) -> list[str]:
        """Give the archive statuses it went through."""
        with self.scene.site.catalog() as catalog:
            return [event.to_status for event in catalog.history(self.pid) if event.field == "archiveStatusMessage"]


def folder_store(folder: Path, name: str) -> dict[str, str]:
    """Give the fields of a store that is a folder; its name is the test's own, as names stand on record for ever."""
    (folder / name).mkdir()
    return {"store_name": f"{name}-{_own(folder)}", "root": str(folder / name)}


def tape_store(folder: Path, name: str, **library: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a block
    """Give the fields of a store that is a simulated tape library."""
    (folder / f"{name}-tape").mkdir()
    tape = {"kind": "simulated", "folder": str(folder / f"{name}-tape"), **library}
    return {"kind": "nearline", "tape": tape, **folder_store(folder, name)}


def build(
    scene: Scene,
    folder: Path,
    archives: Sequence[Mapping[str, Any]],
    rules: Sequence[Mapping[str, Any]] = (),
    **policy: object,
) -> Vault:
    """Save a facility with these stores, and put a dataset into its landing zone.

    Args:
        scene: The site.
        folder: Folder for the landing zone and the like.
        archives: Fields of the stores.
        rules: What the policy says of each store, besides its name.
        policy: Other fields of the policy.
    """
    pid, name = f"{scene.facility.pid_prefix}-{_own(folder)}/dataset", f"vault-{_own(folder)}"
    for part in ("landing", "retrieved"):
        (folder / part).mkdir()
    given: Sequence[Mapping[str, Any]] = rules or [{}] * len(archives)
    copies = [{"store": store["store_name"], **rule} for store, rule in zip(archives, given, strict=True)]
    facility = Facility.model_validate(
        {
            "catalog": scene.facility.catalog,
            "landing_zone": folder / "landing",
            "retrieve_folder": folder / "retrieved",
            "archives": list(archives),
            "policy": {"copies": copies, "reverify_after_days": 0, **policy},
            "pid_prefix": pid.split("/", maxsplit=1)[0],
        }
    )
    facility.save(name, overwrite=True)
    return Vault(scene, name, pid, put(scene, facility, pid, FILES))


def _own(folder: Path) -> str:
    return hashlib.sha256(str(folder).encode()).hexdigest()[:12]


def put(scene: Scene, facility: Facility, pid: str, sizes: Mapping[str, int]) -> Mapping[str, bytes]:
    """Register a dataset whose files lie in the landing zone, as an ingest leaves it; gives its files."""
    folder = facility.landing_folder(pid) / "data"
    contents = {path: os.urandom(size) for path, size in sizes.items()}
    draft = DatasetDraft(
        pid=pid,
        dataset_name="vault",
        type="raw",
        owner="Demo Owner",
        owner_group="demo",
        contact_email="a@example.org",
        source_folder=folder.as_posix(),
        creation_time=datetime.now(UTC),
    )
    with scene.site.catalog() as catalog:
        catalog.register_dataset(draft)
        catalog.declare_files(pid, [_written(folder, path, content) for path, content in contents.items()])
    return contents


def _written(folder: Path, name: str, content: bytes) -> DataFile:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (ACQUIRED_AT.timestamp(), ACQUIRED_AT.timestamp()))
    return DataFile(path=name, size=len(content), time=ACQUIRED_AT, chk=hashlib.sha256(content).hexdigest())
