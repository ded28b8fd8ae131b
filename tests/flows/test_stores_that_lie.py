"""A store that says "written" and holds something else, or nothing, never makes a dataset archived."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest
from prefect import flow
from pydantic import PrivateAttr

from blocks.facility import Facility
from blocks.policy import Archive
from blocks.store import PosixArchive
from emdewar.errors import DewarError, IntegrityError, RefusedError
from emdewar.stores.store import Store
from emdewar.testing.faults import Faults, FaultyStore, KilledError
from flows.acquire import acquire
from flows.ingest import ingest
from tasks import archiving, writing
from tests.flows.scene import Scene
from tests.flows.vault import Vault, put

pytestmark = pytest.mark.slow


class LyingArchive(PosixArchive):
    """A folder behind faults."""

    _block_type_slug: ClassVar[str] = "test-lying-archive"
    _faults: Faults = PrivateAttr(default=Faults())

    def store(self) -> Store:
        """Open the folder through the faults."""
        return FaultyStore(super().store(), self._faults)


@flow(persist_result=False)
def archive_blindly(facility: Facility, pid: str) -> None:
    """The archive flow without its last question, and without its hooks."""
    archiving.begin(facility, pid)
    (block,) = archiving.plan(facility, pid)
    for store, location in writing.write(facility, pid, block).locations.items():
        archiving.verify(facility, pid, block, store, location)


@pytest.mark.parametrize(
    "faults",
    [Faults(drops_writes=True), Faults(flipped_bit=80_000), Faults(truncated_to=4096)],
    ids=["dropped write", "flipped bit", "truncated"],
)
def test_what_was_not_read_back_whole_is_no_copy_and_no_archive(
    scene: Scene, write: Callable[[str, bytes], Path], faults: Faults
) -> None:
    write("Data/a.bin", os.urandom(300_000))
    ingest(acquire(scene.session.as_posix()))
    facility = _with_faults(scene.facility, faults)

    with pytest.raises(IntegrityError):
        archive_blindly(facility, scene.pid)

    with pytest.raises(RefusedError, match="verified") as refused:
        _claim_archived(facility, scene.pid)
    assert isinstance(refused.value, DewarError)
    assert scene.dataset().datasetlifecycle.archive_status_message == "started"
    assert not scene.dataset().datasetlifecycle.retrievable


def test_a_run_that_is_killed_while_it_writes_is_finished_by_the_next(vault: Vault) -> None:
    put(vault.scene, vault.facility, f"{vault.pid}-b", {f"{number}.bin": 600_000 for number in range(3)})
    facility = _with_faults(vault.facility, Faults(killed_after=900_000))

    with pytest.raises(KilledError):
        archive_blindly(facility, f"{vault.pid}-b")
    left = [path for store in vault.stores for path in vault.folder(store).rglob("*.tar")]
    vault.archive(f"{vault.pid}-b")

    assert left == []
    with vault.scene.site.catalog() as catalog:
        (block,) = catalog.datablocks(f"{vault.pid}-b")
        assert catalog.dataset(f"{vault.pid}-b").datasetlifecycle.archive_status_message == "datasetOnArchiveDisk"
    assert {copy.store for copy in block.copies} == set(vault.stores)
    assert {copy.location for copy in block.copies} == {f"{block.archive_id}.tar"}


def test_a_store_that_lies_costs_the_other_nothing(vault: Vault) -> None:
    one, two = vault.stores
    facility = _with_faults(vault.facility, Faults(drops_writes=True), only=two)

    with pytest.raises(IntegrityError):
        archive_blindly(facility, vault.pid)

    assert vault.good_on() == {one}


def _with_faults(facility: Facility, faults: Faults, only: str = "") -> Facility:
    archives = [
        _lying(archive, faults) if only in {"", archive.store_name} else archive for archive in facility.archives
    ]
    return facility.model_copy(update={"archives": archives})


def _lying(archive: Archive, faults: Faults) -> LyingArchive:
    lying = LyingArchive(store_name=archive.store_name, root=archive.folders[0])
    lying._faults = faults
    return lying


@flow(persist_result=False)
def _claim_archived(facility: Facility, pid: str) -> None:
    archiving.finish(facility, pid, "")
