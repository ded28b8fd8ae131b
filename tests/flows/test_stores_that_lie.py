"""A store that says "written" and holds something else, or nothing, never makes a dataset archived."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest
from prefect import flow
from pydantic import PrivateAttr

from blocks.facility import Facility
from blocks.store import PosixArchive
from emdewar.errors import DewarError, IntegrityError, RefusedError
from emdewar.stores.store import Store
from emdewar.testing.faults import Faults, FaultyStore
from flows.acquire import acquire
from flows.ingest import ingest
from tasks import archiving
from tests.flows.scene import Scene

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
    archiving.write(facility, pid, block)
    archiving.verify(facility, pid, block, facility.archives[0])


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
    lying = LyingArchive(**scene.facility.archives[0].model_dump(include={"store_name", "root"}))
    lying._faults = faults
    facility = scene.facility.model_copy(update={"archives": [lying]})

    with pytest.raises(IntegrityError):
        archive_blindly(facility, scene.pid)

    with pytest.raises(RefusedError, match="verified") as refused:
        _claim_archived(facility, scene.pid)
    assert isinstance(refused.value, DewarError)
    assert scene.dataset().datasetlifecycle.archive_status_message == "started"
    assert not scene.dataset().datasetlifecycle.retrievable


@flow(persist_result=False)
def _claim_archived(facility: Facility, pid: str) -> None:
    archiving.finish(facility, pid, "")
